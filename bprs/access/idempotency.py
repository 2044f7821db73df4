"""
Calls that may be sent again: the same key and the same call are carried out once, and answered alike ever after.

A call is claimed in a statement of its own, which others see at once; what it does and what is answered are written in
one transaction. So a process that dies leaves nothing but a claim, which is believed for CLAIM_SECONDS and then taken
over; should its owner live after all, it finds the claim gone and its work is rolled back.
"""

import base64
import hashlib
import re
import uuid
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from bprs.access.models import IdempotencyKey, User
from bprs.encryption import decrypt, encrypt
from bprs.errors import DomainError

CLAIM_SECONDS = 60
KEPT_HEADERS = ("Content-Type", "Location")
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_CARRIED_OUT, _FAULT = range(200, 300), 500


class BadIdempotencyKey(DomainError):
    code = "bad_idempotency_key"
    status = 400


class KeyUsedForAnother(DomainError):
    code = "idempotency_key_reused"
    status = 422


class InProgress(DomainError):
    code = "in_progress"
    status = 409
    headers: ClassVar = {"Retry-After": "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Who sends what under which key."""

    user: User
    key: str
    fingerprint: str


def refuse_bad_key(key: str) -> None:
    """:raises BadIdempotencyKey: unless it is 1 to 255 visible ASCII characters"""
    if not _KEY.fullmatch(key):
        raise BadIdempotencyKey(_("Idempotency-Key is 1 to 255 visible ASCII characters, without spaces."))


def fingerprint_of(request: HttpRequest, *, scopes: list[str]) -> str:
    """
    What the call says, as 64 hex digits: method, address, body and files, and what its sender's key was made for.

    :raises RequestDataTooBig: if the body is larger than is taken
    """
    digest = hashlib.sha256()
    for text in (request.method or "", request.get_full_path(), " ".join(sorted(scopes))):
        digest.update(text.encode() + b"\0")
    for content in _contents(request):
        digest.update(content)
    return digest.hexdigest()


def _contents(request: HttpRequest) -> Iterator[bytes]:
    if request.content_type != "multipart/form-data":
        yield request.body
        return
    yield f"{sorted(request.POST.lists())}\0".encode()
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            yield f"{name}={file.name}\0".encode()
            yield from file.chunks()
            file.seek(0)


def answer_once(call: Call, carry_out: Callable[[], HttpResponseBase], *, at: datetime) -> HttpResponseBase:
    """
    Carry the call out, or answer as it was answered when it was. Three statements more than without a key.

    What was refused changed nothing and may be tried again under the same key.

    :raises KeyUsedForAnother: if the key was used for a call that said something else
    :raises InProgress: if the same call is being carried out at this moment
    """
    claim = uuid.uuid4()
    found, is_new = IdempotencyKey.objects.get_or_create(
        user=call.user, key=call.key, defaults={"fingerprint": call.fingerprint, "claim": claim, "claimed_at": at}
    )
    if not is_new:
        if found.fingerprint != call.fingerprint:
            raise KeyUsedForAnother(_("This Idempotency-Key was used for another call. Make a new one for each call."))
        if found.status is not None:
            return _answer_again(found)
        _take_over(found, claim, at)
    return _carried_out(IdempotencyKey.objects.filter(pk=found.pk, claim=claim), carry_out)


def _take_over(found: IdempotencyKey, claim: uuid.UUID, at: datetime) -> None:
    """:raises InProgress: unless its process has been silent for too long, or has another clock, and nobody else takes it over"""
    is_old = abs(at - found.claimed_at) >= timedelta(seconds=CLAIM_SECONDS)
    same = IdempotencyKey.objects.filter(pk=found.pk, claim=found.claim, status=None)
    if not (is_old and same.update(claim=claim, claimed_at=at)):
        raise in_progress()


def in_progress() -> InProgress:
    return InProgress(_("The same call is being carried out at this moment. Ask again in a second."))


def _carried_out(ours: QuerySet[IdempotencyKey], carry_out: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    with transaction.atomic():
        answer = carry_out()
        is_kept = isinstance(answer, HttpResponse) and answer.status_code in _CARRIED_OUT
        is_lost = is_kept and not ours.update(**_kept(answer))  # type: ignore[arg-type]  # an HttpResponse, as just asked
        if is_lost or answer.status_code >= _FAULT:
            transaction.set_rollback(True)
    if is_lost or not (is_kept or _is_given_up(ours)):
        raise in_progress()
    return answer


def _is_given_up(ours: QuerySet[IdempotencyKey]) -> bool:
    """False if it was taken over meanwhile: that the call was refused here may be because the other carried it out."""
    count, _by_model = ours.delete()
    return bool(count)


def _kept(answer: HttpResponse) -> dict[str, object]:
    """Answers hold personal data: they are kept as unreadable as it is."""
    body = base64.b64encode(zlib.compress(answer.content, 1)).decode()
    headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
    return {"status": answer.status_code, "headers": headers, "body_encrypted": encrypt(body)}


def _answer_again(found: IdempotencyKey) -> HttpResponse:
    body = zlib.decompress(base64.b64decode(decrypt(found.body_encrypted)))
    headers = {**found.headers, "Idempotent-Replayed": "true"}
    return HttpResponse(body, status=found.status, headers=headers)


def remove_old_keys(before: datetime) -> int:
    """Forget the calls from before then; return how many. Sent again, they would be carried out again."""
    removed, _by_model = IdempotencyKey.objects.filter(claimed_at__lt=before).delete()
    return removed
