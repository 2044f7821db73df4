"""What can be wrong with a scorecard, each with a stable code and a sentence."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, Self, TypeAlias

Place: TypeAlias = tuple[
    str | int, ...
]  # the keys from the written card down to a part: ("characteristics", 0, "bins")

CARD_MESSAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "not_an_object": "%(where)s must be an object.",
        "not_a_list": "%(where)s must be a list.",
        "key_missing": "%(where)s lacks “%(key)s”.",
        "key_unknown": "%(where)s has an unknown key “%(key)s”.",
        "not_text": "%(where)s must be text that is not blank.",
        "not_whole": "%(where)s must be a whole number between -100000 and 100000.",
        "not_decimal_text": '%(where)s must be a plain decimal written as text, such as "0.30".',
        "not_a_name": "%(where)s must be a name of small letters, digits and underscores.",
        "format_unknown": "This card is written in format %(format)s; only format 1 is known.",
        "range_empty": "The score range must end above where it begins: %(lowest)s to %(highest)s.",
        "range_too_wide": "The score range %(lowest)s to %(highest)s is wider than 10000.",
        "margin_method_unknown": "The margin method “%(method)s” is unknown: it is once, flat_per_annum or annuity.",
        "margin_rate_unusable": "The margin rate must lie between 0 and 10, with at most 6 decimals; %(rate)s does not.",
        "no_characteristics": "The card has no characteristics.",
        "too_many_characteristics": "The card has more than 100 characteristics.",
        "characteristic_twice": "Two characteristics are named %(characteristic)s.",
        "fact_unknown": "%(characteristic)s: there is no fact named %(fact)s.",
        "no_bins": "%(characteristic)s: there are no bins.",
        "too_many_bins": "%(characteristic)s: there are more than 100 bins.",
        "label_twice": "%(characteristic)s: two bins are labelled “%(label)s”.",
        "cut_off_not_finite": "“%(label)s”: the cut-off %(cut_off)s is not a finite number.",
        "cut_off_unusable": "“%(label)s”: the cut-off %(cut_off)s must lie within ±10^15 and have at most 12 decimals.",
        "bin_empty": "“%(label)s”: no value is both above %(lower)s and below %(upper)s.",
        "bound_twice": "%(where)s states one end twice.",
        "bin_kind_unclear": "%(where)s must say exactly one of: cut-offs, values, other, no_value, missing.",
        "bin_kind_wrong": "%(characteristic)s: “%(label)s” does not fit a %(kind)s fact.",
        "nothing_below": "%(characteristic)s: a value below %(cut_off)s has no bin.",
        "nothing_above": "%(characteristic)s: a value above %(cut_off)s has no bin.",
        "gap": "%(characteristic)s: a value between %(lower)s and %(upper)s has no bin.",
        "overlap": "%(characteristic)s: “%(left)s” and “%(right)s” overlap.",
        "cut_off_in_none": "%(characteristic)s: the value %(cut_off)s itself has no bin.",
        "cut_off_in_both": "%(characteristic)s: the value %(cut_off)s itself has two bins.",
        "no_value_bin_missing": "%(characteristic)s: %(fact)s can have no value, and no bin says what that earns.",
        "no_value_bin_needless": "%(characteristic)s: %(fact)s always has a value, so a bin for none can never be used.",
        "no_value_bin_twice": "%(characteristic)s: two bins are for no value.",
        "missing_bin_needless": "%(characteristic)s: %(fact)s rests on amount and tenor, which are never missing, so a bin for missing can never be used.",
        "missing_bin_twice": "%(characteristic)s: two bins are for missing.",
        "values_empty": "“%(label)s”: the list of values is empty.",
        "value_twice": "%(characteristic)s: the value “%(value)s” is listed twice.",
        "unlisted_undecided": "%(characteristic)s: say what an unlisted value gets - one bin for other, or unlisted: refuse.",
        "direction_unknown": "%(characteristic)s: the direction “%(direction)s” is unknown: it is higher_is_better or lower_is_better.",
        "direction_needless": "%(characteristic)s: words have no order, so no direction is better.",
        "unlisted_needless": "%(characteristic)s: a numeric fact has no unlisted values to refuse.",
        "bands_empty": "There are no %(bands)s bands.",
        "bands_not_descending": "The %(bands)s bands must descend: %(lower)s cannot follow %(upper)s.",
        "bands_leave_bottom": "The %(bands)s bands end at %(at_least)s; the scores from %(lowest)s up to there have none.",
        "bands_leave_range": "A %(bands)s band begins at %(at_least)s, outside the score range %(lowest)s to %(highest)s.",
        "too_many_bands": "There are more than 100 %(bands)s bands.",
        "probability_unusable": "The probability of default %(probability)s must lie between 0 and 1, with at most 12 decimals.",
        "segment_twice": "Two bands carry the segment %(segment)s.",
    }
)


class ScorecardError(ValueError):
    """
    A card that cannot be built.

    `code` is stable, `params` fill the message, `str(error)` is the English sentence, `places` say where it is wrong.
    """

    def __init__(
        self, code: str, params: Mapping[str, object] | None = None, places: tuple[Place, ...] = ((),)
    ) -> None:
        super().__init__(code, dict(params or {}), places)
        self.code = code
        self.params = dict(params or {})
        self.places = places

    def __str__(self) -> str:
        return card_sentence(self.code, self.params)

    def within(self, *outer: str | int) -> Self:
        """The same, found in a part of something larger."""
        return type(self)(self.code, self.params, tuple((*outer, *place) for place in self.places))


def card_sentence(code: str, params: Mapping[str, object]) -> str:
    sentence = CARD_MESSAGES[code] % params
    return sentence[:1].upper() + sentence[1:] if "where" in params else sentence


def refuse_first(faults: Iterable[ScorecardError]) -> None:
    """:raises ScorecardError: the first of the faults, if there is one"""
    for fault in faults:
        raise fault
