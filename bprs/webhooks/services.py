"""The life of an endpoint: made, changed, given another secret, tried, and told again."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from bprs.access.models import User
from bprs.encryption import encrypt
from bprs.errors import DomainError
from bprs.validation import Invalid
from bprs.webhooks.addresses import check_url
from bprs.webhooks.events import TEST, Event, rights_to_hear
from bprs.webhooks.models import Endpoint, Message
from bprs.webhooks.outbox import write_to
from bprs.webhooks.signing import new_secret

MOST_ENDPOINTS = 10  # of one owner: each is a row for every event
OLD_SECRET_SIGNS_FOR = timedelta(hours=24)


class TooManyEndpoints(DomainError):
    code = "too_many_webhooks"
    status = 409


class MayNotHear(DomainError):
    code = "events_not_permitted"
    status = 403


class NotInUse(DomainError):
    code = "webhook_not_in_use"
    status = 409


class StillWaiting(DomainError):
    code = "still_waiting"
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEndpoint:
    """An endpoint and its secret, which is shown this once."""

    endpoint: Endpoint
    secret: str


@transaction.atomic
def add_endpoint(
    *, owner: User, url: str, events: Collection[str], added_by: User, created_at: datetime
) -> NewEndpoint:
    """
    Have an address told of events from now on.

    :raises UrlRefused: if nothing would be sent there
    :raises Invalid: if no event is chosen, or one that does not exist
    :raises MayNotHear: if the owner may not read what the events tell
    :raises TooManyEndpoints: if the owner has ten
    """
    User.objects.select_for_update(of=("self",)).get(pk=owner.pk)  # two at once would be eleven
    if Endpoint.objects.filter(owner=owner).count() >= MOST_ENDPOINTS:
        raise TooManyEndpoints(_("One user has at most %(most)s webhooks.") % {"most": MOST_ENDPOINTS})
    secret = new_secret()
    is_of_program = not owner.is_staff
    endpoint = Endpoint(
        owner=owner, created_at=created_at, secret_encrypted=encrypt(secret), is_of_program=is_of_program
    )
    _set(endpoint, url=url, events=events)
    _save(endpoint, added_by)
    return NewEndpoint(endpoint=endpoint, secret=secret)


@transaction.atomic
def change_endpoint(
    *,
    endpoint: Endpoint,
    changed_by: User,
    url: str | None = None,
    events: Collection[str] | None = None,
    is_active: bool | None = None,
) -> Endpoint:
    """
    Change what is given; the rest stays. One that is taken into use again begins without its failures; one of a program
    that became a colleague is told again once that colleague changes it.

    :raises UrlRefused, Invalid, MayNotHear: as `add_endpoint`
    """
    held = _held(endpoint)
    former = held.url
    _set(held, url=held.url if url is None else url, events=held.events if events is None else events)
    if changed_by == held.owner:
        held.is_of_program = not held.owner.is_staff
    if is_active is not None:
        held.is_active = is_active
    if is_active or held.url != former:
        held.failing_since = None
    if held.is_active:
        held.switched_off_at, held.switched_off_because = None, ""
    _save(held, changed_by)
    return held


@transaction.atomic
def remove_endpoint(*, endpoint: Endpoint, removed_by: User) -> None:
    """Remove it with all it was told; who had it, and when, stays in its history."""
    held = _held(endpoint)
    held._history_user = removed_by  # type: ignore[attr-defined]  # simple-history's way to name who did it
    held.delete()


@transaction.atomic
def rotate_secret(*, endpoint: Endpoint, rotated_by: User, at: datetime) -> str:
    """Sign with a new secret, which is returned this once, and for a day with the one before it, too."""
    held, secret = _held(endpoint), new_secret()
    held.previous_secret_encrypted, held.previous_until = held.secret_encrypted, at + OLD_SECRET_SIGNS_FOR
    held.secret_encrypted = encrypt(secret)
    held._change_reason = _("Another secret")  # type: ignore[attr-defined]  # simple-history's way to say why
    _save(held, rotated_by)
    return secret


def send_test(*, endpoint: Endpoint, at: datetime) -> Message:
    """
    Have a message sent that says nothing, at the next look of a worker.

    :raises NotInUse: if nothing is sent there
    """
    _require_in_use(endpoint)
    return write_to(endpoint, TEST, at=at)


@transaction.atomic
def send_again(*, message: Message, at: datetime) -> Message:
    """
    Send a message that is over once more, under the same id, with all its attempts before it.

    :raises NotInUse: if nothing is sent there
    :raises StillWaiting: if it is on its way already
    """
    held = Message.objects.select_for_update(of=("self",)).select_related("endpoint__owner").get(pk=message.pk)
    _require_in_use(held.endpoint)
    if held.state == Message.State.WAITING:
        raise StillWaiting(_("This is on its way already."))
    held.state, held.attempt_count, held.due_at, held.finished_at = Message.State.WAITING, 0, at, None
    held.save()
    return held


def _set(endpoint: Endpoint, *, url: str, events: Collection[str]) -> None:
    check_url(url, allow_private=settings.WEBHOOK_ALLOW_PRIVATE)
    _check_events(endpoint.owner, events)
    endpoint.url, endpoint.events = url, [event for event in Event.values if event in events]


def _check_events(owner: User, events: Collection[str]) -> None:
    if not events or set(events) - set(Event.values):
        sentence = _("Choose at least one of these events: %(events)s.") % {"events": ", ".join(Event.values)}
        raise Invalid(sentence, fields={"events": sentence})
    if not owner.has_perms(rights_to_hear(events)):
        sentence = _("%(name)s may not read what these events tell.") % {"name": owner.known_as}
        raise MayNotHear(sentence, fields={"events": sentence})


def _require_in_use(endpoint: Endpoint) -> None:
    if not endpoint.is_told:
        raise NotInUse(
            _(
                "Nothing is sent to this webhook: it is switched off, its owner is not active, or was a program when it was made."
            )
        )


def _held(endpoint: Endpoint) -> Endpoint:
    return Endpoint.objects.select_for_update(of=("self",)).select_related("owner").get(pk=endpoint.pk)


def _save(endpoint: Endpoint, changed_by: User) -> None:
    endpoint._history_user = changed_by  # type: ignore[attr-defined]  # simple-history's way to name who did it
    endpoint.save()
