"""Findings as people read them: in their language throughout."""

import pytest
from django.utils import translation

from scoring.engine import examine
from scoring.findings import WHERE_PATTERNS, WHERES, finding_sentence
from tests.engine.samples import written_card
from tests.engine.test_card_construction import WRONG_CARDS, WRONG_CHARACTERISTICS


def wrong_cards():
    return [
        *(written_card(characteristics=[part]) for part, _, _ in WRONG_CHARACTERISTICS),
        *(written_card(**changes) for changes, _, _ in WRONG_CARDS),
        written_card(base_points=None, name=1, version=[], score_range=[], margin=3, characteristics=[{}, 4]),
        written_card(
            characteristics=[
                {"name": "a", "label": "", "fact": 1, "bins": [{"values": [1], "label": "x", "points": "y"}]}
            ]
        ),
    ]


class TestWhere:
    @pytest.mark.parametrize("written", wrong_cards())
    def test_is_always_known_to_whoever_translates(self, written):
        for finding in examine(written).findings:
            where = str(finding.params.get("where", "the card"))
            is_known = any(pattern.fullmatch(where) for pattern, _ in WHERE_PATTERNS)
            assert is_known or (finding.code == "not_a_name" and where.startswith("“"))

    def test_is_put_together_again_from_its_parts(self):
        with translation.override("en"):
            (finding,) = [
                each
                for each in examine(written_card(characteristics=[WRONG_CHARACTERISTICS[12][0]])).findings
                if each.code == "not_decimal_text"
            ]

            assert finding_sentence(finding).startswith("“at_most” of a bin of tenor_months must be a plain decimal")
            assert finding_sentence(finding) == str(finding)

    def test_patterns_do_not_shadow_one_another(self):
        for template in WHERES:
            filled = template % {"name": "dsr", "key": "points"}
            assert next(found for pattern, found in WHERE_PATTERNS if pattern.fullmatch(filled)) == template
