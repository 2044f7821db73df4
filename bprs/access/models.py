"""Who works here, in which branches, and with which keys programs come in."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser, Permission
from django.db import models
from django.db.models import Exists, OuterRef, Q, Value
from django.utils.translation import gettext_lazy as _

from bprs.access.scopes import SCOPES, Scope
from bprs.encryption import decrypt
from bprs.lookups import searched_words, words_of


class User(AbstractUser):
    """A member of staff, or a program that acts for the bank."""

    sees_all_branches = models.BooleanField(
        _("sees all branches"), default=False, help_text=_("Head office: sees customers and financing of every branch.")
    )

    login_epoch = models.PositiveIntegerField(default=0, editable=False)  # raised to end every session

    class Meta(AbstractUser.Meta):
        verbose_name = _("user")  # type: ignore[assignment]  # lazy, where the base says str
        verbose_name_plural = _("users")  # type: ignore[assignment]  # lazy, where the base says str
        permissions = [("oversee_branch", _("Can see the work of colleagues in own branches"))]

    def __str__(self) -> str:
        return self.known_as

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Sessions end with the password they were made with, as Django has it, and with their epoch."""
        of_password = str(super()._get_session_auth_hash(secret))  # type: ignore[misc]  # Django's, untyped
        if not self.login_epoch:
            return of_password
        return hashlib.sha256(f"{of_password}:{self.login_epoch}".encode()).hexdigest()

    @property
    def known_as(self) -> str:
        """The name colleagues know; the username of who has none on file."""
        return self.get_full_name() or self.username

    def has_every_branch(self) -> bool:
        return self.is_superuser or self.sees_all_branches

    def sees_only_own_work(self) -> bool:
        return not (self.has_every_branch() or self.has_perm("access.oversee_branch"))

    def whose_work_is_seen(self) -> "models.QuerySet[User]":
        """
        Everybody for head office; oneself; and for supervisors their colleagues who work in none but branches of theirs.
        """
        if self.has_every_branch():
            return User.objects.all()
        if self.sees_only_own_work():
            return User.objects.filter(pk=self.pk)
        own = self.branches.values("pk")
        elsewhere = Branch.objects.exclude(pk__in=own).filter(officers=OuterRef("pk"))
        colleagues = Q(branches__in=own, sees_all_branches=False, is_superuser=False) & ~Exists(elsewhere)
        return User.objects.filter(Q(pk=self.pk) | colleagues).distinct()


def users_named(term: str) -> "models.QuerySet[User]":
    """Whose user name it is, or who has each of its words in their name."""
    words = words_of(" ".join(searched_words(term)))
    named = [Q(first_name__icontains=word) | Q(last_name__icontains=word) for word in words]
    return User.objects.filter(Q(username__iexact=term) | Q(*named)) if words else User.objects.none()


class Authenticator(models.Model):
    """The app on somebody's phone: the second step of their login, in force once a first code confirmed it."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="authenticator")
    secret_encrypted = models.TextField()
    made_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0)  # codes of this half minute and before are used up
    failed_tries = models.PositiveSmallIntegerField(default=0)
    failed_at = models.DateTimeField(null=True)
    recovery_hashes = models.JSONField(default=list)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.user)

    @property
    def secret(self) -> str:
        return decrypt(self.secret_encrypted)

    def is_locked_at(self, moment: datetime) -> bool:
        return self.failed_tries >= settings.LOGIN_TRIES and self._failed_lately(moment)

    def note_wrong_try(self, moment: datetime) -> None:
        self.failed_tries = self.failed_tries + 1 if self._failed_lately(moment) else 1
        self.failed_at = moment

    def _failed_lately(self, moment: datetime) -> bool:
        return self.failed_at is not None and moment - self.failed_at < timedelta(minutes=settings.LOGIN_LOCK_MINUTES)


class BranchQuerySet(models.QuerySet["Branch"]):
    def visible_to(self, user: User) -> Self:
        """The branches the user works in; all of them for head office."""
        return self.all() if user.has_every_branch() else self.filter(officers=user)


class Branch(models.Model):
    code = models.CharField(_("code"), max_length=10, unique=True)
    name = models.CharField(_("name"), max_length=100)
    city = models.CharField(_("city"), max_length=100, blank=True)
    officers = models.ManyToManyField(User, verbose_name=_("officers"), related_name="branches", blank=True)

    objects = BranchQuerySet.as_manager()

    class Meta:
        verbose_name = _("branch")
        verbose_name_plural = _("branches")

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def valid_at(self, moment: datetime) -> Self:
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=moment), revoked_at__isnull=True, user__is_active=True
        )

    def with_permission(self, permission: str) -> Self:
        """Add `is_permitted`: may the key's user do this? In the same query, so that a call costs one for its rights."""
        app_label, codename = permission.split(".")
        granted = Permission.objects.filter(content_type__app_label=app_label, codename=codename).filter(
            Q(user=OuterRef("user")) | Q(group__user=OuterRef("user"))
        )
        return self.annotate(is_permitted=Q(user__is_superuser=Value(value=True)) | Exists(granted))


class ApiKey(models.Model):
    """A bearer secret, kept as its SHA-256. Logging in makes a short-lived one; programs get named ones."""

    class Kind(models.TextChoices):
        LOGIN = "login", _("login token")
        KEY = "key", _("API key")

    user = models.ForeignKey(User, verbose_name=_("user"), on_delete=models.CASCADE, related_name="api_keys")
    kind = models.CharField(_("kind"), max_length=5, choices=Kind, default=Kind.KEY)
    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(_("begins with"), max_length=12)
    secret_sha256 = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()
    is_permitted: bool  # set by `with_permission`

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @staticmethod
    def hash_of(secret: str) -> str:
        """SHA-256 is enough: the secret is 256 random bits, not a password."""
        return hashlib.sha256(secret.encode()).hexdigest()

    @staticmethod
    def new_secret() -> str:
        return f"bprs_{secrets.token_urlsafe(32)}"

    def grants(self, permission: str) -> bool:
        return any(permission in SCOPES[Scope(scope)] for scope in self.known_scopes())

    def known_scopes(self) -> Iterable[str]:
        return (scope for scope in self.scopes if scope in Scope.values)


class IdempotencyKey(models.Model):
    """
    A call that its sender may send again: who sends it, what it says, and, once it was carried out, what was answered.

    While it is being carried out it is claimed; a claim whose process died is taken over once it is old.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=264)  # the method, too
    fingerprint = models.CharField(max_length=64)
    claim = models.UUIDField()
    claimed_at = models.DateTimeField(db_index=True)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body_encrypted = models.TextField(default="")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(name="idempotency_key_once", fields=["user", "key"]),
            models.CheckConstraint(
                name="idempotency_key_answered_when_done",
                condition=Q(status=None, body_encrypted="")
                | (Q(status__gte=200, status__lt=300) & ~Q(body_encrypted="")),
            ),
        ]

    def __str__(self) -> str:
        return self.key


class CallCount(models.Model):
    """How many calls a user's programs made in the latest minute that they called in; see bprs.access.throttle."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")
    minute = models.BigIntegerField()
    calls = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.user_id} {self.minute} {self.calls}"


class DisclosureQuerySet(models.QuerySet["Disclosure"]):
    def visible_to(self, user: User) -> Self:
        """Those made by whoever's work the user sees."""
        return self.all() if user.has_every_branch() else self.filter(made_by__in=user.whose_work_is_seen())


class Disclosure(models.Model):
    """
    Data that left the screens it is masked on: a list taken away as a file, or an identity that was unmasked.

    Written once, before the data is handed out; triggers keep it as it is.
    """

    class Kind(models.TextChoices):
        EXPORT = "export", _("List exported")
        UNMASKING = "unmasking", _("Identity shown")

    kind = models.CharField(_("kind"), max_length=9, choices=Kind)
    made_by = models.ForeignKey(User, verbose_name=_("by"), on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("at"), db_index=True)
    remote_address = models.GenericIPAddressField(_("from the address"), null=True, blank=True)
    list_name = models.CharField(_("list"), max_length=100)
    subject = models.CharField(
        _("of"), max_length=60, blank=True, help_text=_("The number of the one row it is about.")
    )
    query = models.TextField(_("filters"), blank=True)
    columns = models.JSONField(_("columns"), default=list, blank=True)
    file_format = models.CharField(_("file"), max_length=10, blank=True)
    row_count = models.PositiveIntegerField(_("rows"))
    with_identities = models.BooleanField(_("with identities"), default=False)

    objects = DisclosureQuerySet.as_manager()

    class Meta:
        verbose_name = _("disclosure")
        verbose_name_plural = _("disclosures")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(name="disclosure_kind_known", condition=Q(kind__in=["export", "unmasking"]))
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.list_name} {self.subject}".rstrip()
