"""Whatever is split, merged and moved, a card stays a card: every value keeps exactly one bin."""

from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.engine import RAW_FACTS, STANDARD_1, DerivedFact, Facts, Scorecard
from scoring.engine.editing import (
    CannotEdit,
    Cut,
    add_bin,
    add_characteristic,
    cuts_of,
    merge,
    move,
    order_of,
    remove_bin,
    set_cut,
    split,
)
from tests.engine.random_cards import cards

DSR, ACR, TENOR = range(3)


@pytest.fixture
def card():
    return deepcopy(dict(STANDARD_1))


def bins_of(card, place):
    return card["characteristics"][place]["bins"]


def table(card, place):
    """Label, ends and points of each bin, as they stand."""
    ends = ("above", "at_least", "below", "at_most")
    return [
        (each["label"], {key: each[key] for key in ends if key in each}, each["points"])
        for each in bins_of(card, place)
    ]


class TestCutOffs:
    def test_are_between_neighbours_whichever_way_they_are_shown(self, card):
        assert cuts_of(bins_of(card, DSR)) == [Cut("0.30", True), Cut("0.40", True), Cut("0.50", True)]
        assert cuts_of(bins_of(card, ACR)) == [Cut("0.8", False), Cut("1.2", False)]
        assert order_of(bins_of(card, ACR)) == [2, 1, 0]

    def test_move_in_both_bins_and_labels_follow(self, card):
        set_cut(bins_of(card, DSR), 2, Cut("0.55", True))

        assert table(card, DSR)[3:] == [
            ("≤ 0.55", {"above": "0.40", "at_most": "0.55"}, 0),
            ("> 0.55", {"above": "0.55"}, -150),
        ]

    def test_change_sides_in_both_bins(self, card):
        set_cut(bins_of(card, ACR), 1, Cut("1.2", True))

        assert table(card, ACR)[:2] == [
            ("> 1.2", {"above": "1.2"}, 100),
            ("≥ 0.8", {"at_least": "0.8", "at_most": "1.2"}, 50),
        ]

    def test_leave_a_label_somebody_wrote(self, card):
        bins_of(card, DSR)[1]["label"] = "Sehat"

        set_cut(bins_of(card, DSR), 0, Cut("0.25", True))

        assert table(card, DSR)[1] == ("Sehat", {"at_most": "0.25"}, 150)

    def test_keep_their_place_while_they_make_no_sense(self, card):
        set_cut(bins_of(card, DSR), 1, Cut("nol koma", True))

        assert order_of(bins_of(card, DSR)) == [1, 2, 3, 4]
        assert [cut.value for cut in cuts_of(bins_of(card, DSR))] == ["0.30", "nol koma", "0.50"]


class TestSplitting:
    def test_makes_two_that_earn_the_same(self, card):
        split(card["characteristics"][DSR], 2)

        assert table(card, DSR)[2:4] == [
            ("≤ 0.35", {"above": "0.30", "at_most": "0.35"}, 100),
            ("≤ 0.40", {"above": "0.35", "at_most": "0.40"}, 100),
        ]

    def test_keeps_the_order_of_a_table_that_runs_down(self, card):
        split(card["characteristics"][ACR], 1)

        assert [label for label, _ends, _points in table(card, ACR)] == ["≥ 1.2", "≥ 1", "≥ 0.8", "below 0.8"]

    def test_cuts_tenors_at_whole_months(self, card):
        split(card["characteristics"][TENOR], 1)

        assert [cut.value for cut in cuts_of(bins_of(card, TENOR))] == ["12", "18", "24", "36"]

    def test_goes_beyond_an_open_end(self, card):
        split(card["characteristics"][TENOR], 3)

        assert table(card, TENOR)[3:] == [
            ("≤ 72", {"above": "36", "at_most": "72"}, -50),
            ("> 72", {"above": "72"}, -50),
        ]

    def test_needs_room(self, card):
        set_cut(bins_of(card, TENOR), 1, Cut("13", True))

        with pytest.raises(CannotEdit, match="no_room"):
            split(card["characteristics"][TENOR], 1)

    def test_is_of_numbers(self, card):
        with pytest.raises(CannotEdit, match="nothing_to_split"):
            split(card["characteristics"][DSR], 0)


class TestMerging:
    def test_joins_with_the_next_higher_and_keeps_its_own_points(self, card):
        merge(card["characteristics"][DSR], 2)

        assert table(card, DSR)[2] == ("≤ 0.50", {"above": "0.30", "at_most": "0.50"}, 100)
        assert len(bins_of(card, DSR)) == 4

    def test_joins_the_highest_with_the_one_below(self, card):
        merge(card["characteristics"][ACR], 0)

        assert table(card, ACR) == [("≥ 0.8", {"at_least": "0.8"}, 100), ("below 0.8", {"below": "0.8"}, -50)]

    def test_leaves_two(self, card):
        merge(card["characteristics"][ACR], 1)

        with pytest.raises(CannotEdit, match="nothing_to_merge"):
            merge(card["characteristics"][ACR], 0)

    def test_undoes_a_split(self, card):
        split(card["characteristics"][TENOR], 1)
        merge(card["characteristics"][TENOR], 1)

        assert card == STANDARD_1


class TestTheRest:
    def test_rows_move_and_stop_at_the_ends(self, card):
        move(bins_of(card, DSR), 0, 1)

        assert [label for label, _ends, _points in table(card, DSR)][:2] == ["≤ 0.30", "no income"]
        with pytest.raises(CannotEdit, match="nowhere"):
            move(bins_of(card, DSR), 0, -1)

    def test_numbers_are_not_taken_out(self, card):
        with pytest.raises(CannotEdit, match="merge"):
            remove_bin(card["characteristics"][DSR], 1)

    def test_a_bin_for_missing_is_added_once(self, card):
        add_bin(card["characteristics"][DSR], "missing")

        assert bins_of(card, DSR)[-1] == {"label": "not known", "missing": True, "points": -200}
        with pytest.raises(CannotEdit, match="already"):
            add_bin(card["characteristics"][DSR], "missing")

    @pytest.mark.parametrize("fact", [*RAW_FACTS, *(fact.value for fact in DerivedFact)])
    def test_a_new_characteristic_of_any_fact_makes_a_card_that_scores_as_before(self, card, fact):
        before = Scorecard.from_dict(card)

        add_characteristic(card, fact)

        facts = {
            "monthly_income": [0, 500_000_000],
            "assets_value": [0, 2_000_000_000],
            "loan_amount": [1_000_000_000] * 2,
            "tenor_months": [12, 36],
        }
        words = {
            "akad": np.array(["murabahah"] * 2, dtype=np.object_),
            "purpose": np.array(["x"] * 2, dtype=np.object_),
        }
        columns = Facts(columns={**{name: np.array(column, dtype=np.int64) for name, column in facts.items()}, **words})
        after = Scorecard.from_dict(card)
        assert after.score(columns).raw_score.tolist() == before.score(columns).raw_score.tolist()


SHAPES = st.lists(
    st.tuples(st.sampled_from(["split", "merge", "up", "down"]), st.integers(0, 4), st.integers(0, 8)), max_size=12
)


@given(card=cards(), changes=SHAPES)
def test_no_change_of_shape_ever_breaks_a_card(card, changes):
    written = card.to_dict()
    acts = {
        "split": split,
        "merge": merge,
        "up": lambda characteristic, place: move(characteristic["bins"], place, -1),
        "down": lambda characteristic, place: move(characteristic["bins"], place, 1),
    }

    for act, at, place in changes:
        characteristic = written["characteristics"][at % len(written["characteristics"])]
        try:
            acts[act](characteristic, place % len(characteristic["bins"]))
        except CannotEdit:
            continue

    assert Scorecard.from_dict(written).to_dict() == written
