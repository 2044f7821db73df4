"""What happened is written down for whoever wants to hear of it, with what happened or not at all."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from django.db import connection

from bprs.access.models import User
from bprs.webhooks.events import Event, rights_to_hear
from bprs.webhooks.models import Endpoint, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Something of a branch, or the work of somebody; neither is what everybody sees."""

    branch_id: int | None = None
    worker_id: int | None = None

    def is_seen_by(self, user: User) -> bool:
        if user.has_every_branch():
            return True
        if self.branch_id is not None:
            return user.branches.filter(pk=self.branch_id).exists()
        return self.worker_id is None or user.whose_work_is_seen().filter(pk=self.worker_id).exists()


def is_listened_to() -> bool:
    """Whether there is any endpoint in use. Asked whenever something is scored: a query of the ORM would cost many times as much."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM webhooks_endpoint WHERE is_active LIMIT 1")
        return cursor.fetchone() is not None


def announce(event: Event, data: Mapping[str, object], *, about: About, at: datetime) -> int:
    """
    Write a message for every endpoint that wants to hear of this and whose owner may, in the transaction of the caller.

    One statement if nobody listens at all. Returns how many will hear of it.

    :param data: without names, identities or amounts of anybody: it leaves the bank
    """
    if not is_listened_to():
        return 0
    told = Endpoint.objects.told().select_related("owner").order_by("pk")
    hearing = [endpoint for endpoint in told if event in endpoint.events and _may_hear(endpoint.owner, event, about)]
    message_id, body = _new_message_id(), body_of(event, data, at=at)
    Message.objects.bulk_create(
        Message(endpoint=endpoint, message_id=message_id, event=event, body=body, created_at=at, due_at=at)
        for endpoint in hearing
    )
    return len(hearing)


def write_to(endpoint: Endpoint, event: str, *, at: datetime) -> Message:
    """A message for this endpoint alone, which says nothing but its kind."""
    return Message.objects.create(
        endpoint=endpoint,
        message_id=_new_message_id(),
        event=event,
        body=body_of(event, {}, at=at),
        created_at=at,
        due_at=at,
    )


def body_of(event: str, data: Mapping[str, object], *, at: datetime) -> str:
    """What is signed and sent, to the letter."""
    said = {"type": str(event), "timestamp": moment(at), "data": data}
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def moment(at: datetime) -> str:
    """A moment as messages write it, such as 2026-11-23T09:00:00Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _may_hear(user: User, event: Event, about: About) -> bool:
    return user.has_perms(rights_to_hear([event])) and about.is_seen_by(user)


def _new_message_id() -> str:
    return f"msg_{uuid4().hex}"
