"""A card that could leave a row without an answer, or with two, cannot be built."""

from decimal import Decimal
from functools import reduce
from operator import getitem
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.engine import (
    CARD_MESSAGES,
    Characteristic,
    NumericBin,
    PdBand,
    Scorecard,
    ScorecardError,
    ScoreRange,
    SegmentBand,
    ValuesBin,
)
from tests.engine.samples import numeric, written_card


def bin_(points=0, **ends):
    label = " ".join(f"{key} {value}" for key, value in ends.items())
    return {"label": label, **ends, "points": points}


def tenor(*bins, **changes):
    return {**numeric("tenor_months", *bins), **changes}


def akad(*bins, **changes):
    return {"name": "akad", "label": "Akad", "fact": "akad", "bins": list(bins), **changes}


WHOLE_LINE = [bin_(at_most="12"), bin_(above="12")]
LISTED = {"label": "sale", "values": ["murabahah"], "points": 1}
OTHER = {"label": "other", "other": True, "points": 0}
NONE = {"label": "none", "no_value": True, "points": 0}
MISSING = {"label": "unknown", "missing": True, "points": 0}

WRONG_CHARACTERISTICS = [
    (tenor(bin_(at_most="12"), bin_(above="13")), "gap", "tenor_months: a value between 12 and 13 has no bin."),
    (tenor(bin_(at_most="13"), bin_(above="12")), "overlap", "tenor_months: “at_most 13” and “above 12” overlap."),
    (tenor(bin_(at_most="12"), bin_(at_most="24")), "overlap", "tenor_months: “at_most 12” and “at_most 24” overlap."),
    (tenor(bin_(below="12"), bin_(above="12")), "cut_off_in_none", "tenor_months: the value 12 itself has no bin."),
    (
        tenor(bin_(at_most="12"), bin_(at_least="12.0")),
        "cut_off_in_both",
        "tenor_months: the value 12 itself has two bins.",
    ),
    (tenor(bin_(above="12")), "nothing_below", "tenor_months: a value below 12 has no bin."),
    (tenor(bin_(at_most="12")), "nothing_above", "tenor_months: a value above 12 has no bin."),
    (
        tenor(*WHOLE_LINE, bin_(above="24", at_most="24")),
        "bin_empty",
        "“above 24 at_most 24”: no value is both above 24 and below 24.",
    ),
    (
        tenor(bin_(at_most="NaN"), bin_(above="12")),
        "cut_off_not_finite",
        "“at_most NaN”: the cut-off NaN is not a finite number.",
    ),
    (
        tenor(bin_(at_most="Infinity"), bin_(above="12")),
        "cut_off_not_finite",
        "“at_most Infinity”: the cut-off Infinity is not a finite number.",
    ),
    (
        tenor(bin_(at_most="1" + "0" * 15), bin_(above="12")),
        "cut_off_unusable",
        "“at_most 1000000000000000”: the cut-off 1000000000000000 must lie within ±10^15 and have at most 12 decimals.",
    ),
    (
        tenor(bin_(at_most="0.1234567890123"), bin_(above="12")),
        "cut_off_unusable",
        "“at_most 0.1234567890123”: the cut-off 0.1234567890123 must lie within ±10^15 and have at most 12 decimals.",
    ),
    (
        tenor(bin_(at_most=12), bin_(above="12")),
        "not_decimal_text",
        '“at_most” of a bin of tenor_months must be a plain decimal written as text, such as "0.30".',
    ),
    (
        tenor(bin_(at_most="1e3"), bin_(above="12")),
        "not_decimal_text",
        '“at_most” of a bin of tenor_months must be a plain decimal written as text, such as "0.30".',
    ),
    (tenor(bin_(at_most="12", below="12")), "bound_twice", "A bin of tenor_months states one end twice."),
    (tenor(*WHOLE_LINE, WHOLE_LINE[0]), "label_twice", "tenor_months: two bins are labelled “at_most 12”."),
    (tenor(), "no_bins", "tenor_months: there are no bins."),
    (
        tenor(*({**OTHER, "label": str(n)} for n in range(101))),
        "too_many_bins",
        "tenor_months: there are more than 100 bins.",
    ),
    (
        tenor(*WHOLE_LINE, direction="up"),
        "direction_unknown",
        "tenor_months: the direction “up” is unknown: it is higher_is_better or lower_is_better.",
    ),
    (
        akad(LISTED, OTHER, direction="higher_is_better"),
        "direction_needless",
        "akad: words have no order, so no direction is better.",
    ),
    (tenor(*WHOLE_LINE, LISTED), "bin_kind_wrong", "tenor_months: “sale” does not fit a numeric fact."),
    (
        tenor(*WHOLE_LINE, unlisted="refuse"),
        "unlisted_needless",
        "tenor_months: a numeric fact has no unlisted values to refuse.",
    ),
    (
        tenor(*WHOLE_LINE, NONE),
        "no_value_bin_needless",
        "tenor_months: tenor_months always has a value, so a bin for none can never be used.",
    ),
    (
        tenor(*WHOLE_LINE, fact="debt_service_ratio", name="dsr"),
        "no_value_bin_missing",
        "dsr: debt_service_ratio can have no value, and no bin says what that earns.",
    ),
    (
        tenor(*WHOLE_LINE, NONE, {**NONE, "label": "again"}, fact="debt_service_ratio", name="dsr"),
        "no_value_bin_twice",
        "dsr: two bins are for no value.",
    ),
    (tenor(NONE, fact="debt_service_ratio", name="dsr"), "no_bins", "dsr: there are no bins."),
    *(
        (
            tenor(*WHOLE_LINE, MISSING, fact=fact),
            "missing_bin_needless",
            f"tenor_months: {fact} rests on amount and tenor, which are never missing, "
            "so a bin for missing can never be used.",
        )
        for fact in ("loan_amount", "tenor_months", "monthly_installment")
    ),
    (
        tenor(*WHOLE_LINE, MISSING, {**MISSING, "label": "again"}, fact="monthly_income", name="income"),
        "missing_bin_twice",
        "income: two bins are for missing.",
    ),
    (
        akad(LISTED, OTHER, MISSING, {**MISSING, "label": "again"}),
        "missing_bin_twice",
        "akad: two bins are for missing.",
    ),
    (
        tenor(*WHOLE_LINE, MISSING, fact="debt_service_ratio", name="dsr"),
        "no_value_bin_missing",
        "dsr: debt_service_ratio can have no value, and no bin says what that earns.",
    ),
    (
        tenor(*WHOLE_LINE, MISSING, {**MISSING, "missing": "yes"}, fact="monthly_income", name="income"),
        "bin_kind_unclear",
        "A bin of income must say exactly one of: cut-offs, values, other, no_value, missing.",
    ),
    (
        tenor(*WHOLE_LINE, {**NONE, **MISSING}, fact="debt_service_ratio", name="dsr"),
        "bin_kind_unclear",
        "A bin of dsr must say exactly one of: cut-offs, values, other, no_value, missing.",
    ),
    (tenor(MISSING, fact="monthly_income", name="income"), "no_bins", "income: there are no bins."),
    (akad(MISSING, unlisted="refuse"), "no_bins", "akad: there are no bins."),
    (
        akad(LISTED, MISSING),
        "unlisted_undecided",
        "akad: say what an unlisted value gets - one bin for other, or unlisted: refuse.",
    ),
    (tenor(*WHOLE_LINE, fact="height"), "fact_unknown", "tenor_months: there is no fact named height."),
    (
        tenor(*WHOLE_LINE, name="Tenor!"),
        "not_a_name",
        "“Tenor!” must be a name of small letters, digits and underscores.",
    ),
    (tenor(*WHOLE_LINE, name=7), "not_text", "The name of a characteristic must be text that is not blank."),
    (tenor(*WHOLE_LINE, fact=["akad"]), "not_text", "The fact of tenor_months must be text that is not blank."),
    (tenor(*WHOLE_LINE, label=" "), "not_text", "The label of tenor_months must be text that is not blank."),
    (
        tenor({**WHOLE_LINE[0], "label": ""}, WHOLE_LINE[1]),
        "not_text",
        "The label of a bin must be text that is not blank.",
    ),
    (
        tenor({**WHOLE_LINE[0], "points": 1.5}, WHOLE_LINE[1]),
        "not_whole",
        "The points of “at_most 12” must be a whole number between -100000 and 100000.",
    ),
    (
        tenor({**WHOLE_LINE[0], "points": True}, WHOLE_LINE[1]),
        "not_whole",
        "The points of “at_most 12” must be a whole number between -100000 and 100000.",
    ),
    (
        tenor({**WHOLE_LINE[0], "points": 100_001}, WHOLE_LINE[1]),
        "not_whole",
        "The points of “at_most 12” must be a whole number between -100000 and 100000.",
    ),
    (
        tenor({"label": "x", "points": 0}),
        "bin_kind_unclear",
        "A bin of tenor_months must say exactly one of: cut-offs, values, other, no_value, missing.",
    ),
    (
        akad({**OTHER, "other": False}),
        "bin_kind_unclear",
        "A bin of akad must say exactly one of: cut-offs, values, other, no_value, missing.",
    ),
    (
        akad({**LISTED, **OTHER}),
        "bin_kind_unclear",
        "A bin of akad must say exactly one of: cut-offs, values, other, no_value, missing.",
    ),
    (akad(*WHOLE_LINE, OTHER), "bin_kind_wrong", "akad: “at_most 12” does not fit a category fact."),
    (
        akad(LISTED),
        "unlisted_undecided",
        "akad: say what an unlisted value gets - one bin for other, or unlisted: refuse.",
    ),
    (
        akad(LISTED, OTHER, unlisted="refuse"),
        "unlisted_undecided",
        "akad: say what an unlisted value gets - one bin for other, or unlisted: refuse.",
    ),
    (
        akad(LISTED, unlisted="ignore"),
        "unlisted_undecided",
        "akad: say what an unlisted value gets - one bin for other, or unlisted: refuse.",
    ),
    (akad({**LISTED, "values": []}, OTHER), "values_empty", "“sale”: the list of values is empty."),
    (akad({**LISTED, "values": [""]}, OTHER), "not_text", "A value of “sale” must be text that is not blank."),
    (
        akad({**LISTED, "values": ["a", "a"]}, OTHER),
        "value_twice",
        "akad: the value “a” is listed twice.",
    ),
    (akad({**LISTED, "values": "murabahah"}, OTHER), "not_a_list", "The values of a bin of akad must be a list."),
    (akad({**LISTED, "color": "red"}, OTHER), "key_unknown", "A bin of akad has an unknown key “color”."),
    ("tenor", "not_an_object", "A characteristic must be an object."),
]

PD = {"at_least": 300, "probability": "0.4"}
SEGMENT = {"at_least": 300, "segment": "high"}
WRONG_CARDS: list[tuple[dict[str, Any], str, str]] = [
    ({"format": 2}, "format_unknown", "This card is written in format 2; only format 1 is known."),
    ({"format": True}, "format_unknown", "This card is written in format True; only format 1 is known."),
    ({"name": ""}, "not_text", "The name of the card must be text that is not blank."),
    ({"version": 1}, "not_text", "The version of the card must be text that is not blank."),
    ({"base_points": "300"}, "not_whole", "The base points must be a whole number between -100000 and 100000."),
    ({"score_range": [300, 850]}, "not_an_object", "The score range must be an object."),
    (
        {"score_range": {"lowest": 850, "highest": 300}},
        "range_empty",
        "The score range must end above where it begins: 850 to 300.",
    ),
    (
        {"score_range": {"lowest": 0, "highest": 10001}},
        "range_too_wide",
        "The score range 0 to 10001 is wider than 10000.",
    ),
    ({"score_range": {"lowest": 0}}, "key_missing", "The score range lacks “highest”."),
    (
        {"score_range": {"lowest": 0.5, "highest": 9}},
        "not_whole",
        "The lowest score must be a whole number between -100000 and 100000.",
    ),
    (
        {"margin": {"method": "weekly", "rate": "0.15"}},
        "margin_method_unknown",
        "The margin method “weekly” is unknown: it is once, flat_per_annum or annuity.",
    ),
    *(
        (
            {"margin": {"method": "once", "rate": rate}},
            "margin_rate_unusable",
            f"The margin rate must lie between 0 and 10, with at most 6 decimals; {rate} does not.",
        )
        for rate in ("-0.15", "10.1", "0.1234567", "NaN")
    ),
    (
        {"margin": {"method": "once", "rate": 0.15}},
        "not_decimal_text",
        'The margin rate must be a plain decimal written as text, such as "0.30".',
    ),
    ({"characteristics": []}, "no_characteristics", "The card has no characteristics."),
    ({"characteristics": {}}, "not_a_list", "The list of characteristics must be a list."),
    (
        {"characteristics": [tenor(*WHOLE_LINE), tenor(*WHOLE_LINE)]},
        "characteristic_twice",
        "Two characteristics are named tenor_months.",
    ),
    (
        {"characteristics": [tenor(*WHOLE_LINE, name=f"t{n}") for n in range(101)]},
        "too_many_characteristics",
        "The card has more than 100 characteristics.",
    ),
    ({"pd_bands": []}, "bands_empty", "There are no PD bands."),
    ({"segment_bands": []}, "bands_empty", "There are no segment bands."),
    (
        {"pd_bands": [{**PD, "at_least": 301}]},
        "bands_leave_bottom",
        "The PD bands end at 301; the scores from 300 up to there have none.",
    ),
    (
        {"segment_bands": [{**SEGMENT, "at_least": 851}, SEGMENT]},
        "bands_leave_range",
        "A segment band begins at 851, outside the score range 300 to 850.",
    ),
    (
        {"pd_bands": [PD, {**PD, "at_least": 500}]},
        "bands_not_descending",
        "The PD bands must descend: 500 cannot follow 300.",
    ),
    ({"pd_bands": [PD, PD]}, "bands_not_descending", "The PD bands must descend: 300 cannot follow 300."),
    (
        {"pd_bands": [{**PD, "at_least": 300 + n} for n in range(101)]},
        "too_many_bands",
        "There are more than 100 PD bands.",
    ),
    *(
        (
            {"pd_bands": [{**PD, "probability": probability}]},
            "probability_unusable",
            f"The probability of default {probability} must lie between 0 and 1, with at most 12 decimals.",
        )
        for probability in ("1.01", "-0.1", "NaN")
    ),
    (
        {"segment_bands": [{**SEGMENT, "at_least": 500}, SEGMENT]},
        "segment_twice",
        "Two bands carry the segment high.",
    ),
    ({"color": "red"}, "key_unknown", "The card has an unknown key “color”."),
]


@pytest.mark.parametrize(("characteristic", "code", "sentence"), WRONG_CHARACTERISTICS)
def test_a_wrong_characteristic_is_refused_with_its_own_sentence(characteristic, code, sentence):
    with pytest.raises(ScorecardError) as refusal:
        Scorecard.from_dict(written_card(characteristics=[characteristic]))

    assert (refusal.value.code, str(refusal.value)) == (code, sentence)


@pytest.mark.parametrize(("changes", "code", "sentence"), WRONG_CARDS)
def test_a_wrong_card_is_refused_with_its_own_sentence(changes, code, sentence):
    with pytest.raises(ScorecardError) as refusal:
        Scorecard.from_dict(written_card(**changes))

    assert (refusal.value.code, str(refusal.value)) == (code, sentence)


@pytest.mark.parametrize("written", [None, [], "standard-1", 7])
def test_what_is_no_object_is_no_card(written):
    with pytest.raises(ScorecardError, match="The card must be an object"):
        Scorecard.from_dict(written)


@pytest.mark.parametrize("key", list(written_card()))
def test_every_key_is_needed(key):
    written = {name: value for name, value in written_card().items() if name != key}

    with pytest.raises(ScorecardError, match=f"The card lacks “{key}”"):
        Scorecard.from_dict(written)


def places_in(written, path=()):
    """List the way to every value inside a written card."""
    inside = written.items() if isinstance(written, dict) else enumerate(written) if isinstance(written, list) else ()
    return [path, *(place for key, value in inside for place in places_in(value, (*path, key)))]


def card_or_sentence(written):
    try:
        return Scorecard.from_dict(written)
    except ScorecardError as error:
        return str(error)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(places_in(written_card())[1:]),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(max_size=8)
        | st.sampled_from(["0.30", "dsr", "1e9"]),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=8), inner, max_size=2),
        max_leaves=4,
    ),
)
def test_whatever_is_written_gives_a_card_or_a_sentence(place, value):
    written = written_card()
    *path, last = place
    reduce(getitem, path, written)[last] = value

    answer = card_or_sentence(written)

    assert answer
    assert isinstance(answer, str) or Scorecard.from_dict(answer.to_dict()) == answer


def test_every_sentence_is_tested():
    tested = {code for _, code, _ in (*WRONG_CHARACTERISTICS, *WRONG_CARDS)}

    assert tested == set(CARD_MESSAGES)


@pytest.mark.parametrize(
    "build",
    [
        lambda: NumericBin(label="x", points=0, upper=Decimal("NaN")),
        lambda: ValuesBin(label="x", points=0, values=()),
        lambda: Characteristic(name="x", label="x", fact="tenor_months", bins=()),
        lambda: ScoreRange(lowest=1, highest=1),
        lambda: PdBand(at_least=1, probability=Decimal(2)),
        lambda: SegmentBand(at_least=1, segment=""),
    ],
)
def test_no_part_can_be_built_wrong_by_hand_either(build):
    with pytest.raises(ScorecardError):
        build()
