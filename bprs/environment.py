"""Settings come from the environment. A value that will not do is refused with the name of its variable."""

from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

YES_OR_NO = frozenset({"0", "1", "true", "false", "yes", "no", "on", "off", "y", "n", "t", "f", "ok"})
DATABASES = ("postgres", "postgresql", "sqlite")


class Environment(environ.Env):  # type: ignore[misc]  # it is not typed
    """A variable that is empty is left out; one that begins with a dollar means what it says, and no other variable."""

    def get_value(self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, **options: Any) -> Any:
        given = self.ENVIRON.get(var)
        if given == "" and default is not self.NOTSET:
            return default
        try:
            if given and given.startswith("$"):
                return self.parse_value(given, cast)
            return super().get_value(var, cast=cast, default=default, **options)
        except (ValueError, TypeError) as error:
            raise ImproperlyConfigured(f"{var} has a value that it cannot have: {error}.") from None

    @classmethod
    def parse_value(cls, value: Any, cast: Any) -> Any:
        """:raises ValueError: if it is none, or neither yes nor no where that is asked"""
        if cast is bool and str(value).strip().lower() not in YES_OR_NO:
            raise ValueError(f"{value!r} is neither true nor false")
        try:
            return super().parse_value(value, cast)
        except ValueError:
            if cast is int:
                raise ValueError(f"{value!r} is not a whole number") from None
            raise

    def one_of(self, var: str, choices: Collection[str], *, default: str) -> str:
        """:raises ImproperlyConfigured: if it is none of them"""
        value = self.str(var, default=default)
        if value not in choices:
            raise ImproperlyConfigured(f"{var} is {value!r}. It can be {', '.join(choices)}.")
        return str(value)

    def options(self, var: str) -> dict[str, Any]:
        """
        A JSON object; empty if it is left out.

        :raises ImproperlyConfigured: if it is anything else
        """
        value = self.json(var, default={})
        if not isinstance(value, dict):
            raise ImproperlyConfigured(f'{var} is not a JSON object such as {{"bucket_name": "bprs"}}.')
        return value

    def database(self, var: str, *, default: str) -> dict[str, Any]:
        """
        The database at the address in the variable, or else at the default.

        :raises ImproperlyConfigured: if it is no address; it is not repeated, for there may be a password in it
        """
        address = self.str(var, default=default)
        try:
            if urlsplit(address).scheme in DATABASES:
                found: dict[str, Any] = self.db_url_config(address)
                return found
        except ValueError:
            pass
        raise ImproperlyConfigured(
            f"{var} is no address of a database. Write postgres://USER:PASSWORD@HOST:5432/NAME, with % and two hex "
            "digits for what is neither letter nor digit in a password, or sqlite:////path/to/file."
        )
