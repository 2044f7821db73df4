"""The rules once more, written as plainly as possible: one row at a time, in fractions, straight from the written card."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any


@dataclass(frozen=True)
class Reference:
    """What one row must come to."""

    credit_score: int
    raw_score: int
    points: dict[str, int]
    segment: str
    default_probability: float
    installment: Fraction
    dsr: Fraction | None
    acr: Fraction | None


class Unknown:
    """Stands for a fact that nobody knows, and for what would follow from it."""


UNKNOWN = Unknown()


def installment_of(margin: Mapping[str, str], amount: Fraction, tenor: int) -> Fraction:
    rate = Fraction(margin["rate"])
    if margin["method"] == "once":
        return amount * (1 + rate) / tenor
    if margin["method"] == "flat_per_annum":
        return amount * (1 + rate * tenor / 12) / tenor
    monthly = rate / 12
    return amount * monthly / (1 - (1 + monthly) ** -tenor) if monthly else amount / tenor


def reference(
    card: Mapping[str, Any], *, income: Fraction | None, assets: Fraction | None, amount: Fraction, tenor: int
) -> Reference | None:
    """Score one row; an income or assets of None is not known. None for a row that the card leaves without a bin."""
    installment = installment_of(card["margin"], amount, tenor)
    dsr = installment / income if income else None
    acr = None if assets is None else assets / amount
    facts = {
        "monthly_income": UNKNOWN if income is None else income,
        "assets_value": UNKNOWN if assets is None else assets,
        "loan_amount": amount,
        "tenor_months": Fraction(tenor),
        "monthly_installment": installment,
        "debt_service_ratio": UNKNOWN if income is None else dsr,
        "asset_coverage_ratio": UNKNOWN if acr is None else acr,
    }
    if (income is None and not _says_what_unknown_means(card, {"monthly_income", "debt_service_ratio"})) or (
        assets is None and not _says_what_unknown_means(card, {"assets_value", "asset_coverage_ratio"})
    ):
        return None
    points = {each["name"]: _points(each["bins"], facts[each["fact"]]) for each in card["characteristics"]}
    raw = card["base_points"] + sum(points.values())
    score = min(max(raw, card["score_range"]["lowest"]), card["score_range"]["highest"])
    return Reference(
        credit_score=score,
        raw_score=raw,
        points=points,
        segment=_band(card["segment_bands"], score)["segment"],
        default_probability=float(_band(card["pd_bands"], score)["probability"]),
        installment=installment,
        dsr=dsr,
        acr=acr,
    )


def _says_what_unknown_means(card: Mapping[str, Any], facts: set[str]) -> bool:
    asked = [each for each in card["characteristics"] if each["fact"] in facts]
    return bool(asked) and all(any("missing" in bin_ for bin_ in each["bins"]) for each in asked)


def _points(bins: list[dict[str, Any]], value: Fraction | Unknown | None) -> int:
    (bin_,) = [bin_ for bin_ in bins if _holds(bin_, value)]
    return int(bin_["points"])


def _holds(bin_: dict[str, Any], value: Fraction | Unknown | None) -> bool:
    if isinstance(value, Unknown) or "missing" in bin_:
        return isinstance(value, Unknown) and "missing" in bin_
    if value is None or "no_value" in bin_:
        return value is None and "no_value" in bin_
    return (
        ("at_least" not in bin_ or value >= Fraction(bin_["at_least"]))
        and ("above" not in bin_ or value > Fraction(bin_["above"]))
        and ("at_most" not in bin_ or value <= Fraction(bin_["at_most"]))
        and ("below" not in bin_ or value < Fraction(bin_["below"]))
    )


def _band(bands: list[dict[str, Any]], score: int) -> dict[str, Any]:
    return next(band for band in bands if score >= band["at_least"])
