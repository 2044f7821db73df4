"""Cards drawn at random: any numbers, any ends included, points in no order."""

from typing import Any

from hypothesis import strategies as st

from scoring.engine import Scorecard
from tests.engine.samples import numeric, written_card

CUTS = {
    "monthly_income": [str(millions * 1_000_000) for millions in (2, 5, 8, 20)],
    "assets_value": [str(millions * 1_000_000) for millions in (5, 10, 25, 60)],
    "loan_amount": [str(millions * 1_000_000) for millions in (3, 10, 20, 45)],
    "tenor_months": ["6", "12", "24", "36", "60"],
    "monthly_installment": ["250000", "500000.5", "1000000", "2500000"],
    "debt_service_ratio": ["0.1", "0.25", "0.333333", "0.4", "0.75"],
    "asset_coverage_ratio": ["0.5", "0.8", "1", "1.2", "2.5"],
}
POINTS = st.integers(-150, 150)


@st.composite
def characteristics(draw: st.DrawFn, fact: str, most_cuts: int = 4) -> dict[str, Any]:
    cuts = sorted(draw(st.lists(st.sampled_from(CUTS[fact]), unique=True, min_size=1, max_size=most_cuts)), key=float)
    lower_key = draw(st.sampled_from(["above", "at_least"]))
    upper_key = {"above": "at_most", "at_least": "below"}[lower_key]
    bins: list[dict[str, Any]] = []
    for place in range(len(cuts) + 1):
        lower = {lower_key: cuts[place - 1]} if place else {}
        upper = {upper_key: cuts[place]} if place < len(cuts) else {}
        bins.append({"label": f"bin {place}", **lower, **upper, "points": draw(POINTS)})
    if fact == "debt_service_ratio":
        bins.append({"label": "no income", "no_value": True, "points": draw(POINTS)})
    return numeric(fact, *bins)


@st.composite
def cards(draw: st.DrawFn) -> Scorecard:
    facts = draw(st.lists(st.sampled_from(sorted(CUTS)), unique=True, min_size=1, max_size=5))
    margin = {
        "method": draw(st.sampled_from(["once", "flat_per_annum", "annuity"])),
        "rate": draw(st.sampled_from(["0", "0.15"])),
    }
    return Scorecard.from_dict(
        written_card(characteristics=[draw(characteristics(fact)) for fact in facts], margin=margin, base_points=575)
    )


@st.composite
def small_cards(draw: st.DrawFn) -> Scorecard:
    """Cards whose characteristics share facts, the same fact twice included, some of them with bins for missing."""
    facts = draw(st.lists(st.sampled_from([*sorted(CUTS), "akad"]), min_size=1, max_size=4))
    written = [draw(_small(fact, f"c{place}")) for place, fact in enumerate(facts)]
    margin = {
        "method": draw(st.sampled_from(["once", "flat_per_annum", "annuity"])),
        "rate": draw(st.sampled_from(["0", "0.15"])),
    }
    return Scorecard.from_dict(written_card(characteristics=written, margin=margin, base_points=575))


@st.composite
def _small(draw: st.DrawFn, fact: str, name: str) -> dict[str, Any]:
    if fact == "akad":
        words = draw(st.lists(st.sampled_from(["murabahah", "salam", "qardh"]), unique=True, min_size=1, max_size=2))
        bins = [{"label": word, "values": [word], "points": draw(POINTS)} for word in words]
        other = draw(st.booleans())
        bins += [{"label": "other", "other": True, "points": draw(POINTS)}] if other else []
        written = {**numeric(fact, *bins), **({} if other else {"unlisted": "refuse"})}
    else:
        written = draw(characteristics(fact, most_cuts=2))
    if fact not in {"loan_amount", "tenor_months", "monthly_installment"} and draw(st.booleans()):
        written["bins"] = [*written["bins"], {"label": "unknown", "missing": True, "points": draw(POINTS)}]
    return {**written, "name": name}
