"""The address of a list: what in it is a filter, and how it is written."""

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlencode

SEARCH, ORDER, PAGE = "q", "o", "p"
VIEW, COLUMNS = "view", "cols"
ALL_ROWS = "0"  # ?view=0: no view, also where a list opens with one
OURS = (VIEW, COLUMNS)
PASSING = (PAGE, VIEW, "e", "all", "_popup", "_to_field", "_facets", "_changelist_filters")

_PHONE_OR_NIK = re.compile(r"\d{9,}")
_MOMENT_OR_KEY = re.compile(r"\d{4}-\d\d-\d\d|[0-9a-f]{8}-[0-9a-f]{4}-")

Values = Mapping[str, Sequence[str]]


def written(values: Values) -> str:
    """Always the same for the same filters, whatever their order was."""
    return urlencode([(name, value) for name in sorted(values) for value in values[name]], safe=",")


def tidied(values: Values) -> dict[str, list[str]]:
    """Without what says nothing: a blank filter, and a value given twice."""
    filled = {name: list(dict.fromkeys(value for value in given if value)) for name, given in values.items()}
    return {name: given for name, given in filled.items() if given}


def kept_in_view(values: Values) -> dict[str, list[str]]:
    """What a saved view remembers: no page, no other view, and nobody's NIK."""
    kept = {name: given for name, given in tidied(values).items() if name not in PASSING}
    return {name: given for name, given in kept.items() if not any(map(holds_identity, given))}


def told_of(values: Values) -> str:
    """For the log: how the list was filtered, and that it was searched for a NIK or a phone number but not for which."""
    kept = kept_in_view(values)
    hidden = [name for name, given in tidied(values).items() if any(map(holds_identity, given)) and name not in PASSING]
    return written({**kept, **{name: ["NIK"] for name in hidden}})


def holds_identity(term: str) -> bool:
    """As many digits on end as a phone number has, and neither a moment nor the key of an import."""
    return bool(_PHONE_OR_NIK.search(re.sub(r"[\s.+-]", "", term))) and not _MOMENT_OR_KEY.match(term)


def without(values: Values, name: str, value: str | None = None) -> dict[str, list[str]]:
    """The values but for one of a parameter, or for all of it."""
    left = {key: [item for item in given if key != name or value not in (None, item)] for key, given in values.items()}
    return {key: given for key, given in left.items() if given and key != PAGE}


def positions(order: str, names: Sequence[str]) -> str:
    """Django counts columns: «-amount.state» among the names shown becomes «-3.5»; what is not shown orders nothing."""
    return ".".join(
        f"{sign}{names.index(name)}" for sign, name in _terms(order) if name in names and name != "action_checkbox"
    )


def named(order: str, names: Sequence[str]) -> str:
    """As the address says it: by name, so that it stays true when columns come and go."""
    by_place = {str(place): name for place, name in enumerate(names)}
    return ".".join(f"{sign}{by_place.get(place, place)}" for sign, place in _terms(order))


def _terms(order: str) -> Iterable[tuple[str, str]]:
    for term in order.split("."):
        if term:
            yield ("-", term[1:]) if term.startswith("-") else ("", term)
