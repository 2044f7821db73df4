"""A card is data: written, read back and hashed without losing a digit."""

import copy
import json
import pickle
import re

import pytest

from scoring.engine import ANNUAL_1, RESCALED_1, STANDARD_1, Scorecard
from tests.engine.samples import STANDARD, applicant, facts_of, numeric, written_card

MIXED = written_card(
    characteristics=[
        {
            "name": "akad",
            "label": "Akad",
            "fact": "akad",
            "unlisted": "refuse",
            "bins": [{"label": "sale", "values": ["murabahah", "salam"], "points": 5}],
        },
        {
            "name": "purpose",
            "label": "Purpose",
            "fact": "purpose",
            "bins": [
                {"label": "trade", "values": ["trade"], "points": 5},
                {"label": "other", "other": True, "points": 0},
            ],
        },
        numeric(
            "monthly_installment",
            {"label": "light", "below": "1000000.50", "points": 10},
            {"label": "heavy", "at_least": "1000000.50", "points": 0},
        ),
    ]
)
ACR_HEADING = {"name": "acr", "label": "Asset coverage ratio", "fact": "asset_coverage_ratio"}
ACR_BINS = STANDARD_1["characteristics"][1]["bins"]
WITH_MISSING = written_card(
    characteristics=[
        numeric(
            "debt_service_ratio",
            {"label": "unknown", "missing": True, "points": -20},
            {"label": "none", "no_value": True, "points": -90},
            {"label": "low", "at_most": "0.30", "points": 10},
            {"label": "high", "above": "0.30", "points": 0},
        ),
        {
            "name": "akad",
            "label": "Akad",
            "fact": "akad",
            "unlisted": "refuse",
            "bins": [
                {"label": "sale", "values": ["murabahah"], "points": 5},
                {"label": "unknown", "missing": True, "points": -5},
            ],
        },
    ]
)
DIRECTED = written_card(characteristics=[{**ACR_HEADING, "direction": "higher_is_better", "bins": ACR_BINS}])
CARDS = [
    STANDARD_1,
    RESCALED_1,
    ANNUAL_1,
    MIXED,
    WITH_MISSING,
    written_card(margin={"method": "annuity", "rate": "0.000001"}),
    DIRECTED,
]


@pytest.mark.parametrize("written", CARDS)
class TestRoundTrip:
    def test_writes_what_it_read(self, written):
        assert Scorecard.from_dict(written).to_dict() == written

    def test_survives_json(self, written):
        card = Scorecard.from_dict(written)

        assert Scorecard.from_dict(json.loads(json.dumps(card.to_dict()))) == card

    def test_keeps_its_order(self, written):
        assert json.dumps(Scorecard.from_dict(written).to_dict()) == json.dumps(written)

    @pytest.mark.parametrize("copied", [copy.deepcopy, lambda card: pickle.loads(pickle.dumps(card))])
    def test_a_copy_scores_the_same(self, written, copied):
        card = Scorecard.from_dict(written)
        facts = facts_of(applicant(akad="murabahah", purpose="trade"))

        assert copied(card) == card
        assert copied(card).score(facts).row(0) == card.score(facts).row(0)


class TestContentHash:
    def test_is_the_same_for_the_same_content_in_another_order(self):
        reordered = dict(reversed(list(written_card().items())))

        assert Scorecard.from_dict(reordered).content_hash() == STANDARD.content_hash()

    def test_is_64_hex_digits(self):
        assert re.fullmatch("[0-9a-f]{64}", STANDARD.content_hash())

    @pytest.mark.parametrize(
        "changes", [{"base_points": 301}, {"name": "Other"}, {"margin": {"method": "once", "rate": "0.16"}}]
    )
    def test_changes_with_the_content(self, changes):
        assert Scorecard.from_dict(written_card(**changes)).content_hash() != STANDARD.content_hash()

    def test_of_the_card_in_force_never_changes(self):
        assert STANDARD.content_hash() == "b5f60b3aca7b057972c81287f17bf4088b23313e278e624534f404e60c0efc42"

    @pytest.mark.parametrize(
        ("draft", "content_hash"),
        [
            (RESCALED_1, "5e2ec04e7ff8eaefd1e561eb99dfb6d0f257d8c7eb2fefb92eda43193592d268"),
            (ANNUAL_1, "a2e557e05e6d4e223f32d7ccb991b897fb518961b418f20a9b139cdf8fd1e5bc"),
        ],
    )
    def test_of_a_draft_never_changes_either(self, draft, content_hash):
        assert Scorecard.from_dict(draft).content_hash() == content_hash
