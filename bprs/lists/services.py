"""Keeping views of lists, and what a list begins with."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from bprs.access.models import User
from bprs.errors import DomainError
from bprs.lists.models import LONGEST_QUERY, ListPreference, SavedView
from bprs.validation import check

MOST_VIEWS = 30


class TooManyViews(DomainError):
    code = "too_many_views"


class NamelessView(DomainError):
    code = "nameless_view"


class MayNotShare(DomainError):
    code = "may_not_share"
    status = 403


class ViewTooLong(DomainError):
    code = "view_too_long"


class NotOwnView(DomainError):
    code = "not_own_view"
    status = 403


@transaction.atomic
def save_view(*, owner: User, list_name: str, name: str, query: str, sharing: str, saved_at: datetime) -> SavedView:
    """
    Keep the filters, columns and order of a list under a name.

    :raises NamelessView: if it has no name
    :raises Invalid: if the name is too long, or taken
    :raises MayNotShare: if others are to see it and the owner may not share
    :raises TooManyViews: if the owner has as many of this list as may be
    :raises ViewTooLong: if there are more filters than a view holds
    """
    User.objects.select_for_update().get(pk=owner.pk)
    if SavedView.objects.filter(owner=owner, list_name=list_name).count() >= MOST_VIEWS:
        raise TooManyViews(_("You have %(count)d views of this list. Delete one first.") % {"count": MOST_VIEWS})
    view = SavedView(owner=owner, list_name=list_name, created_at=saved_at)
    return _written(view, name=name, query=query, sharing=sharing, at=saved_at)


@transaction.atomic
def change_view(
    *, view: SavedView, changed_by: User, name: str, query: str, sharing: str, changed_at: datetime
) -> SavedView:
    """
    Give one's view another name, other filters, or other readers.

    :raises NotOwnView: if it is a colleague's
    :raises Invalid: as `save_view` does, and the other refusals likewise
    """
    locked = _own(view, changed_by)
    return _written(locked, name=name, query=query, sharing=sharing, at=changed_at)


@transaction.atomic
def delete_view(*, view: SavedView, deleted_by: User) -> None:
    """:raises NotOwnView: if it is a colleague's"""
    _own(view, deleted_by).delete()


def open_with(*, user: User, list_name: str, view: SavedView | None) -> None:
    """Have a list open with this view, or with everything."""
    ListPreference.objects.update_or_create(user=user, list_name=list_name, defaults={"default_view": view})


def choose_columns(*, user: User, list_name: str, columns: Sequence[str]) -> None:
    """Show these columns whenever the list is opened; none are those the list comes with."""
    ListPreference.objects.update_or_create(user=user, list_name=list_name, defaults={"columns": list(columns)})


def _own(view: SavedView, user: User) -> SavedView:
    if view.owner_id != user.pk:
        raise NotOwnView(_("This view is a colleague's. Save it under a name of your own."))
    return SavedView.objects.select_for_update().get(pk=view.pk)


def _written(view: SavedView, *, name: str, query: str, sharing: str, at: datetime) -> SavedView:
    if sharing not in ("", SavedView.Sharing.OWN) and not view.owner.has_perm("lists.share_view"):
        raise MayNotShare(_("You may keep views for yourself; sharing them is for supervisors and risk staff."))
    if len(query) > LONGEST_QUERY:
        raise ViewTooLong(_("These are more filters than a view holds. Choose fewer."))
    if not name.strip():
        raise NamelessView(_("Give the view a name."))
    view.name, view.query, view.changed_at = " ".join(name.split()), query, at
    view.sharing = sharing or SavedView.Sharing.OWN
    check(view)
    view.save()
    return view
