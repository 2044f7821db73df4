"""What can be wrong with a row of a sheet: what its cells say, and what the bank's records say to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext, gettext_noop

from bprs.spreadsheets.refusals import MESSAGES as INTAKE_MESSAGES
from bprs.wording import grouped

ROW_MESSAGES: dict[str, str] = {
    "unknown_customer": gettext_noop("There is no customer %(value)s."),
    "unknown_branch": gettext_noop("%(value)s is no branch you work in."),
    "no_branch": gettext_noop("The row names no branch, and none was chosen on the import page."),
    "number_taken": gettext_noop("%(value)s cannot be used: it is taken."),
    "nik_taken": gettext_noop("The NIK belongs to another customer."),
    "name_differs": gettext_noop(
        "The customer with this NIK is on file under another name. Mend the NIK or the name; to change the name, give the customer number."
    ),
    "repeated": gettext_noop("%(value)s already stands in row %(row_number)s."),
    "differs_from_row": gettext_noop("It differs from what row %(row_number)s says about the same customer."),
    "belongs_to_another": gettext_noop("The financing %(value)s belongs to another customer."),
    "in_the_future": gettext_noop("The date is in the future."),
    "incomplete_unless_draft": gettext_noop("Only a draft may lack its amount or its tenor."),
    "decision_needed": gettext_noop(
        "The status %(value)s comes of a decision here. Only who may record financing decided elsewhere imports it."
    ),
    "terms_are_fixed": gettext_noop("The financing is recommended or decided: its terms stay."),
}
MESSAGES: Mapping[str, str] = {**INTAKE_MESSAGES, **ROW_MESSAGES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One reason why a row is refused; `column` is the header as the file has it, empty for the row as a whole."""

    code: str
    column: str = ""
    params: Mapping[str, str | float] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """Why, in the language of the reader."""
        return gettext(MESSAGES[self.code]) % grouped(self.params)

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "column": self.column, "params": dict(self.params)}


def fault_from_json(written: Mapping[str, Any]) -> Fault:
    return Fault(code=written["code"], column=written["column"], params=written["params"])
