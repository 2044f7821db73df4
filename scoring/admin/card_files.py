"""Cards as files: downloaded from the page of one, and brought back as a draft."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextInputWidget

from bprs.access.admin_base import user_of
from bprs.errors import DomainError
from bprs.http.downloads import file_answer
from bprs.wording import sentence_of
from scoring.models import ScorecardVersion
from scoring.services.card_drafts import LONGEST_NAME, create_draft
from scoring.services.card_files import CARD_FORMATS, LARGEST_FILE, card_file, card_filename, read_card_file


class CardFileForm(forms.Form):
    name = forms.CharField(
        widget=UnfoldAdminTextInputWidget,
        label=_("Series (another name begins another series)"),
        max_length=LONGEST_NAME,
    )
    file = forms.FileField(widget=UnfoldAdminFileFieldWidget, label=_("Scorecard as JSON"))
    reason = forms.CharField(
        widget=UnfoldAdminTextInputWidget, label=_("What it is for"), max_length=100, required=False
    )


def card_file_urls() -> list[URLPattern]:
    view = admin.site.admin_view
    return [
        path("<int:version_id>/file/<str:file_format>/", view(download_card), name="scoring_scorecardversion_file"),
        path("from-file/", view(upload_card), name="scoring_scorecardversion_upload"),
    ]


def download_card(request: HttpRequest, version_id: int, file_format: str) -> HttpResponseBase:
    if not request.user.has_perm("scoring.view_scorecardversion"):
        raise PermissionDenied
    wanted = next((each for each in CARD_FORMATS if each == file_format), None)
    if wanted is None:
        raise Http404
    version = get_object_or_404(ScorecardVersion, pk=version_id)
    try:
        content = card_file(version, wanted)
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("admin:scoring_scorecardversion_change", version_id)
    return file_answer(iter([content]), card_filename(version, wanted))


def upload_card(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("scoring.add_scorecardversion"):
        raise PermissionDenied
    series = {"name": request.GET.get("name", "")}
    form = CardFileForm(request.POST or None, request.FILES or None, initial=series)
    if request.method == "POST" and form.is_valid():
        try:
            draft = _draft_of(request, form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, sentence_of(refusal))
        else:
            messages.success(request, gettext("Draft %(card)s was made of the file.") % {"card": draft})
            return redirect("admin:scoring_scorecardversion_change", draft.pk)
    context = {**admin.site.each_context(request), "form": form, "title": gettext("Scorecard from a file")}
    return TemplateResponse(request, "scoring/card_upload.html", context)


def _draft_of(request: HttpRequest, given: dict[str, Any]) -> ScorecardVersion:
    return create_draft(
        name=given["name"],
        definition=read_card_file(given["file"].read(LARGEST_FILE + 1)),
        created_by=user_of(request),
        created_at=timezone.now(),
        reason=given["reason"],
    )
