"""What an officer finds over a list: the views, the columns, the filters that are on."""

from dataclasses import dataclass

from django.http import HttpRequest

from bprs.access.admin_base import user_of
from bprs.access.models import User
from bprs.lists.models import ListPreference, SavedView


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMemory:
    """The views of one list that a person may open, and how they like it: two queries, made once a request."""

    views: list[SavedView]
    columns: list[str]
    default: SavedView | None

    def view(self, written: str | None) -> SavedView | None:
        return next((view for view in self.views if str(view.pk) == written), None)


def memory_of(request: HttpRequest, list_name: str) -> ListMemory:
    remembered: dict[str, ListMemory] = request.__dict__.setdefault("bprs_lists", {})
    if list_name not in remembered:
        remembered[list_name] = _read(user_of(request), list_name)
    return remembered[list_name]


def _read(user: User, list_name: str) -> ListMemory:
    preference = ListPreference.objects.filter(user=user, list_name=list_name).first()
    readable = SavedView.objects.readable_by(user).filter(list_name=list_name).select_related("owner")
    views = sorted(readable, key=lambda view: (view.owner_id != user.pk, view.name.lower(), view.pk))
    default_id = preference.default_view_id if preference else None
    return ListMemory(
        views=views,
        columns=[str(name) for name in preference.columns] if preference else [],
        default=next((view for view in views if view.pk == default_id), None),
    )
