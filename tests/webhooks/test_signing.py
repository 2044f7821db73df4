"""Signatures as the standard has them, and as the docs say to verify them."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bprs.webhooks.signing import new_secret, signed_headers


def test_is_that_of_the_standards_own_example():
    """The vector of the reference libraries' tests."""
    headers = signed_headers(
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        unix_time=1614265330,
        body='{"test": 2432232314}',
        signers=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_secrets_are_never_twice_the_same():
    assert new_secret() != new_secret()
    assert len(new_secret()) == len("whsec_") + 44  # 32 bytes


class TestTheVerificationInTheDocs:
    @pytest.fixture
    def is_from_the_bank(self) -> Callable[..., bool]:
        """Run as it stands there."""
        (code,) = re.findall(r"```python\n(.*?)```", Path("docs/api.md").read_text(), re.DOTALL)
        names: dict[str, Any] = {}
        exec(code, names)
        verify: Callable[..., bool] = names["is_from_the_bank"]
        return verify

    def headers(self, *secrets: str, age: int = 0) -> dict[str, str]:
        now = int(time.time()) - age
        return signed_headers(message_id="msg_1", unix_time=now, body="{}", signers=secrets)

    def test_takes_what_was_signed_with_the_secret_the_new_or_the_old(self, is_from_the_bank):
        new, old = new_secret(), new_secret()

        for secret in (new, old):
            assert is_from_the_bank(secret, self.headers(new, old), b"{}")

    def test_refuses_anything_else(self, is_from_the_bank):
        secret = new_secret()

        assert not is_from_the_bank(new_secret(), self.headers(secret), b"{}")
        assert not is_from_the_bank(secret, self.headers(secret), b"{ }")
        assert not is_from_the_bank(secret, self.headers(secret) | {"webhook-id": "msg_2"}, b"{}")
        assert not is_from_the_bank(secret, self.headers(secret, age=3600), b"{}")
