"""A list that remembers: saved views, chosen columns, and the filters that are on."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bprs.access.admin_base import BaseModelAdmin, user_of
from bprs.errors import DomainError
from bprs.lists.change_list import NamedChangeList
from bprs.lists.chips import chips_of
from bprs.lists.forms import ViewForm
from bprs.lists.models import SavedView
from bprs.lists.queries import ALL_ROWS, COLUMNS, ORDER, VIEW, kept_in_view, named, tidied, without, written
from bprs.lists.services import change_view, choose_columns, delete_view, open_with, save_view
from bprs.lists.shown import ListMemory, memory_of
from bprs.wording import reasons_of


class UnknownFilter(DomainError):
    code = "unknown_filter"


class ListDesk(BaseModelAdmin):
    """
    Put before another BaseModelAdmin. `columns_offered` are those the officer may choose among, all of them cheap:
    what they need of other tables is in `list_select_related`. The first of `list_display` leads to the row and stays first.
    """

    columns_offered: ClassVar[Sequence[str]] = ()
    column_aliases: ClassVar[dict[str, str]] = {}

    @property
    def list_name(self) -> str:
        return str(self.opts.label_lower)

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Any, name: str) -> URLPattern:
            return path(
                route,
                self.admin_site.admin_view(self._posted(view)),
                name=f"{self.opts.app_label}_{self.opts.model_name}_{name}",
            )

        own = [page("columns/", self.columns_view, "columns"), page("views/", self.add_view_view, "add_view")]
        return [*own, page("views/<int:view_id>/", self.change_view_view, "change_view"), *super().get_urls()]

    def _posted(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        """The pages below only take what forms of the list send, from who may see the list."""

        def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            if not self.has_view_permission(request):
                raise PermissionDenied
            return view(request, **kwargs) if request.method == "POST" else HttpResponseNotAllowed(["POST"])

        return guarded

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[NamedChangeList]:
        return NamedChangeList

    def standard_columns(self, request: HttpRequest) -> Sequence[str]:
        return tuple(super().get_list_display(request))

    def chosen_columns(self, request: HttpRequest) -> list[str]:
        """Those the address names, else those of the open view, else the officer's own; none are the standard."""
        asked = request.GET.get(COLUMNS, "").split(",")
        columns = self._known(asked)
        if not columns and not memory_of(request, self.list_name).view(request.GET.get(VIEW)):
            columns = self._known(memory_of(request, self.list_name).columns)
        return columns

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return tuple(self.chosen_columns(request) or self.standard_columns(request))

    def _known(self, names: Sequence[str]) -> list[str]:
        chosen = [name for name in dict.fromkeys(names) if name in self.columns_offered]
        first = self.list_display[0]
        return [first, *(name for name in chosen if name != first)] if chosen else []

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        elsewhere = self._better_address(request)
        if elsewhere is not None:
            return redirect(request.path + elsewhere)
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context and "cl" in context:
            context["desk"] = self._desk(request, context["cl"])
        return response

    def _better_address(self, request: HttpRequest) -> str | None:
        """The view the officer wants to begin with; and never a filter that is blank, as forms send them."""
        if request.method != "GET":
            return None
        default = memory_of(request, self.list_name).default if not request.GET else None
        if default is not None:
            return self._address_of(default)
        given = dict(request.GET.lists())
        tidy = tidied(given)
        return None if tidy == given else f"?{written(tidy) or f'{VIEW}={ALL_ROWS}'}"

    def _address_of(self, view: SavedView) -> str:
        return f"?{view.query}{'&' if view.query else ''}{VIEW}={view.pk}"

    def _desk(self, request: HttpRequest, change_list: NamedChangeList) -> dict[str, Any]:
        memory = memory_of(request, self.list_name)
        opened = memory.view(request.GET.get(VIEW))
        query = self._shown_as_query(request, change_list)
        kept = written(without(change_list.filter_params, VIEW))
        return {
            "views": [self._tab(view, opened, user_of(request).pk) for view in memory.views],
            "opened": opened,
            "is_own": opened is not None and opened.owner_id == user_of(request).pk,
            "is_changed": opened is not None and opened.query != query,
            "is_default": opened is not None and opened == memory.default,
            "opens_with_view": memory.default is not None,
            "chips": chips_of(change_list),
            "cleared": self._cleared(change_list, memory),
            "columns": list(self._choices(request)),
            "has_own_columns": bool(self.chosen_columns(request)),
            "query": query,
            "here": f"{kept}&{VIEW}={opened.pk}" if opened else kept,
            "may_share": request.user.has_perm("lists.share_view"),
            "sharings": SavedView.Sharing.choices,
            "hidden": self._hidden(change_list),
            "columns_url": self._url("columns"),
            "add_view_url": self._url("add_view"),
            "change_view_url": self._url("change_view", opened.pk) if opened else "",
        }

    def _shown_as_query(self, request: HttpRequest, change_list: NamedChangeList) -> str:
        """What a view would keep of the list as it is: the officer's own columns too."""
        columns = self.chosen_columns(request)
        shown = {**change_list.filter_params, **({COLUMNS: [",".join(columns)]} if columns else {})}
        return written(kept_in_view(shown))

    def _tab(self, view: SavedView, opened: SavedView | None, reader_id: int) -> dict[str, Any]:
        shared_by = view.owner.known_as if view.owner_id != reader_id else ""
        return {"view": view, "url": self._address_of(view), "is_open": view == opened, "shared_by": shared_by}

    def _cleared(self, change_list: NamedChangeList, memory: ListMemory) -> str:
        """The same list with its columns and order, and nothing filtered."""
        left = {name: given for name, given in change_list.filter_params.items() if name in (COLUMNS, ORDER)}
        return f"?{written(left)}{'&' if left else ''}{VIEW}={ALL_ROWS}"

    def _choices(self, request: HttpRequest) -> Iterator[dict[str, Any]]:
        """The columns shown, in their order, and after them the others."""
        shown = [self.column_aliases.get(name, name) for name in self.get_list_display(request)]
        for name in [*shown, *(name for name in self.columns_offered if name not in shown)]:
            title = label_for_field(name, self.model, model_admin=self)
            yield {"name": name, "title": title, "is_shown": name in shown, "is_fixed": name == self.list_display[0]}

    def _hidden(self, change_list: NamedChangeList) -> list[tuple[str, str]]:
        """What the form of the filters must say again: all that is none of its own fields, and no page."""
        own = {name for spec in change_list.filter_specs for name in spec.expected_parameters()}
        return [
            (name, value) for name, given in change_list.filter_params.items() if name not in own for value in given
        ]

    def _url(self, name: str, *args: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=args)

    def columns_view(self, request: HttpRequest) -> HttpResponse:
        """Show the columns that were ticked: in the view that is open, else whenever this list is."""
        here = QueryDict(request.POST.get("query", ""))
        columns = [] if "standard" in request.POST else self._known(request.POST.getlist("columns"))
        values = without(dict(here.lists()), COLUMNS)
        if memory_of(request, self.list_name).view(here.get(VIEW)):
            values |= {COLUMNS: [",".join(columns)]} if columns else {}
        else:
            choose_columns(user=user_of(request), list_name=self.list_name, columns=columns)
        return redirect(f"{self._url('changelist')}?{written(values) or f'{VIEW}={ALL_ROWS}'}")

    def add_view_view(self, request: HttpRequest) -> HttpResponse:
        form = self._form(request)
        officer = user_of(request)
        try:
            view = save_view(
                owner=officer, list_name=self.list_name, name=form["name"], query=self._kept(request, form["query"]),
                sharing=form["sharing"], saved_at=timezone.now(),
            )  # fmt: skip
        except DomainError as refusal:
            return self._refused(request, refusal, form["query"])
        if form["is_default"]:
            open_with(user=officer, list_name=self.list_name, view=view)
        self.message_user(request, _("Saved the view «%(name)s».") % {"name": view.name}, messages.SUCCESS)
        return redirect(self._url("changelist") + self._address_of(view))

    def change_view_view(self, request: HttpRequest, view_id: int) -> HttpResponse:
        """Save, rename, share, delete a view, or have the list open with it: whichever button was pressed."""
        view = memory_of(request, self.list_name).view(str(view_id))
        if view is None:
            raise Http404
        try:
            return self._changed(request, view, request.POST.get("do", ""))
        except DomainError as refusal:
            return self._refused(request, refusal, request.POST.get("query", ""))

    def _changed(self, request: HttpRequest, view: SavedView, act: str) -> HttpResponse:
        officer, form = user_of(request), self._form(request)
        if act == "delete":
            delete_view(view=view, deleted_by=officer)
            self.message_user(request, _("Deleted the view «%(name)s».") % {"name": view.name}, messages.SUCCESS)
            return redirect(f"{self._url('changelist')}?{VIEW}={ALL_ROWS}")
        if act in ("default", "no_default"):
            open_with(user=officer, list_name=self.list_name, view=view if act == "default" else None)
        else:
            query = self._kept(request, form["query"]) if act == "save" else view.query
            name, sharing = (view.name, view.sharing) if act == "save" else (form["name"], form["sharing"])
            view = change_view(
                view=view, changed_by=officer, name=name, query=query, sharing=sharing, changed_at=timezone.now()
            )
        return redirect(self._url("changelist") + self._address_of(view))

    def _form(self, request: HttpRequest) -> dict[str, Any]:
        form = ViewForm(request.POST)
        if not form.is_valid():
            raise PermissionDenied
        return form.cleaned_data

    def _kept(self, request: HttpRequest, query: str) -> str:
        """Only what this list knows: Django refuses unknown filters, as it does in an address."""
        values = kept_in_view(dict(QueryDict(query).lists()))
        request.GET = QueryDict(written(values))  # as if the list were asked for it
        try:
            names = self.get_changelist_instance(request).column_names()
        except IncorrectLookupParameters:
            raise UnknownFilter(_("This list does not know one of these filters. Open it anew.")) from None
        if ORDER in values:
            order = named(values[ORDER][-1], names).split(".")
            values[ORDER] = [".".join(term for term in order if term.removeprefix("-") in names)]
        if COLUMNS in values:
            values[COLUMNS] = [",".join(self._known(values[COLUMNS][-1].split(",")))]
        return written(tidied(values))

    def _refused(self, request: HttpRequest, refusal: DomainError, query: str) -> HttpResponse:
        self.message_user(request, reasons_of(refusal), messages.ERROR)
        return redirect(f"{self._url('changelist')}?{query or f'{VIEW}={ALL_ROWS}'}")
