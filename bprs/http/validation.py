"""What pydantic found wrong, as pointers and sentences a person can read."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bprs.http.problems import ProblemError
from bprs.spreadsheets.refusals import CELL_MESSAGES

SENTENCES: Mapping[str, str | Promise] = {
    "missing": _("This is required."),
    "extra_forbidden": _("There is no such field."),
    "string_type": _("This must be text."),
    "string_too_short": _("This must not be empty."),
    "string_too_long": _("This is longer than %(max_length)s characters."),
    "control_character": _("The text contains characters that cannot be stored."),
    "too_long": _("This has more than %(max_length)s entries."),
    "string_unicode": _("The text contains characters that cannot be stored."),
    "int_type": _("This must be a whole number."),
    "int_parsing": _("This must be a whole number."),
    "int_from_float": _("This must be a whole number."),
    "int_parsing_size": _("The number is too large."),
    "bool_type": _("This must be true or false."),
    "bool_parsing": _("This must be true or false."),
    "date_type": _("This must be a date such as 2026-12-31."),
    "date_parsing": _("This must be a date such as 2026-12-31."),
    "date_from_datetime_parsing": _("This must be a date such as 2026-12-31."),
    "date_from_datetime_inexact": _("This must be a date such as 2026-12-31."),
    "enum": _("This must be one of: %(expected)s."),
    "literal_error": _("This must be one of: %(expected)s."),
    "greater_than": _("This must be more than %(gt)s."),
    "greater_than_equal": _("This must be at least %(ge)s."),
    "less_than": _("This must be less than %(lt)s."),
    "less_than_equal": _("This must be at most %(le)s."),
    "not_a_number": _("This must be a number, or a plain decimal string such as 5000000.00."),
    "too_many_decimals": _("This has more than two decimals."),
    "too_large": _("The amount is too large."),
    "unknown_ordering": _("The list can be ordered by: %(expected)s."),
    "model_attributes_type": _("This must be an object."),
    "model_type": _("This must be an object."),
    "dict_type": _("This must be an object."),
    "list_type": _("This must be a list."),
    "too_short": _("Too few entries: %(min_length)s or more are needed."),
    "decimal_type": _("This must be a number, or a plain decimal string such as 5000000.00."),
    "decimal_parsing": _("This must be a number, or a plain decimal string such as 5000000.00."),
    "decimal_max_places": _("This has more than %(decimal_places)s decimals."),
    "masked_phone": _("Send the whole phone number, or leave it out to keep the one on file."),
    "uuid_type": _("This must be a UUID."),
    "uuid_parsing": _("This must be a UUID."),
}
BODY = "body"


def problem_errors(errors: Sequence[Mapping[str, Any]]) -> list[ProblemError]:
    return [_problem_error(error) for error in errors]


def _problem_error(error: Mapping[str, Any]) -> ProblemError:
    code = str(error["type"])
    sentence = SENTENCES.get(code) or _cell_sentence(code)
    detail = str(sentence) % _values(error) if sentence else str(error["msg"])
    source, *place = error["loc"]
    if source == BODY:
        return {"pointer": _pointer(place[1:]), "code": code, "detail": detail}
    names = [step for step in place if isinstance(step, str)]
    return {"parameter": names[-1] if names else source, "code": code, "detail": detail}


def _values(error: Mapping[str, Any]) -> dict[str, Any]:
    """Pydantic joins the last choice by an English word."""
    values = dict(error.get("ctx", {}))
    if "expected" in values:
        values["expected"] = ", ".join(str(values["expected"]).rsplit(" or ", 1))
    return values


def _cell_sentence(code: str) -> str:
    """Cells of a spreadsheet and fields of the API are refused in the same words."""
    return gettext(CELL_MESSAGES[code]) if code in CELL_MESSAGES else ""


def _pointer(place: Sequence[str | int]) -> str:
    """RFC 6901 as a URI fragment; `#` is the body as a whole."""
    return "#" + "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in place)
