"""Who applies for financing."""

import re
from typing import Self

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bprs.access.models import Branch, User
from bprs.display import masked_phone
from bprs.encryption import decrypt, encrypt, keyed_hash
from bprs.fields import RupiahField
from bprs.history import ChangeHistory
from bprs.lookups import numbered, searched_words, words_of
from bprs.spreadsheets.texts import NIK_DIGITS
from bprs.validation import since_1900_until_today

SHORTEST_PHONE = 8


class CustomerQuerySet(models.QuerySet["Customer"]):
    def visible_to(self, user: User) -> Self:
        """Customers of the branches the user works in."""
        return self.all() if user.has_every_branch() else self.filter(branch__in=user.branches.all())

    def with_nik(self, nik: str) -> Self:
        return self.filter(nik_hash=keyed_hash(nik))

    def found_by(self, term: str) -> Self:
        """Whose NIK it is; else those of whom each word begins a word of the name, or begins or ends the number."""
        if nik := nik_in(term):
            return self.with_nik(nik)
        words = searched_words(term)
        return self.filter(*map(_meant_by, words)) if words_of(term) else self.none()


def nik_in(term: str) -> str:
    digits = term.replace(" ", "").replace(".", "")
    return digits if len(digits) == NIK_DIGITS and digits.isascii() and digits.isdigit() else ""


def phones_meant_by(term: str) -> list[str]:
    """The ways in which a whole phone number is written on file; none if it is not whole."""
    digits = re.sub(r"[\s.+-]", "", term)
    if not (digits.isascii() and digits.isdigit() and len(digits) >= SHORTEST_PHONE):
        return []
    national = digits.removeprefix("62") if digits.startswith("62") else digits.removeprefix("0")
    return sorted({digits, *(f"{prefix}{national}" for prefix in ("0", "62", "+62"))})


def _meant_by(word: str) -> Q:
    named = Q(*(Q(full_name__begins_word=part) for part in words_of(word)))
    has_digit = any(character.isdigit() for character in word)
    return named | numbered("customer_number", word) if has_digit else named


class Customer(models.Model):
    """
    A person or small firm. Income and assets may be unknown: unknown is not zero.

    The NIK is encrypted; `nik` reads and sets it, `masked_nik` is what lists show.
    """

    customer_number = models.CharField(_("customer number (CIF)"), max_length=30, unique=True)
    full_name = models.CharField(_("full name"), max_length=200)
    nik_ciphertext = models.TextField(blank=True, editable=False)
    nik_hash = models.CharField(_("NIK"), max_length=64, unique=True, null=True, blank=True, editable=False)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    address = models.TextField(_("address"), blank=True)
    birth_date = models.DateField(_("birth date"), null=True, blank=True, validators=[since_1900_until_today])
    branch = models.ForeignKey(Branch, verbose_name=_("branch"), on_delete=models.PROTECT, related_name="customers")
    monthly_income = RupiahField(
        _("monthly income (Rp)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    assets_value = RupiahField(
        _("assets value (Rp)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = CustomerQuerySet.as_manager()
    history = ChangeHistory()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        permissions = [("view_identity", _("Can see whole NIKs and phone numbers"))]
        constraints = [
            models.CheckConstraint(
                name="customer_income_not_negative",
                condition=Q(monthly_income__isnull=True) | Q(monthly_income__gte=0),
                violation_error_message=_("Monthly income is zero or more."),
            ),
            models.CheckConstraint(
                name="customer_assets_not_negative",
                condition=Q(assets_value__isnull=True) | Q(assets_value__gte=0),
                violation_error_message=_("Assets value is zero or more."),
            ),
        ]
        indexes = [models.Index(fields=["full_name"], name="customer_full_name")]

    def __str__(self) -> str:
        return f"{self.full_name} ({self.customer_number})"

    @property
    def nik(self) -> str:
        return decrypt(self.nik_ciphertext) if self.nik_ciphertext else ""

    @nik.setter
    def nik(self, nik: str) -> None:
        if nik != self.nik:
            self.nik_ciphertext = encrypt(nik) if nik else ""
        self.nik_hash = keyed_hash(nik) if nik else None

    @property
    def masked_phone(self) -> str:
        return masked_phone(self.phone)

    @property
    def masked_nik(self) -> str:
        nik = self.nik
        return f"{nik[:4]}••••••••{nik[-4:]}" if nik else ""
