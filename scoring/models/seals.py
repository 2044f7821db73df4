"""What proves that nothing was changed since: a chain of seals. Written once; triggers see to that."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from scoring.models.cards import CardProposal
from scoring.models.runs import ScoringRun


class Seal(models.Model):
    """
    One link of the chain: a hash over all it covers and over the seal before it, signed with a key the database does
    not have. Hashes are hex.
    """

    number = models.PositiveBigIntegerField(_("number"), primary_key=True)
    previous = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="next")
    sealed_at = models.DateTimeField(_("sealed at"))
    encoding = models.PositiveSmallIntegerField(_("version of the encoding"))
    entry_count = models.PositiveIntegerField(_("sealed things"))
    row_count = models.PositiveBigIntegerField(_("sealed rows"))
    root = models.CharField(_("Merkle root"), max_length=64)
    hash = models.CharField(_("hash"), max_length=64)
    key_id = models.CharField(_("key"), max_length=16)
    hmac = models.CharField(_("signature"), max_length=64)

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="seal_follows_the_one_before",
                condition=Q(number=1, previous__isnull=True) | Q(previous__isnull=False, number=F("previous") + 1),
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)


class SealEntry(models.Model):
    """
    One thing a seal covers: a run with the Merkle root over all its rows, or one act in the life of a scorecard with
    its hash. Nothing is sealed twice.
    """

    class Act(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        DECIDED = "decided", _("decided")
        CANCELLED = "cancelled", _("cancelled")

    seal = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="entries", db_index=False)
    position = models.PositiveIntegerField(_("position"))
    run = models.OneToOneField(
        ScoringRun, verbose_name=_("run"), on_delete=models.PROTECT, null=True, related_name="seal_entry"
    )
    proposal = models.ForeignKey(
        CardProposal,
        verbose_name=_("proposal of a scorecard"),
        on_delete=models.PROTECT,
        null=True,
        related_name="seal_entries",
        db_index=False,
    )
    act = models.CharField(_("act"), max_length=10, choices=Act, blank=True)
    row_count = models.PositiveBigIntegerField(_("rows"))
    root = models.CharField(_("Merkle root"), max_length=64)

    class Meta:
        verbose_name = _("sealed thing")
        verbose_name_plural = _("sealed things")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["seal", "position"], name="seal_entry_once_per_position"),
            models.UniqueConstraint(fields=["proposal", "act"], name="seal_entry_once_per_act"),
            models.CheckConstraint(
                name="seal_entry_is_of_one_thing",
                condition=Q(run__isnull=False, proposal__isnull=True, act="")
                | Q(run__isnull=True, proposal__isnull=False, act__in=["proposed", "decided", "cancelled"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seal_id} {self.position}"
