"""
What goes to standard error: every line with the request or the job it belongs to, and without personal data.

As text for people, or one JSON object a line for programs (`LOG_FORMAT=json`, the default in production).
"""

import logging
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import orjson

REQUEST_ID = "X-Request-ID"
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")
_about: ContextVar[str] = ContextVar("about", default="-")
_IDENTITY = re.compile(r"(?<!\d)\d{16}(?!\d)")
# PostgreSQL tells in it the values of the row that it refused; psycopg puts it on lines of its own.
_ROW_TOLD = re.compile(r"^(DETAIL|CONTEXT):.*$", re.MULTILINE)
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "about", "request"}


def request_id_of(given: str) -> str:
    """What a request is found by: the id that was given if it is sane, else a new one."""
    return given if _ACCEPTABLE.fullmatch(given) else uuid.uuid4().hex


@contextmanager
def about(what: str) -> Iterator[None]:
    """Say in every line written inside what it belongs to: the id of a request or of a job."""
    token = _about.set(what)
    try:
        yield
    finally:
        _about.reset(token)


def without_personal_data(text: str) -> str:
    """The text without what looks like a NIK, and without the rows that a database tells of."""
    return _ROW_TOLD.sub(r"\1: (left out)", _IDENTITY.sub("*" * 16, text))


class Belonging(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        # Django tells of an answer once it is out of our hands: then only the request knows.
        record.about = getattr(getattr(record, "request", None), "request_id", None) or _about.get()
        return True


class PlainFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return without_personal_data(super().format(record))


class JsonFormatter(logging.Formatter):
    """`at`, `level`, `logger`, `message`, `about`, whatever else was said as `extra`, and the traceback as `error`."""

    def format(self, record: logging.LogRecord) -> str:
        said = {name: value for name, value in vars(record).items() if name not in _OWN}
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "about": getattr(record, "about", "-"),
            **said,
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return orjson.dumps({name: _safe(value) for name, value in line.items()}, default=str).decode()


def _safe(value: Any) -> Any:
    return without_personal_data(value) if isinstance(value, str) else value
