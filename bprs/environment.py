"""Settings come from the environment. A value that will not do is refused with the name of its variable."""

from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

YES_OR_NO = frozenset({"", "0", "1", "true", "false", "yes", "no", "on", "off", "y", "n", "t", "f", "ok"})


class Environment(environ.Env):  # type: ignore[misc]  # it is not typed
    def get_value(self, var: str, *args: Any, **options: Any) -> Any:
        try:
            return super().get_value(var, *args, **options)
        except (ValueError, TypeError) as error:
            raise ImproperlyConfigured(f"{var} has a value that it cannot have: {error}") from None

    @classmethod
    def parse_value(cls, value: Any, cast: Any) -> Any:
        """:raises ValueError: if it is none, or neither yes nor no where that is asked"""
        if cast is bool and str(value).strip().lower() not in YES_OR_NO:
            raise ValueError(f"{value!r} is neither true nor false")
        return super().parse_value(value, cast)

    def database(self, var: str, *, default: str) -> dict[str, Any]:
        """
        The database at the address in the variable, or else at the default.

        :raises ImproperlyConfigured: if it is no address; it is not repeated, for there may be a password in it
        """
        address = self.str(var, default="") or default
        try:
            if urlsplit(address).scheme in self.DB_SCHEMES:
                found: dict[str, Any] = self.db_url_config(address)
                return found
        except ValueError:
            pass
        raise ImproperlyConfigured(
            f"{var} is no address of a database. Write postgres://USER:PASSWORD@HOST:5432/NAME, with % and two hex "
            "digits for what is neither letter nor digit in a password, or sqlite:////path/to/file."
        )
