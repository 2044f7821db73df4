"""The demo bank's financing: three years of applications, decisions and repayment up to a given day."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from scoring.demo import risk
from scoring.demo.draws import Bools, Days, Floats, Ints, chance, pick, pick_by_row, round_as_typed
from scoring.demo.people import DemoCustomers

AKADS = ("murabahah", "musyarakah", "mudharabah", "ijarah", "istishna", "multijasa", "qardh")
AKAD_SHARES = (0.55, 0.12, 0.06, 0.08, 0.03, 0.13, 0.03)
PURPOSES = ("working_capital", "investment", "consumption")
PURPOSE_SHARES = (  # by akad
    (0.35, 0.25, 0.40),
    (0.75, 0.25, 0.00),
    (0.85, 0.15, 0.00),
    (0.20, 0.40, 0.40),
    (0.10, 0.30, 0.60),
    (0.00, 0.00, 1.00),
    (0.30, 0.00, 0.70),
)
TENORS = np.array([3, 6, 10, 12, 18, 24, 30, 36, 48, 60])
TENOR_SHARES = (  # by purpose
    (0.04, 0.16, 0.10, 0.30, 0.12, 0.16, 0.02, 0.07, 0.02, 0.01),
    (0.00, 0.02, 0.03, 0.15, 0.08, 0.26, 0.06, 0.22, 0.08, 0.10),
    (0.02, 0.08, 0.08, 0.26, 0.10, 0.22, 0.04, 0.14, 0.04, 0.02),
)
AMOUNT_STEPS = ((20_000_000, 250_000), (100_000_000, 1_000_000), (np.inf, 5_000_000))
SMALLEST, LARGEST, LARGEST_QARDH = 1_000_000, 1_000_000_000, 5_000_000
STATUSES = (
    *("draft", "submitted", "recommended", "returned", "approved", "rejected"),
    *("disbursed", "settled", "written_off"),
)
DRAFT, SUBMITTED, RECOMMENDED, RETURNED, APPROVED, REJECTED, DISBURSED, SETTLED, WRITTEN_OFF = range(9)
DECIDED = len(STATUSES)  # a decision is due: rejected or paid out
DAYS_OF_HISTORY = 3 * 365
FRESH_DAYS = 45
STAGE_SHARES = ((0.02, 0.00, 0.00), (0.20, 0.50, 0.16))  # draft, submitted, approved: of old and of fresh applications
NO_DAYS = -1
FIRST_INSTALLMENT_DAYS = 30
WRITE_OFF_DAYS = 360


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLoans:
    """
    Columns of financing in the order of application.

    `amount` and `tenor` are 0 where a draft lacks them; `collectibility` 0 and `days_past_due` -1 where there is
    nothing to repay yet; `disbursed_date` is NaT before. `default_probability` and `has_defaulted` are the truth of
    `scoring.demo.risk`, for checking analyses: the bank never sees the first and meets the second as arrears.
    """

    customer: Ints
    akad: Ints
    purpose: Ints
    amount: Ints
    tenor: Ints
    status: Ints
    application_date: Days
    disbursed_date: Days
    collectibility: Ints
    days_past_due: Ints
    default_probability: Floats
    has_defaulted: Bools

    def __len__(self) -> int:
        return len(self.customer)

    def numbers(self, rows: slice) -> list[str]:
        years = (self.application_date[rows].astype("datetime64[Y]").astype(np.int64) + 1970).tolist()
        ordinals = range(1, len(self) + 1)[rows]
        return [f"PB{year % 100:02}-{ordinal:06}" for year, ordinal in zip(years, ordinals, strict=True)]


def draw_loans(rng: np.random.Generator, *, customers: DemoCustomers, size: int, today: date) -> DemoLoans:
    """Draw applications of the three years up to `today`, decide them, and let time pass over what was paid out."""
    customer = rng.integers(len(customers), size=size)
    age_days = np.sort((DAYS_OF_HISTORY * rng.random(size) ** 1.15).astype(np.int64))[::-1]
    akad = pick(rng, AKAD_SHARES, size)
    purpose = pick_by_row(rng, PURPOSE_SHARES, akad)
    tenor = TENORS[pick_by_row(rng, TENOR_SHARES, purpose)]
    amount = _draw_amounts(rng, income=customers.income[customer], tenor=tenor, is_qardh=akad == AKADS.index("qardh"))
    dsr = risk.debt_service_ratio(amount=amount, tenor=tenor, income=customers.income[customer])
    acr = risk.asset_coverage_ratio(amount=amount, assets=customers.assets[customer])
    quality = customers.quality[customer]
    akad_effect = np.array([risk.AKAD_EFFECT.get(name, 0.0) for name in AKADS])[akad]
    probability = risk.default_probability(dsr=dsr, acr=acr, tenor=tenor, quality=quality, akad_effect=akad_effect)
    stage = _draw_stages(rng, age_days)
    glimpse = 0.5 * quality + rng.standard_normal(size)
    is_rejected = chance(rng, risk.rejection_probability(dsr=dsr, acr=acr, glimpse=glimpse), size)
    life = _live(rng, probability=probability, tenor=tenor, age_days=age_days)
    status = np.where(stage == DECIDED, np.where(is_rejected, REJECTED, life.status), stage)
    is_paid_out = status >= DISBURSED
    lacks = pick(rng, (0.4, 0.25, 0.2, 0.15), size) * (status == DRAFT)  # nothing, amount, tenor, both
    applied = np.datetime64(today, "D") - age_days
    return DemoLoans(
        customer=customer,
        akad=akad,
        purpose=purpose,
        amount=np.where(lacks & 1, 0, amount),
        tenor=np.where(lacks & 2, 0, tenor),
        status=status,
        application_date=applied,
        disbursed_date=np.where(is_paid_out, applied + life.days_to_disbursement, np.datetime64("NaT", "D")),
        collectibility=np.where(is_paid_out, risk.collectibility_of(life.days_past_due), 0),
        days_past_due=np.where(is_paid_out, life.days_past_due, NO_DAYS),
        default_probability=probability,
        has_defaulted=is_paid_out & life.has_defaulted,
    )


def _draw_amounts(rng: np.random.Generator, *, income: Ints, tenor: Ints, is_qardh: Bools) -> Ints:
    """People ask for what a share of their income, about a quarter, can carry; at times for far more."""
    share = np.clip(0.24 * np.exp(0.55 * rng.standard_normal(len(income))), 0.04, 1.1)
    wanted = share * np.where(income > 0, income, 2_500_000) * tenor / (1 + risk.MARGIN)
    largest = np.where(is_qardh, LARGEST_QARDH, LARGEST)
    return round_as_typed(np.clip(wanted, SMALLEST, largest), AMOUNT_STEPS)


def _draw_stages(rng: np.random.Generator, age_days: Ints) -> Ints:
    """Draft, submitted or approved for some, fresh ones above all; the others are `DECIDED`."""
    shares = [(*row, 1.0 - sum(row)) for row in STAGE_SHARES]
    stage = pick_by_row(rng, shares, (age_days < FRESH_DAYS).astype(np.int64))
    return np.array([DRAFT, SUBMITTED, APPROVED, DECIDED])[stage]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Life:
    status: Ints
    days_to_disbursement: Ints
    days_past_due: Ints
    has_defaulted: Bools


def _live(rng: np.random.Generator, *, probability: Floats, tenor: Ints, age_days: Ints) -> _Life:
    """
    What became of each financing if it was paid out.

    A defaulter stops paying in full at some point of the tenor; when that lies ahead, nobody can tell yet.
    """
    size = len(tenor)
    days_to_disbursement = rng.integers(5, 31, size=size)
    days_lived = age_days - days_to_disbursement
    days_of_tenor = (tenor * 30.4375).astype(np.int64)
    will_default = chance(rng, probability, size)
    days_until_default = np.maximum((days_of_tenor * rng.beta(1.6, 2.2, size)).astype(np.int64), FIRST_INSTALLMENT_DAYS)
    days_in_default = days_lived - days_until_default
    has_stopped = will_default & (days_in_default > 0)
    days_unpaid = np.ceil(days_in_default * rng.uniform(0.35, 1.0, size)).astype(np.int64)  # some pay now and then
    is_prepaid = chance(rng, 0.08, size) & (days_lived > 0.7 * days_of_tenor)
    is_over = ~has_stopped & ((days_lived >= days_of_tenor) | is_prepaid)
    is_late = chance(rng, np.minimum(0.03 + 0.8 * probability, 0.5), size) & (days_lived > FIRST_INSTALLMENT_DAYS)
    days_late = np.where(is_late & ~is_over, rng.integers(1, 76, size=size), 0)
    days_past_due = np.where(has_stopped, days_unpaid, days_late)
    is_written_off = has_stopped & (days_past_due > WRITE_OFF_DAYS) & chance(rng, 0.45, size)
    status = np.select([is_written_off, is_over, days_lived < 0], [WRITTEN_OFF, SETTLED, APPROVED], DISBURSED)
    return _Life(
        status=status,
        days_to_disbursement=days_to_disbursement,
        days_past_due=days_past_due,
        has_defaulted=has_stopped & (days_past_due >= risk.COLLECTIBILITY_FROM_DAYS[1]),
    )
