"""The demo bank's customers: who they are, where they live, what they earn and own."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from scoring.demo.draws import Bools, Days, Floats, Ints, Texts, chance, pick, round_as_typed, texts
from scoring.demo.names import PEOPLES
from scoring.demo.places import OFFICES, OLD_HOMES, STREETS, VILLAGES

# share, median monthly income (Rp), spread of its logarithm, assets as months of income
OCCUPATIONS = (
    (0.26, 5_500_000, 0.55, 11),  # market traders and shopkeepers
    (0.22, 5_200_000, 0.35, 8),  # employees
    (0.12, 6_000_000, 0.30, 12),  # teachers and civil servants
    (0.12, 3_200_000, 0.50, 16),  # farmers
    (0.12, 3_400_000, 0.30, 5),  # drivers and labourers
    (0.10, 14_000_000, 0.70, 14),  # owners of small firms
    (0.06, 5_800_000, 0.30, 10),  # midwives and nurses
)
INCOME_STEPS = ((2_000_000, 50_000), (10_000_000, 100_000), (50_000_000, 500_000), (np.inf, 1_000_000))
ASSET_STEPS = ((10_000_000, 500_000), (100_000_000, 1_000_000), (1_000_000_000, 5_000_000), (np.inf, 50_000_000))
UNKNOWN_SHARE = 0.04
NO_INCOME_SHARE = 0.004
NO_ASSETS_SHARE = 0.03
MOVED_SHARE = 0.22
OPERATORS = texts([f"08{n}" for n in (12, 13, 21, 22, 38, 52, 53, 56, 57, 58, 77, 78, 81, 95, 96)])
_GROUPS = [(people, sex) for people in PEOPLES for sex in ("women", "men")]
_FIRST = [getattr(people, sex) for people, sex in _GROUPS]
_LAST = [getattr(people, f"{sex}_last") for people, sex in _GROUPS]
_FIRST_WORDS, _LAST_WORDS = texts([w for ws in _FIRST for w in ws]), texts(["", *(f" {w}" for ws in _LAST for w in ws)])
_PLACES = [(place, office) for office in OFFICES for place in office.places]
_DISTRICTS = [(place, district) for place, _ in _PLACES for district in place.districts]
_DISTRICTS_OF_OFFICE = [[i for i, d in enumerate(_DISTRICTS) if d[0] in office.places] for office in OFFICES]
_PLACE_OF_DISTRICT = np.array([int(place.code) for place, _ in _DISTRICTS])
_DISTRICT_NUMBER = np.array([place.districts.index(district) + 1 for place, district in _DISTRICTS])
_DISTRICT_WORDS = texts(
    [
        f", {district}, {place.name} {place.postcode}{number:02}"
        for (place, district), number in zip(_DISTRICTS, _DISTRICT_NUMBER, strict=True)
    ]
)
_STREETS, _VILLAGES = texts([f"Jl. {s} No. " for s in STREETS]), texts([f", {v}" for v in VILLAGES])


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCustomers:
    """
    Columns of customers, kept as numbers; `number_of` and its kind write the words of one slice.

    `income` and `assets` are the truth in rupiah; what the bank was told is that, where it `is_known`.
    `quality` (standard normal, good is high) is what no form asks: thrift, character, luck.
    """

    office: Ints
    is_woman: Bools
    first_name: Ints
    last_name: Ints
    birth_date: Days
    nik: Ints
    phone: Ints
    street: Ints
    house: Ints
    village: Ints
    district: Ints
    income: Ints
    is_income_known: Bools
    assets: Ints
    is_assets_known: Bools
    quality: Floats

    def __len__(self) -> int:
        return len(self.office)

    def numbers(self, rows: slice) -> list[str]:
        return [f"CIF{row + 1:07}" for row in range(len(self))[rows]]

    def full_names(self, rows: slice) -> list[str]:
        return _listed(_FIRST_WORDS[self.first_name[rows]] + _LAST_WORDS[self.last_name[rows]])

    def niks(self, rows: slice) -> list[str]:
        return [str(nik) for nik in self.nik[rows].tolist()]

    def phones(self, rows: slice) -> list[str]:
        """Operator and eight digits; 0 stands for none."""
        operator = OPERATORS[self.phone[rows] % len(OPERATORS)].tolist()
        digits = (self.phone[rows] // len(OPERATORS)).tolist()
        return [f"{op}{number:08}" if number else "" for op, number in zip(operator, digits, strict=True)]

    def addresses(self, rows: slice) -> list[str]:
        house = self.house[rows].astype(str).astype(np.object_)
        start = _STREETS[self.street[rows]] + house
        return _listed(start + _VILLAGES[self.village[rows]] + _DISTRICT_WORDS[self.district[rows]])


def draw_customers(rng: np.random.Generator, *, size: int, today: date) -> DemoCustomers:
    """Draw customers between 22 and 65 years old on `today`."""
    office = pick(rng, [office.share for office in OFFICES], size)
    is_woman = chance(rng, 0.52, size)
    birth_date = _draw_birth_dates(rng, size, today)
    district = _draw_districts(rng, office)
    first_name, last_name = _draw_names(rng, is_woman)
    income, assets = _draw_means(rng, size)
    return DemoCustomers(
        office=office,
        is_woman=is_woman,
        first_name=first_name,
        last_name=last_name,
        birth_date=birth_date,
        nik=_draw_niks(rng, district=district, birth_date=birth_date, is_woman=is_woman),
        phone=_draw_phones(rng, size),
        street=rng.integers(len(STREETS), size=size),
        house=rng.integers(1, 200, size=size),
        village=rng.integers(len(VILLAGES), size=size),
        district=district,
        income=income,
        is_income_known=~chance(rng, UNKNOWN_SHARE, size),
        assets=assets,
        is_assets_known=~chance(rng, UNKNOWN_SHARE, size),
        quality=rng.standard_normal(size),
    )


def _draw_birth_dates(rng: np.random.Generator, size: int, today: date) -> Days:
    age_days = (365.25 * (22 + 43 * rng.beta(1.8, 2.4, size))).astype(np.int64)
    born: Days = np.datetime64(today, "D") - age_days
    return born


def _draw_names(rng: np.random.Generator, is_woman: Bools) -> tuple[Ints, Ints]:
    """Return indices of the first and the last name; the last is 0 for those who go by one word."""
    size = len(is_woman)
    group = 2 * pick(rng, [people.share for people in PEOPLES], size) + ~is_woman
    first = _draw_word(rng, group, _FIRST)
    last = 1 + _draw_word(rng, group, _LAST)
    one_word_share = np.array([people.one_word_share for people, _ in _GROUPS])[group]
    is_short = np.array([word.endswith(".") for word in _FIRST_WORDS])[first]  # Moh. and Abd. need a second word
    return first, np.where(chance(rng, one_word_share, size) & ~is_short, 0, last)


def _draw_word(rng: np.random.Generator, group: Ints, lists: list[tuple[str, ...]]) -> Ints:
    lengths = np.array([len(words) for words in lists])
    begins = np.cumsum(lengths) - lengths
    within = (rng.random(len(group)) * lengths[group]).astype(np.int64)
    word: Ints = begins[group] + within
    return word


def _draw_districts(rng: np.random.Generator, office: Ints) -> Ints:
    begins = np.array([districts[0] for districts in _DISTRICTS_OF_OFFICE])
    lengths = np.array([len(districts) for districts in _DISTRICTS_OF_OFFICE])
    district: Ints = begins[office] + (rng.random(len(office)) * lengths[office]).astype(np.int64)
    return district


def _draw_niks(rng: np.random.Generator, *, district: Ints, birth_date: Days, is_woman: Bools) -> Ints:
    """Regency, district, birth date (women's day plus 40), and a serial that makes each unique."""
    size = len(district)
    has_moved = chance(rng, MOVED_SHARE, size)
    old_home = np.array(OLD_HOMES, dtype=np.int64)[rng.integers(len(OLD_HOMES), size=size)]
    regency = np.where(has_moved, old_home, _PLACE_OF_DISTRICT[district])
    subdistrict = np.where(has_moved, rng.integers(1, 13, size=size), _DISTRICT_NUMBER[district])
    months = birth_date.astype("datetime64[M]")
    day = (birth_date - months).astype(np.int64) + 1 + 40 * is_woman
    month = months.astype(np.int64) % 12 + 1
    year = (birth_date.astype("datetime64[Y]").astype(np.int64) + 1970) % 100
    prefix = (regency * 100 + subdistrict) * 10**6 + day * 10**4 + month * 100 + year
    serial: Ints = prefix * 10**4 + _rank_within(prefix) + 1
    return serial


def _rank_within(keys: Ints) -> Ints:
    """Count, for each entry, the equal ones before it."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    is_first = np.concatenate([[True], ordered[1:] != ordered[:-1]]) if len(keys) else np.zeros(0, dtype=bool)
    begins = np.maximum.accumulate(np.where(is_first, np.arange(len(keys)), 0))
    rank = np.empty(len(keys), dtype=np.int64)
    rank[order] = np.arange(len(keys)) - begins
    return rank


def _draw_phones(rng: np.random.Generator, size: int) -> Ints:
    digits = np.where(chance(rng, 0.03, size), 0, rng.integers(10**7, 10**8, size=size))
    phone: Ints = digits * len(OPERATORS) + rng.integers(len(OPERATORS), size=size)
    return phone


def _draw_means(rng: np.random.Generator, size: int) -> tuple[Ints, Ints]:
    """Draw monthly income and assets, log-normal by occupation, a few of them zero."""
    share, median, spread, months = map(np.array, zip(*OCCUPATIONS, strict=True))
    occupation = pick(rng, share.tolist(), size)
    income = median[occupation] * np.exp(spread[occupation] * rng.standard_normal(size))
    assets = income * months[occupation] * np.exp(0.9 * rng.standard_normal(size))
    income = np.where(chance(rng, NO_INCOME_SHARE, size), 0.0, income)
    assets = np.where(chance(rng, NO_ASSETS_SHARE, size), 0.0, assets)
    return round_as_typed(income, INCOME_STEPS), round_as_typed(assets, ASSET_STEPS)


def _listed(column: Texts) -> list[str]:
    words: list[str] = column.tolist()
    return words
