"""Who stands above whom: nobody raises themselves, or takes the place of somebody who administers more than they do."""

import re
from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db.models import QuerySet

from bprs.access.models import User

_ADMINISTERS = r"^(access|auth)\.(add|change|delete)_"


def administering(permissions: Iterable[str]) -> set[str]:
    """Those that give others a way in, or rights."""
    return {permission for permission in permissions if re.match(_ADMINISTERS, permission)}


def stands_above(other: User, user: User) -> bool:
    """A superuser stands above all who are none; else who administers something that the user does not."""
    if user.is_superuser or other == user:
        return False
    return other.is_superuser or bool(administering(other.get_all_permissions()) - user.get_all_permissions())


def roles_given_by(user: User) -> QuerySet[Group]:
    """Roles that administer no more than the user does; a superuser gives every role."""
    roles = Group.objects.order_by("name")
    if user.is_superuser:
        return roles
    own = user.get_all_permissions()
    rights = Permission.objects.filter(content_type__app_label__in=("access", "auth")).select_related("content_type")
    names = {right.pk: f"{right.content_type.app_label}.{right.codename}" for right in rights}
    beyond = [pk for pk, name in names.items() if administering([name]) and name not in own]
    return roles.exclude(permissions__in=beyond)


def holders_of_keys_made_by(user: User) -> QuerySet[User]:
    """
    Whom the user may make a key for: themselves, and programs that do not stand above them.

    A key needs no second step, and its secret is seen by who makes it: for a colleague it would be their rights.
    """
    active = User.objects.filter(is_active=True)
    if user.is_superuser:
        return active
    programs = active.filter(is_staff=False, is_superuser=False).prefetch_related("groups")
    below = [program.pk for program in programs if not stands_above(program, user)]
    return active.filter(pk__in=[user.pk, *below])
