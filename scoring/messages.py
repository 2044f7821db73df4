"""One sentence in the reader's language for every refusal code, whichever room it comes from."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.formats import get_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bprs.display import grouped_amount
from bprs.spreadsheets.refusals import CELL_MESSAGES, FILE_MESSAGES
from bprs.wording import grouped
from scoring.engine.margin import MarginMethod
from scoring.engine.refusals import REFUSAL_MESSAGES

FACT_LABELS: dict[str, str | Promise] = {
    "monthly_income": _("Monthly income"),
    "assets_value": _("Assets value"),
    "loan_amount": _("Financing amount"),
    "tenor_months": _("Tenor"),
    "akad": _("Akad"),
    "purpose": _("Purpose"),
    "monthly_installment": _("Monthly installment"),
    "debt_service_ratio": _("Debt service ratio"),
    "asset_coverage_ratio": _("Asset coverage ratio"),
}
METHOD_LABELS = {
    MarginMethod.ONCE: _("once, whatever the tenor"),
    MarginMethod.FLAT_PER_ANNUM: _("for every year of the tenor"),
    MarginMethod.ANNUITY: _("a year, on what is still owed"),
}
DIRECTIONS: dict[str, str | Promise] = {
    "higher_is_better": _("higher is better"),
    "lower_is_better": _("lower is better"),
}
COVERS: dict[str, str | Promise] = {
    "other": _("every word no other bin lists"),
    "no_value": _("where the ratio has no value: income is zero"),
    "missing": _("where the fact is not known"),
}
CLOSED_CODE = "closed_and_scored"
_LOAN_MESSAGES = {CLOSED_CODE: _("The financing is closed and keeps the score it has.")}
_FACT_MESSAGES = {code.value: template for code, template in REFUSAL_MESSAGES.items()}


STRETCH = re.compile(r"([≤≥<>]) (-?[0-9]+)(?:[.]([0-9]+))?")


def shown_label(label: str) -> str:
    """A label of a card as people see it: translated where it came with the software, numbers in their own notation."""
    translated = gettext(label) if label else label
    return shown_stretches(label) if translated == label else translated


def shown_stretches(text: str) -> str:
    """Every "> 0.40" and "≤ 5000000" in a text in the reader's notation."""
    return STRETCH.sub(_stretch, text)


def _stretch(match: re.Match[str]) -> str:
    whole, fraction = grouped_amount(int(match[2])), match[3]
    return f"{match[1]} {whole}{get_format('DECIMAL_SEPARATOR')}{fraction}" if fraction else f"{match[1]} {whole}"


def sentence(code: str, params: Mapping[str, Any]) -> str:
    """Say why in the active language; a refusal that names a fact names it as people do."""
    if code in _LOAN_MESSAGES:
        return str(_LOAN_MESSAGES[code])
    if params.get("field") in FACT_LABELS and code in _FACT_MESSAGES:
        return gettext(_FACT_MESSAGES[code]) % {**params, "field": FACT_LABELS[params["field"]]}
    template = CELL_MESSAGES.get(code) or FILE_MESSAGES.get(code)
    return gettext(template) % grouped(params) if template else code
