"""What tests of webhooks may ask for."""

from collections.abc import Iterator

import pytest

from tests.webhooks.receiver import Receiver, receiving


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    """On this machine: only here are private addresses let through."""
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with receiving() as receiver:
        yield receiver
