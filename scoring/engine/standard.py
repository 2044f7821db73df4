"""The bank's card in force and the two corrected drafts, as the plain dicts that become rows."""

from collections.abc import Mapping
from typing import Any, Final

PD_BANDS: Final = (
    {"at_least": 750, "probability": "0.01"},
    {"at_least": 650, "probability": "0.05"},
    {"at_least": 550, "probability": "0.15"},
    {"at_least": 300, "probability": "0.40"},
)
SEGMENT_BANDS: Final = (
    {"at_least": 700, "segment": "low"},
    {"at_least": 550, "segment": "medium"},
    {"at_least": 300, "segment": "high"},
)


def _dsr(points: tuple[int, int, int, int, int]) -> dict[str, Any]:
    return {
        "name": "dsr",
        "label": "Debt service ratio",
        "fact": "debt_service_ratio",
        "bins": [
            {"label": "no income", "no_value": True, "points": points[0]},
            {"label": "≤ 0.30", "at_most": "0.30", "points": points[1]},
            {"label": "≤ 0.40", "above": "0.30", "at_most": "0.40", "points": points[2]},
            {"label": "≤ 0.50", "above": "0.40", "at_most": "0.50", "points": points[3]},
            {"label": "above 0.50", "above": "0.50", "points": points[4]},
        ],
    }


def _acr(points: tuple[int, int, int]) -> dict[str, Any]:
    return {
        "name": "acr",
        "label": "Asset coverage ratio",
        "fact": "asset_coverage_ratio",
        "bins": [
            {"label": "≥ 1.2", "at_least": "1.2", "points": points[0]},
            {"label": "≥ 0.8", "at_least": "0.8", "below": "1.2", "points": points[1]},
            {"label": "below 0.8", "below": "0.8", "points": points[2]},
        ],
    }


def _tenor(points: tuple[int, int, int, int]) -> dict[str, Any]:
    return {
        "name": "tenor",
        "label": "Tenor",
        "fact": "tenor_months",
        "bins": [
            {"label": "≤ 12", "at_most": "12", "points": points[0]},
            {"label": "≤ 24", "above": "12", "at_most": "24", "points": points[1]},
            {"label": "≤ 36", "above": "24", "at_most": "36", "points": points[2]},
            {"label": "above 36", "above": "36", "points": points[3]},
        ],
    }


def _card(
    *, version: str, name: str, method: str, base_points: int, characteristics: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "format": 1,
        "version": version,
        "name": name,
        "base_points": base_points,
        "score_range": {"lowest": 300, "highest": 850},
        "margin": {"method": method, "rate": "0.15"},
        "characteristics": characteristics,
        "pd_bands": [dict(band) for band in PD_BANDS],
        "segment_bands": [dict(band) for band in SEGMENT_BANDS],
    }


def _rescaled() -> list[dict[str, Any]]:
    """The bank's points stretched so that 0..600 becomes 300..850, and rounded."""
    return [_dsr((-183, 137, 92, 0, -138)), _acr((92, 46, -46)), _tenor((46, 18, -18, -46))]


STANDARD_1: Final[Mapping[str, Any]] = _card(
    version="standard-1",
    name="Standard",
    method="once",
    base_points=300,
    characteristics=[_dsr((-200, 150, 100, 0, -150)), _acr((100, 50, -50)), _tenor((50, 20, -20, -50))],
)
RESCALED_1: Final[Mapping[str, Any]] = _card(
    version="rescaled-1", name="Rescaled", method="once", base_points=575, characteristics=_rescaled()
)
ANNUAL_1: Final[Mapping[str, Any]] = _card(
    version="annual-1", name="Annual margin", method="flat_per_annum", base_points=575, characteristics=_rescaled()
)
