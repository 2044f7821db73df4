"""The demo bank as it comes out of the generator: always the same, and like a bank."""

import hashlib
from datetime import date, timedelta

import numpy as np
import pytest

from loans.models import Akad, Purpose, Status
from scoring.demo import financings, risk
from scoring.demo.bank import DemoBank, make_demo_bank
from scoring.demo.places import OFFICES

TODAY = date(2026, 11, 23)
WHOLE = slice(None)


@pytest.fixture(scope="module")
def bank() -> DemoBank:
    return make_demo_bank(today=TODAY)


@pytest.fixture(scope="module")
def large_bank() -> DemoBank:
    return make_demo_bank(today=TODAY, customers=20_000, loans=60_000)


def checksum_of(bank: DemoBank) -> str:
    people, loans = bank.customers, bank.loans
    digest = hashlib.sha256()
    for words in (people.numbers, people.full_names, people.niks, people.phones, people.addresses, loans.numbers):
        digest.update("\n".join(words(WHOLE)).encode())
    for numbers in (people.income, people.assets, loans.amount, loans.tenor, loans.status, loans.days_past_due):
        digest.update(numbers.astype("<i8").tobytes())
    return digest.hexdigest()[:16]


class TestSameness:
    def test_a_seed_and_a_day_make_this_very_bank(self, bank):
        assert checksum_of(bank) == "648c4eb9770fd3ea"

    def test_another_seed_makes_another_bank(self, bank):
        assert checksum_of(make_demo_bank(today=TODAY, seed=7)) != checksum_of(bank)

    def test_a_day_later_everything_is_a_day_later_and_amounts_are_the_same(self, bank):
        later = make_demo_bank(today=TODAY + timedelta(days=1))

        assert (later.loans.application_date - bank.loans.application_date == np.timedelta64(1, "D")).all()
        assert (later.loans.amount == bank.loans.amount).all()
        assert (later.customers.income == bank.customers.income).all()

    def test_an_empty_bank_can_be_made(self):
        assert len(make_demo_bank(today=TODAY, customers=0, loans=0).loans) == 0

    def test_loans_without_customers_are_refused(self):
        with pytest.raises(ValueError, match="need customers"):
            make_demo_bank(today=TODAY, customers=0, loans=1)


class TestCustomers:
    def test_each_has_a_nik_of_16_digits_of_their_own(self, large_bank):
        niks = large_bank.customers.niks(WHOLE)

        assert len(set(niks)) == len(niks)
        assert {len(nik) for nik in niks} == {16}

    def test_the_nik_tells_birth_date_and_sex(self, bank):
        people = bank.customers
        for nik, born, is_woman in zip(
            people.niks(WHOLE), people.birth_date.tolist(), people.is_woman.tolist(), strict=True
        ):
            assert int(nik[6:8]) == born.day + 40 * is_woman
            assert nik[8:12] == f"{born:%m%y}"

    def test_they_are_grown_up_and_not_retired(self, bank):
        ages = [(TODAY - born).days / 365.25 for born in bank.customers.birth_date.tolist()]

        assert min(ages) > 21.9
        assert max(ages) < 65.1

    def test_they_have_many_names_some_of_one_word(self, bank):
        names = bank.customers.full_names(WHOLE)

        assert len(set(names)) > 1_500
        assert 0.08 < np.mean([" " not in name for name in names]) < 0.25
        assert not [name for name in names if name.strip() != name or name.endswith(".") or "_" in name]

    def test_phones_are_those_of_indonesian_operators_or_absent(self, bank):
        phones = bank.customers.phones(WHOLE)

        assert 0 < phones.count("") < 120
        assert all(phone.startswith("08") and len(phone) == 12 for phone in phones if phone)

    def test_about_four_in_a_hundred_have_told_no_income_or_no_assets(self, large_bank):
        assert (~large_bank.customers.is_income_known).mean() == pytest.approx(0.04, abs=0.01)
        assert (~large_bank.customers.is_assets_known).mean() == pytest.approx(0.04, abs=0.01)

    def test_incomes_are_round_and_like_those_of_a_small_town(self, bank):
        income = bank.customers.income

        assert (income % 50_000 == 0).all()
        assert 4_000_000 < np.median(income) < 7_000_000

    def test_every_branch_has_customers(self, bank):
        assert set(bank.customers.office.tolist()) == set(range(len(OFFICES)))


class TestFinancing:
    def test_its_words_are_the_models_words(self):
        assert list(financings.AKADS) == Akad.values
        assert list(financings.PURPOSES) == Purpose.values
        assert list(financings.STATUSES) == Status.values

    def test_every_akad_purpose_and_status_occurs_but_those_of_a_decision_under_way(self, bank):
        assert len(set(bank.loans.akad.tolist())) == len(financings.AKADS)
        assert len(set(bank.loans.purpose.tolist())) == len(financings.PURPOSES)
        under_way = {financings.RECOMMENDED, financings.RETURNED}
        assert set(bank.loans.status.tolist()) == set(range(len(financings.STATUSES))) - under_way

    def test_amounts_are_multiples_of_a_quarter_million(self, bank):
        assert (bank.loans.amount % 250_000 == 0).all()

    def test_only_drafts_lack_an_amount_or_a_tenor_and_some_do(self, bank):
        loans = bank.loans
        is_lacking = (loans.amount == 0) | (loans.tenor == 0)

        assert set(loans.status[is_lacking].tolist()) == {financings.DRAFT}
        assert 0 < is_lacking.sum() < (loans.status == financings.DRAFT).sum()

    def test_applications_fill_three_years_up_to_today_in_order(self, bank):
        applied = bank.loans.application_date

        assert (np.diff(applied).astype(int) >= 0).all()
        assert applied[0] >= np.datetime64(TODAY) - 3 * 365
        assert applied[-1] <= np.datetime64(TODAY)

    def test_what_was_paid_out_was_paid_out_after_the_application_and_not_tomorrow(self, bank):
        loans = bank.loans
        is_paid_out = loans.status >= financings.DISBURSED

        assert (np.isnat(loans.disbursed_date) == ~is_paid_out).all()
        assert (loans.disbursed_date[is_paid_out] > loans.application_date[is_paid_out]).all()
        assert (loans.disbursed_date[is_paid_out] <= np.datetime64(TODAY)).all()

    def test_collectibility_follows_from_the_days_past_due(self, bank):
        loans = bank.loans
        is_paid_out = loans.status >= financings.DISBURSED

        assert (loans.collectibility[~is_paid_out] == 0).all()
        assert (loans.days_past_due[~is_paid_out] == financings.NO_DAYS).all()
        assert set(loans.collectibility[is_paid_out].tolist()) == {1, 2, 3, 4, 5}
        assert (loans.collectibility == 5)[loans.status == financings.WRITTEN_OFF].all()
        assert (loans.days_past_due == 0)[loans.status == financings.SETTLED].all()

    @pytest.mark.parametrize(
        ("days", "grade"), [(0, 1), (1, 2), (90, 2), (91, 3), (120, 3), (121, 4), (180, 4), (181, 5)]
    )
    def test_grades_begin_where_the_document_says(self, days, grade):
        assert risk.collectibility_of(np.array([days])).tolist() == [grade]


class TestRisk:
    def test_the_truth_ranks_what_happened(self, large_bank):
        loans = large_bank.loans
        old = (loans.application_date < np.datetime64(TODAY) - 540) & (loans.status >= financings.DISBURSED)
        fifth = np.digitize(
            loans.default_probability, np.quantile(loans.default_probability[old], [0.2, 0.4, 0.6, 0.8])
        )
        rates = [loans.has_defaulted[old & (fifth == n)].mean() for n in range(5)]

        assert rates == sorted(rates)
        assert rates[-1] > 5 * rates[0]

    @pytest.mark.parametrize(
        ("better", "worse"),
        [
            ({"dsr": 0.2}, {"dsr": 0.5}),
            ({"acr": 2.0}, {"acr": 0.5}),
            ({"tenor": 12}, {"tenor": 48}),
            ({"quality": 1.0}, {"quality": -1.0}),
        ],
    )
    def test_each_driver_pulls_its_way(self, better, worse):
        typical = {"dsr": 0.3, "acr": 1.0, "tenor": 24, "quality": 0.0, "akad_effect": 0.0}

        assert probability(**typical | better) < probability(**typical | worse)

    def test_no_income_counts_as_the_highest_burden(self):
        one = np.array([1_000_000])

        assert risk.debt_service_ratio(amount=one, tenor=np.array([12]), income=np.array([0])) == risk.HIGHEST_DSR


def probability(**drivers: float) -> float:
    return float(risk.default_probability(**{name: np.array([value]) for name, value in drivers.items()})[0])
