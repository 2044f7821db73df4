"""What the overview shows: counts and sums of the financing as of one moment, small enough to be added up while somebody waits."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from bprs.access.models import Branch, User
from bprs.fields import RupiahField
from loans.models import Akad


class Overview(models.Model):
    """The one row that says of which moment the cells are. Whoever counts anew holds it."""

    as_of = models.DateTimeField(_("as of"), null=True)

    class Meta:
        verbose_name = _("overview")
        verbose_name_plural = _("overview")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.as_of)


class OverviewCellQuerySet(models.QuerySet["OverviewCell"]):
    def visible_to(self, user: User) -> Self:
        """Those of the branches the user works in."""
        return self.all() if user.has_every_branch() else self.filter(branch__in=user.branches.all())


class OverviewCell(models.Model):
    """
    Financing of one branch and akad, applied for in one month, that is alike in what a chart shows.

    `key` is what the chart has a row for, `series` the part of it; what a chart does not add up is zero.
    """

    class Chart(models.TextChoices):
        PORTFOLIO = "portfolio", _("Running financing by risk segment")
        VINTAGE = "vintage", _("Non-performing financing by quarter of disbursement")
        SCORES = "scores", _("Distribution of scores")
        DECISIONS = "decisions", _("Decisions")
        SPEED = "speed", _("Days from application to decision")
        DEFAULTS = "defaults", _("Expected and observed default")

    chart = models.CharField(max_length=9, choices=Chart)
    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="+", db_index=False)
    akad = models.CharField(max_length=12, choices=Akad)
    month = models.DateField()
    key = models.CharField(max_length=20)
    series = models.CharField(max_length=14)
    count = models.BigIntegerField()
    amount = RupiahField()
    waited = models.DurationField()
    expected = models.DecimalField(max_digits=16, decimal_places=6)

    objects = OverviewCellQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["chart", "branch"], name="overview_chart_branch")]

    def __str__(self) -> str:
        return f"{self.chart} {self.key} {self.series}: {self.count}"
