"""A wrong card is answered with everything that is wrong with it, each fault beside the cell it is in."""

from functools import reduce
from operator import getitem

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.engine import STANDARD_1, Level, Scorecard, ScorecardError, examine
from tests.engine.samples import STANDARD, numeric, written_card
from tests.engine.test_card_construction import WRONG_CARDS, WRONG_CHARACTERISTICS, places_in

DSR, ACR, TENOR = STANDARD_1["characteristics"]


def found_in(written):
    """Code and places of every finding, in the words an editor looks cells up by."""
    return [(finding.code, *finding.paths) for finding in examine(written).findings]


def characteristic(*bins, **changes):
    return {**numeric("tenor_months", *bins, name="tenor"), **changes}


class TestExamine:
    def test_says_of_every_wrong_cell_what_is_wrong(self):
        written = written_card(
            name=" ",
            base_points="many",
            margin={"method": "twice", "rate": 0.15},
            characteristics=[
                characteristic(
                    {"label": "", "at_most": "12", "points": "many"},
                    {"label": "a", "above": "12", "at_most": "24", "points": 1},
                    {"label": "a", "above": "24", "at_most": "36", "points": 1},
                    {"label": "b", "above": "40", "points": 1},
                ),
                {**ACR, "label": None},
            ],
            segment_bands=[{"at_least": 900, "segment": "low"}, {"at_least": 400, "segment": "low"}],
        )

        assert sorted(found_in(written)) == [
            ("bands_leave_bottom", "segment_bands.1.at_least"),
            ("bands_leave_range", "segment_bands.0.at_least"),
            ("gap", "characteristics.0.bins.2", "characteristics.0.bins.3"),
            ("label_twice", "characteristics.0.bins.2.label"),
            ("margin_method_unknown", "margin.method"),
            ("not_decimal_text", "margin.rate"),
            ("not_text", "characteristics.0.bins.0.label"),
            ("not_text", "characteristics.1.label"),
            ("not_text", "name"),
            ("not_whole", "base_points"),
            ("not_whole", "characteristics.0.bins.0.points"),
            ("segment_twice", "segment_bands.1.segment"),
        ]

    def test_names_both_bins_of_an_overlap_and_the_sentence_of_each(self):
        written = written_card(
            characteristics=[
                characteristic(
                    {"label": "short", "at_most": "13", "points": 1}, {"label": "long", "above": "12", "points": 0}
                )
            ]
        )

        (finding,) = examine(written).findings

        assert (finding.level, finding.paths) == (
            Level.BLOCKING,
            ("characteristics.0.bins.0", "characteristics.0.bins.1"),
        )
        assert str(finding) == "tenor: “short” and “long” overlap."

    def test_does_not_guess_at_gaps_beside_an_end_it_cannot_read(self):
        written = written_card(
            characteristics=[
                characteristic(
                    {"label": "short", "at_most": "a year", "points": 1}, {"label": "long", "above": "12", "points": 0}
                )
            ]
        )

        assert found_in(written) == [("not_decimal_text", "characteristics.0.bins.0.at_most")]

    def test_of_a_card_gives_what_it_can_reach_as_well(self):
        examination = examine(STANDARD_1)

        reach = examination.reach

        assert (examination.card, examination.is_blocked) == (STANDARD, False)
        assert reach is not None
        assert (reach.lowest_raw, reach.highest_raw, reach.lowest_score, reach.highest_score) == (0, 600, 300, 600)

    def test_of_no_card_gives_the_findings_alone(self):
        examination = examine({})

        assert (examination.card, examination.reach, examination.is_blocked) == (None, None, True)
        assert [finding.code for finding in examination.findings] == ["key_missing"] * 9

    @pytest.mark.parametrize(("part", "code", "sentence"), WRONG_CHARACTERISTICS)
    def test_finds_in_a_characteristic_what_building_it_refuses(self, part, code, sentence):
        findings = examine(written_card(characteristics=[part])).findings

        assert (code, sentence) in [(finding.code, str(finding)) for finding in findings]
        assert all(place[0] == "characteristics" for finding in findings for place in finding.places)

    @pytest.mark.parametrize(("changes", "code", "sentence"), WRONG_CARDS)
    def test_finds_in_a_card_what_building_it_refuses(self, changes, code, sentence):
        findings = examine(written_card(**changes)).findings

        assert (code, sentence) in [(finding.code, str(finding)) for finding in findings]


def what_building_says(written):
    try:
        Scorecard.from_dict(written)
    except ScorecardError as error:
        return str(error)
    return ""


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(places_in(written_card())[1:]),
            st.none()
            | st.booleans()
            | st.integers()
            | st.sampled_from(["", "0.30", "dsr", "13", [], {}, [[]], [{}], {"label": "x"}]),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_finds_something_exactly_if_the_card_cannot_be_built(changes):
    written = written_card()
    for (*path, last), value in changes:
        try:
            reduce(getitem, path, written)[last] = value
        except (TypeError, LookupError):
            continue  # an earlier change took this place away

    first = what_building_says(written)
    blocking = [str(finding) for finding in examine(written).findings if finding.level is Level.BLOCKING]

    assert bool(blocking) == bool(first)
    assert len(blocking) == len(
        {(str(each), each.places) for each in examine(written).findings if str(each) in blocking}
    )
