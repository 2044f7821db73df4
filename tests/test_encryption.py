"""Personal identifiers at rest: one at a time, and many at once."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from cryptography.fernet import Fernet, InvalidToken

from bprs.encryption import decrypt, encrypt, encrypt_all, keyed_hash, keyed_hashes

BLOCK = 16
NIK = "3171014506900001"
TEXTS = ["", "a", "b" * (BLOCK - 1), NIK, NIK, "c" * (BLOCK + 1), "Siti Nurḥalīẓa"]


def test_many_texts_are_read_back_in_their_order():
    assert [decrypt(token) for token in encrypt_all(TEXTS)] == TEXTS


def test_many_tokens_look_like_single_ones():
    assert [len(token) for token in encrypt_all(TEXTS)] == [len(encrypt(text)) for text in TEXTS]


def test_a_text_is_never_encrypted_alike_twice():
    assert len(set(encrypt_all([NIK] * 100))) == 100


def test_a_token_says_when_it_was_made(settings):
    key = hashlib.sha256(settings.FIELD_ENCRYPTION_KEYS[0].encode()).digest()
    made = Fernet(base64.urlsafe_b64encode(key)).extract_timestamp(encrypt_all([NIK])[0].encode())
    assert abs(datetime.now(UTC).timestamp() - made) < 60


@pytest.mark.parametrize("place", [0, 5, 30, 60, 100])
def test_a_token_that_was_tampered_with_is_refused(place):
    token = encrypt_all([NIK])[0]
    with pytest.raises(InvalidToken):
        decrypt(token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :])


def test_the_first_key_encrypts_and_every_key_reads(settings):
    settings.FIELD_ENCRYPTION_KEYS = ["old"]
    (old,) = encrypt_all([NIK])
    settings.FIELD_ENCRYPTION_KEYS = ["new", "old"]
    (new,) = encrypt_all([NIK])
    assert decrypt(old) == decrypt(new) == NIK
    settings.FIELD_ENCRYPTION_KEYS = ["new"]
    assert decrypt(new) == NIK
    with pytest.raises(InvalidToken):
        decrypt(old)


def test_hashes_are_those_of_hmac_sha256(settings):
    key = settings.FIELD_INDEX_KEY.encode()
    expected = [hmac.new(key, text.encode(), hashlib.sha256).hexdigest() for text in TEXTS]
    assert keyed_hashes(TEXTS) == [keyed_hash(text) for text in TEXTS] == expected


def test_nothing_of_nothing():
    assert encrypt_all([]) == []
    assert keyed_hashes([]) == []
