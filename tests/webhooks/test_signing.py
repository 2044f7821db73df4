"""Signatures as the standard has them."""

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
