"""Who may make a call: a bearer secret whose scopes and whose user both grant the permission."""

from datetime import datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from bprs.access.models import ApiKey, User
from bprs.access.services import note_use
from bprs.access.throttle import throttle
from bprs.errors import DomainError
from bprs.prepared import Prepared

KEY_FIELDS = [field.attname for field in ApiKey._meta.concrete_fields]
USER_FIELDS = [field.attname for field in User._meta.concrete_fields]


class InvalidToken(DomainError):
    code = "invalid_token"
    status = 401
    headers: ClassVar = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


class InsufficientScope(DomainError):
    code = "insufficient_scope"
    status = 403
    headers: ClassVar = {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}


class NotPermitted(DomainError):
    code = "not_permitted"
    status = 403


class Request(HttpRequest):
    """A request that was let in."""

    auth: ApiKey


class Needs(HttpBearer):
    """Let in who holds a valid key with this permission; one query."""

    def __init__(self, permission: str) -> None:
        super().__init__()
        self.permission = permission
        self._found = Prepared(self._keys, secret_sha256=str, at=datetime)

    def _keys(self, *, secret_sha256: str, at: datetime) -> QuerySet[ApiKey, tuple[Any, ...]]:
        keys = ApiKey.objects.valid_at(at).with_permission(self.permission).filter(secret_sha256=secret_sha256)
        return keys.values_list("is_permitted", *KEY_FIELDS, *(f"user__{name}" for name in USER_FIELDS))

    def _key(self, token: str, at: datetime) -> ApiKey | None:
        for is_permitted, *values in self._found.rows(secret_sha256=ApiKey.hash_of(token), at=at):
            key = ApiKey.from_db(None, KEY_FIELDS, values[: len(KEY_FIELDS)])
            key.user = User.from_db(None, USER_FIELDS, values[len(KEY_FIELDS) :])
            key.is_permitted = is_permitted
            return key
        return None

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey:
        """
        Find the key behind the secret.

        :raises InvalidToken: if it is unknown, expired or revoked, or its user is no longer active
        :raises TooManyCalls: if its user's programs call too often
        :raises InsufficientScope: if the key was not made for this
        :raises NotPermitted: if the user may not do this
        """
        now = timezone.now()
        key = self._key(token, now)
        if key is None:
            raise InvalidToken(_("The token or API key is unknown, expired or revoked."))
        throttle.count(user_id=key.user_id, at=now)
        if not key.grants(self.permission):
            raise InsufficientScope(_("This key was not made for this; it lacks the scope."))
        if not key.is_permitted:
            raise NotPermitted(_("You may not do this."))
        note_use(key=key, at=now)
        return key
