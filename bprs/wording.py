"""A refusal's sentence, and a column's title, in the reader's language."""

from collections.abc import Mapping

from django.utils.formats import number_format
from django.utils.translation import get_language, gettext, gettext_noop, ngettext_lazy

from bprs.errors import DomainError
from bprs.spreadsheets import COLUMNS, MESSAGES
from bprs.spreadsheets.column_spec import Language
from bprs.spreadsheets.matching import ColumnsMissing, UnmatchedHeader
from bprs.spreadsheets.refusals import SpreadsheetRefused
from bprs.spreadsheets.template import title

NAMES_OF_COLUMNS = ("missing", "field")


def screen_language() -> Language:
    return "en" if get_language() == "en" else "id"


def title_of(name: str) -> str:
    """A column's title in the language of the screen; the intake reads it back in any."""
    return title(COLUMNS[name], screen_language())


def sentence_of(refusal: DomainError) -> str:
    """The spreadsheet intake knows no Django, so its sentences are translated here, and its columns named as people do."""
    if not isinstance(refusal, SpreadsheetRefused):
        return str(refusal)
    said = gettext(refusal.template) % grouped(_with_titles(refusal.params))
    guesses = refusal.guesses if isinstance(refusal, ColumnsMissing) else ()
    return " ".join([said, *map(did_you_mean, guesses)])


def reasons_of(refusal: DomainError) -> str:
    """What is wrong, for a page that has no fields to mark."""
    return " ".join(dict.fromkeys(refusal.fields.values())) or sentence_of(refusal)


def warning_sentence(code: str, params: Mapping[str, str | float]) -> str:
    """What to look at again in a file. A number that was understood is grouped as the language of the screen does."""
    reading = str(params.get("reading", ""))
    shown = number_format(int(reading), force_grouping=True) if reading.isdecimal() else gettext("refused")
    if shown in str(params.get("example", "")):  # «5.000 is read as 5.000» tells nobody anything
        shown = reading
    return gettext(MESSAGES[code]) % {**params, "reading": shown}


def grouped(params: Mapping[str, str | float]) -> dict[str, str]:
    """Numbers as the language of the screen writes them; what people wrote stays as it is."""
    return {
        name: number_format(value, force_grouping=True) if isinstance(value, int | float) else value
        for name, value in params.items()
    }


def did_you_mean(unmatched: UnmatchedHeader) -> str:
    return gettext("The column «%(header)s» is left out: nobody knows it. Did you mean %(suggestions)s?") % {
        "header": unmatched.header,
        "suggestions": " / ".join(map(title_of, unmatched.suggestions)),
    }


def _with_titles(params: Mapping[str, str | float]) -> dict[str, str | float]:
    return {name: _titles(str(value)) if name in NAMES_OF_COLUMNS else value for name, value in params.items()}


def _titles(names: str) -> str:
    return ", ".join(title_of(name) if name in COLUMNS else name for name in names.split(", "))


# What Django says in Indonesian that nobody would write: our catalog goes before its own.
BETTER_SAID = (
    gettext_noop("Password-based authentication"),
    gettext_noop("Enabled"),
    gettext_noop("Disabled"),
    gettext_noop("Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only."),
    gettext_noop(
        "Please enter the correct %(username)s and password for a staff account. Note that both fields may be case-sensitive."
    ),
    gettext_noop("The {name} “{obj}” was added successfully."),
    gettext_noop("The {name} “{obj}” was changed successfully."),
    gettext_noop("The {name} “{obj}” was added successfully. You may add another {name} below."),
    gettext_noop("The {name} “{obj}” was changed successfully. You may edit it again below."),
    gettext_noop("The {name} “{obj}” was changed successfully. You may add another {name} below."),
    gettext_noop("Enter a whole number."),
    gettext_noop("Ensure this value is less than or equal to %(limit_value)s."),
    gettext_noop("Ensure this value is greater than or equal to %(limit_value)s."),
    gettext_noop("%(model_name)s with this %(field_label)s already exists."),
    gettext_noop("Your password can’t be too similar to your other personal information."),  # noqa: RUF001 as Django writes it
    gettext_noop("Your password can’t be a commonly used password."),  # noqa: RUF001 as Django writes it
    gettext_noop("Your password can’t be entirely numeric."),  # noqa: RUF001 as Django writes it
    gettext_noop("Password change"),
    gettext_noop("Change my password"),
    ngettext_lazy("Please correct the error below.", "Please correct the errors below."),
)
