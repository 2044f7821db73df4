"""What all pages of an import share: finding it, acting on it, showing it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import content_disposition_header

from bprs.access.admin_base import user_of
from bprs.errors import DomainError
from bprs.http.downloads import MEDIA_TYPES
from bprs.importing import pages
from bprs.importing.batch_list import BatchList, state_badge
from bprs.importing.models import ImportBatch
from bprs.importing.sheet_kinds import resource_of
from bprs.importing.tidying import draft_kept_until
from bprs.wording import sentence_of


class BatchPages(BatchList):
    def _batch(self, request: HttpRequest, batch_id: UUID) -> ImportBatch:
        batches = ImportBatch.objects.visible_to(user_of(request))
        batch = batches.select_related("stored_file", "owner", "branch", "job", "undone_by").filter(pk=batch_id).first()
        if batch is None or not self.has_view_permission(request):
            raise Http404
        return batch

    def _actor(self, request: HttpRequest, batch: ImportBatch) -> Any:
        officer = user_of(request)
        if not pages.may_act(batch, officer):
            raise PermissionDenied
        return officer

    def _posted(self, request: HttpRequest, batch_id: UUID) -> ImportBatch:
        batch = self._batch(request, batch_id)
        if request.method != "POST":
            raise Http404
        self._actor(request, batch)
        return batch

    def _done(self, request: HttpRequest, batch: ImportBatch, act: Callable[[], object]) -> HttpResponse:
        """Do it, and show what the batch is then; a refusal is told there."""
        try:
            act()
        except DomainError as refusal:
            self.message_user(request, sentence_of(refusal), messages.ERROR)
        return redirect(page_url(batch))

    def _told(self, request: HttpRequest, sentence: str, url: str) -> HttpResponse:
        self.message_user(request, sentence, messages.ERROR)
        return redirect(url)

    def _add_url(self) -> str:
        return reverse("admin:importing_importbatch_add")

    def _batch_page(
        self, request: HttpRequest, batch: ImportBatch, template: str, context: dict[str, Any]
    ) -> HttpResponse:
        known = {
            "batch": batch,
            "original": batch,
            "state_badge": state_badge(batch),
            "kept_until": draft_kept_until(batch),
            "kind_name": resource_of(batch.kind).get_display_name(),
            "may_act": pages.may_act(batch, user_of(request)),
        }
        return self._page(request, template, batch.stored_file.filename, {**known, **context})

    def _page(self, request: HttpRequest, template: str, title: str, context: dict[str, Any]) -> HttpResponse:
        request.current_app = self.admin_site.name
        page = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "media": self.media}
        return TemplateResponse(request, template, {**page, **context})


def page_url(batch: ImportBatch) -> str:
    return reverse("admin:importing_importbatch_change", args=[batch.pk])


def upload_limits_shown() -> dict[str, Any]:
    return {"max_bytes": settings.UPLOAD_MAX_BYTES, "max_megabytes": max(settings.UPLOAD_MAX_BYTES // 1_048_576, 1)}


def download(content: bytes, filename: str) -> HttpResponse:
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=filename) or ""}
    return HttpResponse(content, content_type=MEDIA_TYPES[".xlsx"], headers=headers)
