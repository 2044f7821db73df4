"""What customers apply for. A loan knows no scorecard, only the columns its latest score left here."""

from collections.abc import Collection
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bprs.access.models import User
from bprs.fields import RupiahField
from bprs.history import ChangeHistory
from bprs.lookups import numbered, searched_words, words_of
from bprs.validation import since_1900_until_today
from customers.models import Customer, nik_in


class Akad(models.TextChoices):
    MURABAHAH = "murabahah", _("Murabahah")
    MUSYARAKAH = "musyarakah", _("Musyarakah")
    MUDHARABAH = "mudharabah", _("Mudharabah")
    IJARAH = "ijarah", _("Ijarah")
    ISTISHNA = "istishna", _("Istishna")
    MULTIJASA = "multijasa", _("Multijasa")
    QARDH = "qardh", _("Qardh")


class Purpose(models.TextChoices):
    WORKING_CAPITAL = "working_capital", _("Working capital")
    INVESTMENT = "investment", _("Investment")
    CONSUMPTION = "consumption", _("Consumption")


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    RECOMMENDED = "recommended", _("Recommended")
    RETURNED = "returned", _("Returned")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    DISBURSED = "disbursed", _("Disbursed")
    SETTLED = "settled", _("Settled")
    WRITTEN_OFF = "written_off", _("Written off")


CLOSED = (Status.REJECTED, Status.SETTLED, Status.WRITTEN_OFF)


class Collectibility(models.IntegerChoices):
    """Kolektibilitas of the regulator; 3 to 5 are non-performing."""

    CURRENT = 1, _("1 Current")
    SPECIAL_MENTION = 2, _("2 Special mention")
    SUBSTANDARD = 3, _("3 Substandard")
    DOUBTFUL = 4, _("4 Doubtful")
    LOSS = 5, _("5 Loss")


class Segment(models.TextChoices):
    """The risk, not the customer: low is good."""

    LOW = "low", _("Low risk")
    MEDIUM = "medium", _("Medium risk")
    HIGH = "high", _("High risk")


SCORE_COLUMNS = ["credit_score", "default_probability", "segment", "scored_at", "scored_facts", "is_stale"]


class LoanQuerySet(models.QuerySet["Loan"]):
    def visible_to(self, user: User, *, branch_ids: Collection[int] | None = None) -> Self:
        """Loans of customers of the branches the user works in; where their keys are known, a long list is planned better."""
        if user.has_every_branch():
            return self.all()
        return self.filter(customer__branch__in=user.branches.all() if branch_ids is None else branch_ids)

    def found_by(self, term: str) -> Self:
        """
        The financing of the customers that are meant, and that whose number begins or ends with a word that has digits.

        Two conditions on two tables, joined by OR, have a database read both whole: so they are asked one by one.
        """
        if nik_in(term) or not words_of(term):
            return self.filter(customer__in=Customer.objects.found_by(term))
        names, found = [], self
        for word in searched_words(term):
            if any(character.isdigit() for character in word):
                of_customers = Loan.objects.filter(customer__in=Customer.objects.found_by(word))
                either = (
                    Loan.objects.filter(numbered("loan_number", word)).values("pk").union(of_customers.values("pk"))
                )
                found = found.filter(pk__in=either)
            else:
                names.append(word)
        return found.filter(customer__in=Customer.objects.found_by(" ".join(names))) if names else found


class Loan(models.Model):
    """
    An application for financing, and the financing it became. Only a draft may lack its amount or tenor.

    The score columns are the latest Score's, kept here to list and filter by; the Score rows are their history.
    """

    loan_number = models.CharField(_("financing number"), max_length=30, unique=True)
    customer = models.ForeignKey(Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="loans")
    akad = models.CharField(_("akad"), max_length=12, choices=Akad, default=Akad.MURABAHAH)
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose, default=Purpose.WORKING_CAPITAL)
    principal_amount = RupiahField(
        _("financing amount (Rp)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
    )
    tenor_months = models.PositiveSmallIntegerField(
        _("tenor (months)"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(360)]
    )
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.SUBMITTED)
    # Whose file it is; nobody's where head office imported it.
    account_officer = models.ForeignKey(
        User,
        verbose_name=_("account officer"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="loans",
    )
    application_date = models.DateField(_("application date"), validators=[since_1900_until_today])
    disbursed_date = models.DateField(
        _("disbursement date"), null=True, blank=True, validators=[since_1900_until_today]
    )
    collectibility = models.PositiveSmallIntegerField(
        _("collectibility"), choices=Collectibility, null=True, blank=True
    )
    days_past_due = models.PositiveIntegerField(_("days past due"), null=True, blank=True)
    credit_score = models.PositiveSmallIntegerField(_("credit score"), null=True, blank=True, editable=False)
    default_probability = models.DecimalField(
        _("probability of default"), max_digits=7, decimal_places=6, null=True, blank=True, editable=False
    )
    segment = models.CharField(_("risk segment"), max_length=6, choices=Segment, blank=True, editable=False)
    scored_at = models.DateTimeField(_("scored at"), null=True, blank=True, editable=False)
    # What the score rests on, as income|assets|amount|tenor|akad|purpose in sen and months: see loans/triggers.py.
    scored_facts = models.CharField(max_length=120, blank=True, default="", db_default="", editable=False)
    # The database keeps it, nobody sets it.
    is_stale = models.BooleanField(_("changed since it was scored"), default=False, db_default=False, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = LoanQuerySet.as_manager()
    history = ChangeHistory(excluded_fields=SCORE_COLUMNS)

    class Meta:
        verbose_name = _("financing")
        verbose_name_plural = _("financing")
        permissions = [("record_history", _("Can record financing that was decided elsewhere"))]
        constraints = [
            models.CheckConstraint(
                name="loan_complete_unless_draft",
                condition=Q(status="draft") | Q(principal_amount__isnull=False, tenor_months__isnull=False),
                violation_error_message=_("Only a draft may lack its amount or its tenor."),
            ),
            models.CheckConstraint(
                name="loan_amount_positive",
                condition=Q(principal_amount__isnull=True) | Q(principal_amount__gt=0),
                violation_error_message=_("The financing amount is more than zero."),
            ),
            models.CheckConstraint(
                name="loan_tenor_in_range",
                condition=Q(tenor_months__isnull=True) | Q(tenor_months__gte=1, tenor_months__lte=360),
                violation_error_message=_("The tenor is 1 to 360 whole months."),
            ),
            models.CheckConstraint(
                name="loan_collectibility_in_range",
                condition=Q(collectibility__isnull=True) | Q(collectibility__gte=1, collectibility__lte=5),
                violation_error_message=_("Collectibility is 1 to 5."),
            ),
            models.CheckConstraint(
                name="loan_score_whole_or_absent",
                condition=Q(
                    credit_score__isnull=True, default_probability__isnull=True, segment="", scored_at__isnull=True
                )
                | Q(
                    credit_score__isnull=False,
                    default_probability__isnull=False,
                    segment__in=["low", "medium", "high"],
                    scored_at__isnull=False,
                ),
            ),
            models.CheckConstraint(name="loan_stale_only_if_scored", condition=Q(is_stale=False) | ~Q(scored_facts="")),
        ]
        indexes = [
            models.Index(fields=["status", "-application_date"], name="loan_status_application"),
            models.Index(fields=["-application_date"], name="loan_application"),
            models.Index(fields=["-principal_amount", "-application_date", "-id"], name="loan_by_amount"),
            models.Index(fields=["-credit_score", "-application_date", "-id"], name="loan_by_score"),
            models.Index(fields=["-application_date", "-id"], condition=Q(is_stale=True), name="loan_stale"),
        ]

    def __str__(self) -> str:
        return self.loan_number
