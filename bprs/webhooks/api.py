"""Webhooks over HTTP: a program's own."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field

from bprs.access.auth import InsufficientScope, Needs, Request
from bprs.access.models import ApiKey
from bprs.http.fields import NOT_SENT, Text
from bprs.http.pages import Page, PageOf, PageQuery
from bprs.webhooks import services
from bprs.webhooks.addresses import LONGEST_URL
from bprs.webhooks.events import Event, rights_to_hear
from bprs.webhooks.models import DeliveryState, Endpoint, Message
from bprs.webhooks.services import NewEndpoint

router = Router(tags=["webhooks"])


class EndpointPatch(Schema):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"is_active": True}]})

    url: Text = Field(NOT_SENT, max_length=LONGEST_URL, description="https, port 443 or 1024 and above.")
    events: list[Event] = Field(NOT_SENT, min_length=1, max_length=len(Event))
    is_active: bool = Field(NOT_SENT, description="true after it was switched off begins anew.")


class EndpointIn(Schema):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"url": "https://core.bank.example/hooks", "events": ["loan.decided"]}]},
    )

    url: Text = Field(max_length=LONGEST_URL, description="https, port 443 or 1024 and above.")
    events: list[Event] = Field(min_length=1, max_length=len(Event))


class EndpointOut(Schema):
    id: int
    url: str
    events: list[str]
    is_active: bool
    created_at: datetime
    failing_since: datetime | None = Field(description="Every attempt failed since then.")
    switched_off_at: datetime | None
    switched_off_because: str | None = Field(description="gone: it answered 410; failing: for five days.")

    @staticmethod
    def resolve_switched_off_because(endpoint: Endpoint) -> str | None:
        return endpoint.switched_off_because or None


class SecretOut(Schema):
    secret: str = Field(description="Shown this once.", examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class NewEndpointOut(SecretOut):
    endpoint: EndpointOut


class AttemptOut(Schema):
    made_at: datetime
    milliseconds: int
    status: int | None = Field(description="What was answered; null if nothing was.")
    fault: str | None = Field(description="Why there was no answer.", examples=["timeout"])
    detail: str = Field(description="At most 1 kB of the answer, or the address that was refused.")

    @staticmethod
    def resolve_fault(attempt: Any) -> str | None:
        return attempt.fault or None


class DeliveryOut(Schema):
    message_id: str = Field(description="As in the header webhook-id; the same in every attempt.")
    event: str
    state: DeliveryState
    created_at: datetime
    next_attempt_at: datetime | None = Field(alias="due_at")
    finished_at: datetime | None
    attempts: list[AttemptOut]


@router.get("", auth=Needs("webhooks.view_endpoint"), response=Page[EndpointOut], summary="List webhooks")
def list_webhooks(request: Request, page: Query[PageQuery]) -> PageOf[Endpoint]:
    """One's own, the newest first. Their secrets are not shown again."""
    return page.of(_own(request).order_by("-pk"))


@router.post("", auth=Needs("webhooks.add_endpoint"), response={201: NewEndpointOut}, summary="Add a webhook")
def add_webhook(request: Request, endpoint: EndpointIn) -> Status[NewEndpoint]:
    """Its secret is answered this once. Events that the key's scopes or the user's rights do not reach are refused."""
    _require_scopes(request.auth, endpoint.events)
    user, now = request.auth.user, timezone.now()
    made = services.add_endpoint(owner=user, url=endpoint.url, events=endpoint.events, added_by=user, created_at=now)
    return Status(201, made)


@router.patch(
    "/{int:endpoint_id}", auth=Needs("webhooks.change_endpoint"), response=EndpointOut, summary="Change a webhook"
)
def change_webhook(request: Request, endpoint_id: int, changes: EndpointPatch) -> Endpoint:
    """Change the fields that are sent; the others stay. What waits for one that is not in use is not sent."""
    endpoint = get_object_or_404(_own(request), pk=endpoint_id)
    _require_scopes(request.auth, changes.events or [])
    return services.change_endpoint(
        endpoint=endpoint,
        changed_by=request.auth.user,
        url=changes.url,
        events=changes.events,
        is_active=changes.is_active,
    )


@router.delete(
    "/{int:endpoint_id}", auth=Needs("webhooks.delete_endpoint"), response={204: None}, summary="Remove a webhook"
)
def remove_webhook(request: Request, endpoint_id: int) -> Status[None]:
    """With its deliveries; what waits is not sent."""
    endpoint = get_object_or_404(_own(request), pk=endpoint_id)
    services.remove_endpoint(endpoint=endpoint, removed_by=request.auth.user)
    return Status(204, None)


@router.post(
    "/{int:endpoint_id}/secret", auth=Needs("webhooks.change_endpoint"), response=SecretOut, summary="Rotate the secret"
)
def rotate_secret(request: Request, endpoint_id: int) -> SecretOut:
    """The old one signs beside it for 24 hours."""
    endpoint = get_object_or_404(_own(request), pk=endpoint_id)
    secret = services.rotate_secret(endpoint=endpoint, rotated_by=request.auth.user, at=timezone.now())
    return SecretOut(secret=secret)


@router.get(
    "/{int:endpoint_id}/deliveries",
    auth=Needs("webhooks.view_message"),
    response=Page[DeliveryOut],
    summary="List what was sent, and what was answered",
)
def list_deliveries(request: Request, endpoint_id: int, page: Query[PageQuery]) -> PageOf[Message]:
    """The newest first; kept for 30 days."""
    return page.of(_messages(get_object_or_404(_own(request), pk=endpoint_id)))


@router.post(
    "/{int:endpoint_id}/test",
    auth=Needs("webhooks.change_endpoint"),
    response={202: DeliveryOut},
    summary="Have a test sent",
)
def send_test(request: Request, endpoint_id: int) -> Status[Message]:
    """A message of the type webhook.test, within seconds; see what became of it among the deliveries."""
    endpoint = get_object_or_404(_own(request), pk=endpoint_id)
    return Status(202, services.send_test(endpoint=endpoint, at=timezone.now()))


def _own(request: Request) -> QuerySet[Endpoint]:
    return Endpoint.objects.filter(owner=request.auth.user).select_related("owner")


def _messages(endpoint: Endpoint) -> QuerySet[Message]:
    return endpoint.messages.prefetch_related("attempts").order_by("-created_at", "-pk")


def _require_scopes(key: ApiKey, events: list[Event]) -> None:
    """:raises InsufficientScope: if this key could not read what the events tell: a webhook is no way round its scopes"""
    if not all(key.grants(right) for right in rights_to_hear(events)):
        raise InsufficientScope(_("This key lacks the scopes that reading what these events tell would take."))
