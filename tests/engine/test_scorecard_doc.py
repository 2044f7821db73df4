"""The card shown in docs/scorecard.md is a card."""

import json
import re
from pathlib import Path

from scoring.engine import RAW_FACTS, DerivedFact, RefusalCode, Scorecard
from tests.engine.samples import score_one

DOC = (Path(__file__).parents[2] / "docs" / "scorecard.md").read_text(encoding="utf-8")


def shown_card():
    (written,) = re.findall(r"```json\n(.*?)```", DOC, flags=re.DOTALL)
    return Scorecard.from_dict(json.loads(written))


class TestTheDocumentedCard:
    def test_can_be_built_and_scores(self):
        row = score_one(shown_card(), akad="murabahah")

        assert (row.points, row.segment) == ({"dsr": 150, "akad": 40}, "low")

    def test_every_fact_and_every_refusal_is_named(self):
        for name in (*RAW_FACTS, *DerivedFact, *RefusalCode):
            assert f"`{name}`" in DOC
