"""Endpoints and messages, and whoever hears everything."""

from typing import Any
from uuid import uuid4

from bprs.access.models import User
from bprs.encryption import encrypt
from bprs.webhooks.events import TEST, Event
from bprs.webhooks.models import Endpoint, Message
from bprs.webhooks.outbox import body_of
from tests.factories import NOW, make_user

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def make_listener(**values: Any) -> User:
    """A program of head office."""
    return make_user(**{"group": "API client", "sees_all_branches": True, **values})


def make_endpoint(*, url: str = "https://core.bank.example/hooks", **values: Any) -> Endpoint:
    """Of a program of head office that hears everything, unless it says otherwise."""
    owner = values.pop("owner", None) or make_listener()
    defaults = {"events": Event.values, "created_at": NOW, "secret_encrypted": encrypt(SECRET)}
    return Endpoint.objects.create(**{"owner": owner, "url": url, **defaults, **values})


def make_message(endpoint: Endpoint, **values: Any) -> Message:
    """A test that is due now."""
    body = body_of(TEST, {}, at=NOW)
    defaults = {"message_id": f"msg_{uuid4().hex}", "event": TEST, "body": body, "created_at": NOW, "due_at": NOW}
    return Message.objects.create(**{"endpoint": endpoint, **defaults, **values})
