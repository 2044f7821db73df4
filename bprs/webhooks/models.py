"""Where other programs are told of events, what they were told, and what they answered."""

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from bprs.access.models import User
from bprs.encryption import decrypt
from bprs.webhooks.addresses import LONGEST_URL
from bprs.webhooks.events import SENT
from bprs.webhooks.sending import Fault


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def visible_to(self, user: User) -> Self:
        return self.all() if user.has_every_branch() else self.filter(owner__in=user.whose_work_is_seen())

    def told(self) -> Self:
        """As `Endpoint.is_told`."""
        return self.filter(is_active=True, owner__is_active=True).exclude(is_of_program=True, owner__is_staff=True)


class Endpoint(models.Model):
    """
    An address that is told of events, in the name of its owner: of what they may see, and while they may log in.

    Its secret signs what is sent; one that was replaced signs beside it for a day.
    """

    class SwitchedOff(models.TextChoices):
        GONE = "gone", _("It answered that it is gone (410).")
        FAILING = "failing", _("It failed for five days.")

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="webhooks"
    )
    url = models.CharField(_("address"), max_length=LONGEST_URL)
    events: "models.JSONField[list[str], list[str]]" = models.JSONField(_("events"), default=list)
    is_active = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(_("created at"))
    # As with keys: what somebody set up for a program is not told what the colleague sees whom the program became.
    is_of_program = models.BooleanField(default=False, editable=False)
    secret_encrypted = models.TextField(editable=False)
    previous_secret_encrypted = models.TextField(editable=False, blank=True, default="")
    previous_until = models.DateTimeField(editable=False, null=True)
    # Since when every attempt failed; null after one that did not.
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True, editable=False)
    switched_off_at = models.DateTimeField(_("switched off at"), null=True, blank=True, editable=False)
    switched_off_because = models.CharField(
        _("switched off because"), max_length=7, choices=SwitchedOff, blank=True, default="", editable=False
    )

    objects = EndpointQuerySet.as_manager()
    history = HistoricalRecords(
        excluded_fields=["secret_encrypted", "previous_secret_encrypted", "previous_until", "failing_since"]
    )

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        constraints = [
            models.CheckConstraint(
                name="endpoint_switched_off_is_not_in_use",
                condition=Q(switched_off_at__isnull=True, switched_off_because="")
                | Q(switched_off_at__isnull=False, is_active=False, switched_off_because__in=["gone", "failing"]),
            ),
            models.CheckConstraint(
                name="endpoint_previous_secret_ends",
                condition=Q(previous_secret_encrypted="", previous_until__isnull=True)
                | (~Q(previous_secret_encrypted="") & Q(previous_until__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def is_told(self) -> bool:
        return self.is_active and self.owner.is_active and not (self.is_of_program and self.owner.is_staff)

    def signers(self, at: datetime) -> list[str]:
        """The secrets that sign at this moment, the newest first."""
        former = self.previous_secret_encrypted if self.previous_until and at < self.previous_until else ""
        return [decrypt(secret) for secret in (self.secret_encrypted, former) if secret]


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(endpoint__in=Endpoint.objects.visible_to(user))

    def due(self, at: datetime) -> Self:
        return self.filter(state=Message.State.WAITING, due_at__lte=at)


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    DELIVERED = "delivered", _("delivered")
    GIVEN_UP = "given_up", _("given up")
    DROPPED = "dropped", _("not sent")


class Message(models.Model):
    """
    One event for one endpoint, written in the transaction of what happened, and sent afterwards until it is taken.

    `message_id` is that of the event: the same for every endpoint and in every attempt, so that receivers tell repeats.
    """

    State = DeliveryState

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(Endpoint, verbose_name=_("webhook"), on_delete=models.CASCADE, related_name="messages")
    message_id = models.CharField(_("webhook-id"), max_length=40)
    event = models.CharField(_("event"), max_length=30, choices=SENT)
    body = models.TextField(_("content"))
    created_at = models.DateTimeField(_("happened at"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    attempt_count = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # When it is sent (again). Whoever sends it puts this off while they do: the token fences all others.
    due_at = models.DateTimeField(_("next attempt"), null=True)
    lease_token = models.UUIDField(null=True, editable=False)
    finished_at = models.DateTimeField(_("over since"), null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(name="message_once_per_endpoint", fields=["endpoint", "message_id"]),
            models.CheckConstraint(
                name="message_due_while_waiting",
                condition=Q(state="waiting", due_at__isnull=False, finished_at__isnull=True)
                | Q(
                    state__in=["delivered", "given_up", "dropped"],
                    due_at__isnull=True,
                    lease_token__isnull=True,
                    finished_at__isnull=False,
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="message_due"),
            models.Index(fields=["endpoint", "-created_at"], name="message_of_endpoint"),
            models.Index(fields=["-created_at"], name="message_created"),
        ]

    def __str__(self) -> str:
        return self.message_id


class Attempt(models.Model):
    """One POST of a message, and what came back: a status, or a fault where there was none."""

    message = models.ForeignKey(
        Message, verbose_name=_("webhook delivery"), on_delete=models.CASCADE, related_name="attempts"
    )
    made_at = models.DateTimeField(_("at"))
    milliseconds = models.PositiveIntegerField(_("milliseconds"))
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    fault = models.CharField(_("fault"), max_length=12, choices=Fault, blank=True, default="")
    detail = models.CharField(_("answer"), max_length=1024, blank=True, default="")

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="attempt_status_or_fault",
                condition=Q(status__isnull=False, fault="") | (Q(status__isnull=True) & ~Q(fault="")),
            )
        ]

    def __str__(self) -> str:
        return str(self.status or self.get_fault_display())
