"""What every page of the back office shares."""

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.core.validators import EMPTY_VALUES
from django.db.models import Model, QuerySet, TextField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from simple_history.admin import SimpleHistoryAdmin
from simple_history.models import ModelChange
from simple_history.template_utils import HistoricalRecordContextHelper
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminExpandableTextareaWidget

from bprs.access.models import Branch, User
from bprs.display import rupiah
from bprs.errors import DomainError
from bprs.fields import RupiahField
from bprs.wording import sentence_of


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # generic to mypy only
    """Counts no further than people page: a list of millions stays quick and says «more than 20,000»."""

    cap = 20_000
    template_name = "admin/pagination_capped.html"

    @cached_property
    def _counted(self) -> int:
        rows = self.object_list
        return rows.order_by()[: self.cap + 1].count() if isinstance(rows, QuerySet) else len(rows)

    @cached_property
    def count(self) -> int:
        return min(self._counted, self.cap)

    @property
    def is_capped(self) -> bool:
        return self._counted > self.cap

    def _get_page(self, rows: Any, *place: Any) -> Any:
        """The keys first, then the rows of these: sorting a million rows whole, and all they refer to, takes ten times as long."""
        if isinstance(rows, QuerySet) and isinstance(self.object_list, QuerySet):
            rows = self.object_list.filter(pk__in=list(rows.values_list("pk", flat=True)))
        return super()._get_page(rows, *place)  # type: ignore[misc]  # Django documents it, its types do not


def user_of(request: HttpRequest) -> User:
    """Every admin page is behind the login."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def visible_branches(request: HttpRequest) -> list[Branch]:
    """The branches the user works in, or all of them: asked for once a request."""
    cached: list[Branch] | None = getattr(request, "visible_branches", None)
    if cached is None:
        cached = list(Branch.objects.visible_to(user_of(request)).order_by("code"))
        request.visible_branches = cached  # type: ignore[attr-defined]  # ours, for this request
    return cached


def sees_several_branches(request: HttpRequest) -> bool:
    """Whether a column that says the branch tells this officer anything."""
    return user_of(request).has_every_branch() or len(visible_branches(request)) > 1


class BaseModelAdmin(ModelAdmin):
    list_per_page = 50
    show_full_result_count = False
    paginator = CappedPaginator
    list_fullwidth = True
    list_filter_submit = True
    warn_unsaved_form = True
    empty_value_display = "—"
    closed_lookups: ClassVar[frozenset[str]] = frozenset()
    formfield_overrides = {TextField: {"widget": UnfoldAdminExpandableTextareaWidget}}

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """What is shown masked is not told letter by letter to `?phone__startswith=`."""
        is_closed = lookup.split("__", maxsplit=1)[0] in self.closed_lookups
        return not is_closed and bool(super().lookup_allowed(lookup, value, request))

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A refusal that only the service could see is told to the officer, on the page it concerns."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as refusal:
            self.message_user(request, sentence_of(refusal), messages.ERROR)
            return redirect(request.get_full_path())

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """What is not there and what is another branch's look the same: not found."""
        raise Http404


class BranchScopedAdmin(BaseModelAdmin):
    """Rows of the user's branches and no others: in lists, forms, searches and autocompletes."""

    is_long = False  # of lists of millions: told the branches by their keys, PostgreSQL plans them in half the time

    def get_queryset(self, request: HttpRequest) -> Any:
        known = {"branch_ids": [branch.pk for branch in visible_branches(request)]} if self.is_long else {}
        return super().get_queryset(request).visible_to(user_of(request), **known)


class ReadOnlyMixin(ModelAdmin):
    """Looked at by people, written by the program: there is no history of changes to show."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return super().changeform_view(request, object_id, form_url, {"show_history": False, **(extra_context or {})})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadableDelta(HistoricalRecordContextHelper):
    """What changed, with money and choices as the pages write them."""

    def prepare_delta_change_value(self, change: ModelChange, value: Any) -> Any:
        field = self.model._meta.get_field(change.field)
        if value in EMPTY_VALUES:
            return "—"
        if isinstance(field, RupiahField):
            return rupiah(value)
        words: dict[Any, Any] = dict(getattr(field, "flatchoices", ()))
        return words[value] if words and value in words else super().prepare_delta_change_value(change, value)


class HistoryMixin(SimpleHistoryAdmin):
    """The history of a row, for those who may see the row; nobody writes an old state back."""

    delta_class: type[ReadableDelta] = ReadableDelta

    def get_historical_record_context_helper(self, request: HttpRequest, historical_record: Any) -> ReadableDelta:
        return self.delta_class(self.model, historical_record)

    def set_history_delta_changes(
        self, request: HttpRequest, historical_records: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Where no reason was given, none is told."""
        super().set_history_delta_changes(request, historical_records, *args, **kwargs)
        for record in historical_records:
            record.history_change_reason = record.history_change_reason or ""

    def revert_disabled(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        self._require_visible(request, object_id)
        return super().history_view(request, object_id, extra_context)

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        self._require_visible(request, object_id)
        if request.method == "POST":
            raise PermissionDenied
        context = {"show_history": False, **(extra_context or {})}  # the button would lead nowhere
        return super().history_form_view(request, object_id, version_id, context)

    def _require_visible(self, request: HttpRequest, object_id: str) -> None:
        if self.get_object(request, object_id) is None:
            raise Http404
