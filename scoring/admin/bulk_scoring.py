"""Scoring a file through the back office: hand it in, be asked for what the file does not say, and be led to its run."""

from datetime import datetime
from io import BytesIO
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from bprs.access.admin_base import user_of
from bprs.access.models import User
from bprs.errors import DomainError
from bprs.files.models import StoredFile
from bprs.files.selectors import file_of
from bprs.files.services import store_upload
from bprs.spreadsheets import SCORING_COLUMNS, ColumnsMissing, SpreadsheetRefused, write_template
from bprs.spreadsheets.amounts import Locale
from bprs.wording import did_you_mean, screen_language, sentence_of, title_of
from scoring.models import ScorecardVersion, ScoringRun, Source
from scoring.services.applications import columns_wanted
from scoring.services.score_file import FileChoices, score_stored_file

MEGABYTE = 1024 * 1024
LOCALES = (("id", _("Indonesian: 5.000 is five thousand")), ("en", _("English: 5,000 is five thousand")))


class ScoreFileForm(forms.Form):
    """A file, or the token of one that was handed in before; and how to read it."""

    import_file = forms.FileField(label=_("File"), required=False, allow_empty_file=True)
    token = forms.CharField(required=False, max_length=50, widget=forms.HiddenInput)
    locale = forms.ChoiceField(
        label=_("Numbers such as 5.000 and 5,000"),
        choices=LOCALES,
        initial="id",
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_("Asked only where the file itself does not show how it groups digits."),
    )
    sheet = forms.CharField(
        label=_("Sheet"),
        required=False,
        max_length=255,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Only if the workbook has several sheets with content."),
    )

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if not found.get("import_file") and not found.get("token"):
            raise forms.ValidationError(_("Choose a file first."))
        return found

    @property
    def choices(self) -> FileChoices:
        locale: Locale = "en" if self.cleaned_data["locale"] == "en" else "id"
        return FileChoices(sheet=self.cleaned_data["sheet"], locale=locale)

    def stored_file(self, *, owner: User, stored_at: datetime) -> StoredFile:
        """:raises DomainError: if it is too large, or the token is nobody's"""
        upload = self.cleaned_data["import_file"]
        if upload is None:
            return file_of(owner=owner, token=self.cleaned_data["token"])
        return store_upload(upload=upload, owner=owner, stored_at=stored_at)


def score_file_view(request: HttpRequest) -> HttpResponse:
    _require_right(request)
    form = ScoreFileForm(request.POST, request.FILES) if request.method == "POST" else ScoreFileForm()
    if not form.is_valid():
        return _page(request, form)
    officer, now = user_of(request), timezone.now()
    try:
        stored = form.stored_file(owner=officer, stored_at=now)
    except DomainError as refusal:
        return _page(request, form, refusal=sentence_of(refusal))
    return _score(request, form, stored, now)


def template_view(request: HttpRequest) -> HttpResponseBase:
    """An empty workbook with the columns that the card in force reads."""
    _require_right(request)
    target = BytesIO()
    write_template(target, _columns(), language=screen_language())
    target.seek(0)
    return FileResponse(target, as_attachment=True, filename=gettext("scoring-template.xlsx"))


def _score(request: HttpRequest, form: ScoreFileForm, stored: StoredFile, now: datetime) -> HttpResponse:
    try:
        run = score_stored_file(
            stored_file=stored,
            scored_by=user_of(request),
            scored_at=now,
            source=Source.ADMIN,
            choices=form.choices,
        )
    except ColumnsMissing as refusal:
        return _page(request, form, stored=stored, lacking=_lacking(refusal))
    except SpreadsheetRefused as refusal:
        return _page(
            request, form, stored=stored, sheets=refusal.sheets, refusal="" if refusal.sheets else sentence_of(refusal)
        )
    except DomainError as refusal:
        return _page(request, form, refusal=sentence_of(refusal))
    return _led_to(request, run, is_new=run.scored_at == now)


def _led_to(request: HttpRequest, run: ScoringRun, *, is_new: bool) -> HttpResponse:
    if not is_new:
        messages.info(request, _known(run))
    if run.job is not None and not run.is_complete:
        return redirect("admin:jobs_job_change", run.job.pk)
    return redirect("admin:scoring_scoringrun_change", run.pk)


def _known(run: ScoringRun) -> str:
    when = date_format(timezone.localtime(run.scored_at), "j M Y, H:i")
    if not run.is_complete:
        return gettext("You had this file scored already, on %(when)s: this is that work.") % {"when": when}
    return gettext(
        "You had this file scored already, on %(when)s with the same scorecard: this is that run. Nothing was scored again."
    ) % {"when": when}


def _lacking(refusal: ColumnsMissing) -> dict[str, Any]:
    return {
        "found": [header for header in refusal.match.headers if header],
        "missing": [title_of(name) for name in refusal.match.missing],
        "guesses": [did_you_mean(unmatched) for unmatched in refusal.guesses],
    }


def _page(request: HttpRequest, form: ScoreFileForm, **context: Any) -> HttpResponse:
    request.current_app = admin.site.name
    page = {
        **admin.site.each_context(request),
        "title": gettext("Score a file"),
        "form": form,
        "columns": [title_of(name) for name in _columns()],
        "max_bytes": settings.UPLOAD_MAX_BYTES,
        "max_megabytes": max(settings.UPLOAD_MAX_BYTES // MEGABYTE, 1),
    }
    return TemplateResponse(request, "scoring/score_file.html", {**page, **context})


def _columns() -> tuple[str, ...]:
    """Of the card in force; a site without one has a template all the same."""
    version = ScorecardVersion.objects.in_force_or_none(timezone.now())
    return columns_wanted(version.card) if version else SCORING_COLUMNS


def _require_right(request: HttpRequest) -> None:
    if not request.user.has_perm("scoring.score_loan"):
        raise PermissionDenied
