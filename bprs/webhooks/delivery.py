"""
Sending what is due: by the workers, one message by one worker at a time.

Whoever sends a message first puts it off and counts the attempt. If they die meanwhile it is due again after that, under
the same id: a message may come twice, and is never lost.
"""

import logging
import time
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from bprs.webhooks.models import Attempt, Endpoint, Message
from bprs.webhooks.models import DeliveryState as State
from bprs.webhooks.sending import Answer, Sender
from bprs.webhooks.signing import signed_headers

logger = logging.getLogger(__name__)
SECONDS_AT_A_LOOK = 5
LEASE = timedelta(minutes=2)
# As standardwebhooks.com suggests: ten attempts within 76 hours.
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
SWITCHED_OFF_AFTER = timedelta(days=5)
GONE = 410


def deliver_due(*, at: datetime, sender: Sender | None = None) -> int:
    """
    Send what is due, for about five seconds; return how many were tried. An errand of the workers, which have jobs as well.

    Of an endpoint that did not take one, the rest waits for the next look.
    """
    if not Message.objects.due(at).exists():
        return 0
    sender = sender or Sender(allow_private=settings.WEBHOOK_ALLOW_PRIVATE)
    tried, troubled, until = 0, set[int](), time.monotonic() + SECONDS_AT_A_LOOK
    while time.monotonic() < until and (message := claim(at=at, but_of=troubled)):
        tried += 1
        if not deliver(message, at=at, sender=sender):
            troubled.add(message.endpoint_id)
    return tried


@transaction.atomic
def claim(*, at: datetime, but_of: Collection[int] = ()) -> Message | None:
    """Take the message that has waited longest, and count the attempt; None if there is none."""
    due = Message.objects.due(at).exclude(endpoint__in=but_of).order_by("due_at", "pk")
    message = due.select_for_update(skip_locked=True, of=("self",)).select_related("endpoint__owner").first()
    if message is not None:
        message.due_at, message.lease_token = at + LEASE, uuid4()
        message.attempt_count += 1
        message.save(update_fields=["due_at", "lease_token", "attempt_count"])
    return message


def deliver(message: Message, *, at: datetime, sender: Sender) -> bool:
    """Send a message that was claimed, and write down what came of it. False if it was not taken."""
    if not message.endpoint.is_told:
        _drop(message, at=at)
        return True
    began = time.monotonic()
    answer = sender.post(message.endpoint.url, body=message.body.encode(), headers=_headers(message, at))
    _record(message, answer, at=at, milliseconds=round((time.monotonic() - began) * 1000))
    return answer.is_success


def _headers(message: Message, at: datetime) -> dict[str, str]:
    signed = signed_headers(
        message_id=message.message_id,
        unix_time=int(at.timestamp()),
        body=message.body,
        signers=message.endpoint.signers(at),
    )
    return {"Content-Type": "application/json", "User-Agent": "BPRS-Scoring-Webhooks/1", **signed}


@transaction.atomic
def _record(message: Message, answer: Answer, *, at: datetime, milliseconds: int) -> None:
    held = Message.objects.select_for_update(of=("self",)).filter(pk=message.pk).first()
    if held is None:  # removed with its endpoint meanwhile
        return
    Attempt.objects.create(
        message=held,
        made_at=at,
        milliseconds=milliseconds,
        status=answer.status,
        fault=answer.fault or "",
        detail=answer.detail,
    )
    if held.lease_token != message.lease_token:
        logger.warning("Webhook message %s took so long that another worker has it", held.message_id)
        return
    _settle(held, answer, at=at)
    _note_health(message.endpoint_id, answer, at=at)


def _settle(held: Message, answer: Answer, *, at: datetime) -> None:
    if answer.is_success:
        _end(held, State.DELIVERED, at=at)
    elif answer.status == GONE or held.attempt_count > len(WAITS):
        _end(held, State.GIVEN_UP, at=at)
    else:
        wait = max(WAITS[held.attempt_count - 1], timedelta(seconds=answer.asks_for_seconds))
        held.due_at, held.lease_token = at + wait, None
        held.save(update_fields=["due_at", "lease_token"])


def _note_health(endpoint_id: int, answer: Answer, *, at: datetime) -> None:
    """Whether every attempt failed, and since when; after five days of that, or once it is gone, nothing more is sent."""
    endpoint = Endpoint.objects.select_for_update(of=("self",)).get(pk=endpoint_id)
    if answer.is_success:
        Endpoint.objects.filter(pk=endpoint_id, failing_since__isnull=False).update(failing_since=None)
    elif endpoint.failing_since is None:
        Endpoint.objects.filter(pk=endpoint_id).update(failing_since=at)
    if answer.status == GONE:
        _switch_off(endpoint, Endpoint.SwitchedOff.GONE, at=at)
    elif not answer.is_success and at - (endpoint.failing_since or at) >= SWITCHED_OFF_AFTER:
        _switch_off(endpoint, Endpoint.SwitchedOff.FAILING, at=at)


def _switch_off(endpoint: Endpoint, why: Endpoint.SwitchedOff, *, at: datetime) -> None:
    if endpoint.is_active:
        endpoint.is_active, endpoint.switched_off_at, endpoint.switched_off_because = False, at, why
        endpoint.save(update_fields=["is_active", "switched_off_at", "switched_off_because"])


@transaction.atomic
def _drop(message: Message, *, at: datetime) -> None:
    """Nobody is to hear of it any more: no attempt was made."""
    held = (
        Message.objects.select_for_update(of=("self",)).filter(lease_token=message.lease_token, pk=message.pk).first()
    )
    if held is not None:
        held.attempt_count -= 1
        _end(held, State.DROPPED, at=at)


def _end(held: Message, state: State, *, at: datetime) -> None:
    held.state, held.finished_at, held.due_at, held.lease_token = state, at, None, None
    held.save()
