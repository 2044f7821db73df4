"""What changed between two cards: points by points, and bins by what they cover."""

from copy import deepcopy
from functools import reduce
from operator import getitem

from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.engine import RESCALED_1, STANDARD_1, Kind, Scorecard, differences
from tests.engine.random_cards import cards
from tests.engine.samples import STANDARD, numeric, written_card


def changed(*edits, card=STANDARD_1):
    """The card with some places written anew; None takes a part away."""
    written = deepcopy(dict(card))
    for (*path, last), value in edits:
        part = reduce(getitem, path, written)
        if value is None:
            del part[last]
        else:
            part[last] = value
    return Scorecard.from_dict(written)


def told(old, new):
    """Kind, what, path, before and after of every difference."""
    return [
        (each.kind.value, each.what, ".".join(map(str, each.place)), each.before, each.after)
        for each in differences(old, new)
    ]


def tenor(*bins, **changes):
    return Scorecard.from_dict(written_card(characteristics=[{**numeric("tenor_months", *bins), **changes}]))


def stretch(points, **ends):
    return {"label": " ".join(f"{key} {value}" for key, value in ends.items()), **ends, "points": points}


HALVES = tenor(stretch(10, at_most="24"), stretch(0, above="24"))
DSR = ("characteristics", 0)


class TestCards:
    def test_the_same_card_has_no_differences_whatever_it_is_called(self):
        assert differences(STANDARD, changed((("version",), "standard-2"))) == ()

    def test_base_range_margin_and_name_are_told_as_they_stand(self):
        new = changed(
            (("name",), "Other"),
            (("base_points",), 310),
            (("score_range", "highest"), 900),
            (("margin", "method"), "annuity"),
            (("margin", "rate"), "0.150"),
        )

        assert told(STANDARD, new) == [
            ("changed", "name", "name", "Standard", "Other"),
            ("changed", "base_points", "base_points", 300, 310),
            ("changed", "highest", "score_range.highest", 850, 900),
            ("changed", "margin_method", "margin.method", "once", "annuity"),
            ("changed", "margin_rate", "margin.rate", "0.15", "0.150"),
        ]

    def test_the_rescaled_draft_is_a_new_base_and_new_points(self):
        found = differences(STANDARD, Scorecard.from_dict(RESCALED_1))

        assert [(each.what, each.bin, each.before, each.after) for each in found] == [
            ("name", "", "Standard", "Rescaled"),
            ("base_points", "", 300, 575),
            ("points", "no income", -200, -183),
            ("points", "≤ 0.30", 150, 137),
            ("points", "≤ 0.40", 100, 92),
            ("points", "above 0.50", -150, -138),
            ("points", "≥ 1.2", 100, 92),
            ("points", "≥ 0.8", 50, 46),
            ("points", "below 0.8", -50, -46),
            ("points", "≤ 12", 50, 46),
            ("points", "≤ 24", 20, 18),
            ("points", "≤ 36", -20, -18),
            ("points", "above 36", -50, -46),
        ]

    def test_bands_are_told_by_what_they_mean(self):
        new = changed(
            (("segment_bands", 0, "at_least"), 720),
            (("pd_bands", 0, "probability"), "0.02"),
            (("pd_bands", 1, "at_least"), 640),
            (("pd_bands", 2), {"at_least": 500, "probability": "0.3"}),
        )

        assert told(STANDARD, new) == [
            ("changed", "pd_band", "pd_bands.0", "≥ 750: 0.01", "≥ 750: 0.02"),
            ("changed", "pd_band", "pd_bands.1", "≥ 650: 0.05", "≥ 640: 0.05"),
            ("added", "pd_band", "pd_bands.2", None, "≥ 500: 0.3"),
            ("removed", "pd_band", "pd_bands.2", "≥ 550: 0.15", None),
            ("changed", "segment_band", "segment_bands.0", "≥ 700: low", "≥ 720: low"),
        ]


class TestCharacteristics:
    def test_one_more_and_one_less_are_told_with_their_bins(self):
        income = numeric("monthly_income", stretch(1, below="5"), stretch(2, at_least="5"))
        new = changed((("characteristics", 0), income))

        assert told(STANDARD, new) == [
            ("added", "characteristic", "characteristics.0", None, "below 5: 1; at_least 5: 2"),
            (
                "removed",
                "characteristic",
                "characteristics.0",
                "no income: -200; ≤ 0.30: 150; ≤ 0.40: 100; ≤ 0.50: 0; above 0.50: -150",
                None,
            ),
        ]

    def test_another_order_is_one_difference(self):
        dsr, acr, months = STANDARD_1["characteristics"]
        new = changed((("characteristics",), [months, dsr, acr]))

        assert told(STANDARD, new) == [
            (
                "moved",
                "order",
                "characteristics",
                "Debt service ratio, Asset coverage ratio, Tenor",
                "Tenor, Debt service ratio, Asset coverage ratio",
            )
        ]

    def test_a_renamed_one_is_still_known_by_its_fact(self):
        assert told(STANDARD, changed(((*DSR, "name"), "burden"))) == [
            ("changed", "name", "characteristics.0.name", "dsr", "burden")
        ]

    def test_a_declared_direction_is_told(self):
        assert told(HALVES, tenor(stretch(10, at_most="24"), stretch(0, above="24"), direction="lower_is_better")) == [
            ("changed", "direction", "characteristics.0.direction", None, "lower_is_better")
        ]


class TestBins:
    def test_points_and_labels_are_told_wherever_the_bin_stands(self):
        new = tenor(stretch(5, above="24"), {**stretch(10, at_most="24"), "label": "short"})

        assert told(HALVES, new) == [
            ("moved", "order", "characteristics.0.bins", "short, above 24", "above 24, short"),
            ("changed", "points", "characteristics.0.bins.0.points", 0, 5),
            ("changed", "label", "characteristics.0.bins.1.label", "at_most 24", "short"),
        ]

    def test_a_moved_cut_off_changes_what_two_bins_cover(self):
        short, long = (
            {**stretch(10, at_most="30"), "label": "at_most 24"},
            {**stretch(0, above="30"), "label": "above 24"},
        )

        assert told(HALVES, tenor(short, long)) == [
            ("changed", "cover", "characteristics.0.bins.0", "≤ 24", "≤ 30"),
            ("changed", "cover", "characteristics.0.bins.1", "> 24", "> 30"),
        ]

    def test_a_cut_off_that_changes_sides_is_told(self):
        new = tenor(
            {**stretch(10, below="24"), "label": "at_most 24"}, {**stretch(0, at_least="24"), "label": "above 24"}
        )

        assert told(HALVES, new) == [
            ("changed", "cover", "characteristics.0.bins.0", "≤ 24", "< 24"),
            ("changed", "cover", "characteristics.0.bins.1", "> 24", "≥ 24"),
        ]

    def test_a_split_leaves_the_bins_around_it_alone(self):
        new = tenor(stretch(12, at_most="12"), stretch(8, above="12", at_most="24"), stretch(0, above="24"))

        assert told(HALVES, new) == [
            ("added", "bin", "characteristics.0.bins.0", None, 12),
            ("added", "bin", "characteristics.0.bins.1", None, 8),
            ("removed", "bin", "characteristics.0.bins.0", 10, None),
        ]
        assert [each.bin for each in differences(HALVES, new)] == ["at_most 12", "above 12 at_most 24", "at_most 24"]

    def test_a_merge_is_a_split_the_other_way(self):
        three = tenor(stretch(12, at_most="12"), stretch(8, above="12", at_most="24"), stretch(0, above="24"))

        assert [(each.kind, each.before, each.after) for each in differences(three, HALVES)] == [
            (Kind.ADDED, None, 10),
            (Kind.REMOVED, 12, None),
            (Kind.REMOVED, 8, None),
        ]

    def test_words_are_known_by_the_list_and_then_by_the_label(self):
        other = {"label": "other", "other": True, "points": 0}

        def akad(*bins):
            written = {"name": "akad", "label": "Akad", "fact": "akad", "bins": [*bins, other]}
            return Scorecard.from_dict(written_card(characteristics=[written]))

        sale = {"label": "sale", "values": ["murabahah", "salam"], "points": 5}
        lease = {"label": "lease", "values": ["ijarah"], "points": 3}
        new = akad({**sale, "values": ["salam", "murabahah"]}, {**lease, "values": ["ijarah", "multijasa"]})

        assert told(akad(sale, lease), new) == [
            ("changed", "cover", "characteristics.0.bins.0", "murabahah, salam", "salam, murabahah"),
            ("changed", "cover", "characteristics.0.bins.1", "ijarah", "ijarah, multijasa"),
        ]

    def test_a_bin_for_missing_is_added(self):
        bins = [*STANDARD_1["characteristics"][0]["bins"], {"label": "unknown", "missing": True, "points": -250}]

        assert told(STANDARD, changed(((*DSR, "bins"), bins))) == [
            ("added", "bin", "characteristics.0.bins.5", None, -250)
        ]


class TestRandomCards:
    @settings(max_examples=60, deadline=None)
    @given(cards(), cards())
    def test_two_cards_differ_exactly_if_their_content_does(self, one, other):
        assert (differences(one, other) == ()) == (one.to_dict() == other.to_dict())
        assert differences(one, one) == ()

    @settings(max_examples=60, deadline=None)
    @given(cards(), st.data())
    def test_every_change_of_points_is_told_with_both_numbers_and_no_other(self, card, data):
        written = card.to_dict()
        at = data.draw(st.integers(0, len(written["characteristics"]) - 1))
        bins = written["characteristics"][at]["bins"]
        index, points = data.draw(st.integers(0, len(bins) - 1)), data.draw(st.integers(-9, 9))
        before = bins[index]["points"]
        bins[index]["points"] = points

        found = told(card, Scorecard.from_dict(written))

        path = f"characteristics.{at}.bins.{index}.points"
        assert found == ([] if points == before else [("changed", "points", path, before, points)])
