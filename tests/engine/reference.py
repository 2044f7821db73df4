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
    acr: Fraction


def installment_of(margin: Mapping[str, str], amount: Fraction, tenor: int) -> Fraction:
    rate = Fraction(margin["rate"])
    if margin["method"] == "once":
        return amount * (1 + rate) / tenor
    if margin["method"] == "flat_per_annum":
        return amount * (1 + rate * tenor / 12) / tenor
    monthly = rate / 12
    return amount * monthly / (1 - (1 + monthly) ** -tenor) if monthly else amount / tenor


def reference(
    card: Mapping[str, Any], *, income: Fraction, assets: Fraction, amount: Fraction, tenor: int
) -> Reference:
    installment = installment_of(card["margin"], amount, tenor)
    dsr = installment / income if income else None
    facts = {
        "monthly_income": income,
        "assets_value": assets,
        "loan_amount": amount,
        "tenor_months": Fraction(tenor),
        "monthly_installment": installment,
        "debt_service_ratio": dsr,
        "asset_coverage_ratio": assets / amount,
    }
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
        acr=assets / amount,
    )


def _points(bins: list[dict[str, Any]], value: Fraction | None) -> int:
    (bin_,) = [bin_ for bin_ in bins if _holds(bin_, value)]
    return int(bin_["points"])


def _holds(bin_: dict[str, Any], value: Fraction | None) -> bool:
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
