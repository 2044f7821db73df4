"""How people like their lists: the views they saved, the columns they chose."""

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from bprs.access.models import Branch, User

LONGEST_QUERY = 2000


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def readable_by(self, user: User) -> Self:
        """One's own, those shared with everybody, and those shared in a branch one works in."""
        shared = Q(sharing=SavedView.Sharing.EVERYBODY)
        if user.has_every_branch():
            return self.filter(Q(owner=user) | shared | Q(sharing=SavedView.Sharing.BRANCHES))
        common = Branch.objects.filter(officers=OuterRef("owner")).filter(officers=user)
        in_branch = Q(sharing=SavedView.Sharing.BRANCHES) & Exists(common)
        return self.filter(Q(owner=user) | shared | in_branch)


class SavedView(models.Model):
    """
    Filters, search, columns and order of one list, kept as the query of its address.

    It gives nobody a right: whoever opens it sees their own rows through it.
    """

    class Sharing(models.TextChoices):
        OWN = "own", _("Only I")
        BRANCHES = "branches", _("Colleagues in my branches")
        EVERYBODY = "everybody", _("Everybody")

    owner = models.ForeignKey(User, verbose_name=_("owner"), on_delete=models.CASCADE, related_name="saved_views")
    list_name = models.CharField(_("list"), max_length=100)
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(_("filters, columns and order"), max_length=LONGEST_QUERY, blank=True)
    sharing = models.CharField(_("who sees it"), max_length=9, choices=Sharing, default=Sharing.OWN)
    created_at = models.DateTimeField(_("created at"))
    changed_at = models.DateTimeField(_("changed at"))

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        default_permissions = ()
        permissions = [("share_view", "Can share saved views of lists")]
        constraints = [
            models.UniqueConstraint(
                "owner",
                "list_name",
                Lower("name"),
                name="saved_view_name_once",
                violation_error_message=_(
                    "You have a view of this name already. Choose another name, or change that view."
                ),
            ),
            models.CheckConstraint(
                name="saved_view_has_a_name",
                condition=~Q(name=""),
                violation_error_message=_("Give the view a name."),
            ),
            models.CheckConstraint(
                name="saved_view_sharing_known", condition=Q(sharing__in=["own", "branches", "everybody"])
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ListPreference(models.Model):
    """What one person sees first on one list: the columns they chose, and the view it opens with."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    list_name = models.CharField(max_length=100)
    columns = models.JSONField(default=list, blank=True)
    default_view = models.ForeignKey(SavedView, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "list_name"], name="list_preference_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.list_name}"
