"""The overview: every number leads to as many financings, and is what it says."""

import re
from datetime import date, timedelta
from decimal import Decimal
from html import unescape

import pytest

from bprs.access.models import User
from scoring.models import Overview
from scoring.services.decisions import active_reasons
from scoring.services.overview import refresh_overview, refresh_when_old
from tests.admin_client import logged_in, page_of, queries_of
from tests.factories import NOW, make_card_in_force, make_loan, make_user
from tests.scoring.decided import Desk

pytestmark = pytest.mark.django_db
PAGE = "/admin/scoring/overview/"


@pytest.fixture
def desk():
    """Four decisions by hand, three financings paid out, and one of another branch."""
    make_card_in_force()
    desk = Desk()
    desk.decide(desk.recommended(application_date=date(2026, 11, 13), akad="ijarah"))
    against = desk.high_risk(application_date=date(2026, 11, 3))
    desk.recommend(against)
    desk.decide(against, reason=active_reasons("low_side")[0], note="Agunan kuat.")
    rejected = desk.high_risk(application_date=date(2026, 10, 14))
    desk.recommend(rejected, "reject")
    desk.decide(rejected, "rejected")
    paid = {"status": "disbursed", "disbursed_date": date(2026, 9, 30), "application_date": date(2026, 8, 31)}
    _paid(desk, **paid, collectibility=1)
    _paid(desk, **paid, collectibility=3, amount=Decimal(30_000_000))
    _paid(desk, **{**paid, "status": "written_off", "disbursed_date": date(2025, 10, 1)})
    make_loan(branch=desk.branch, status="disbursed", collectibility=2, account_officer=None)
    Desk().decide(Desk().recommended())
    refresh_overview(at=NOW)
    return desk


def _paid(desk, amount=Decimal(10_000_000), **values):
    status, grade = values.pop("status"), values.pop("collectibility", None)
    loan = desk.scored(amount, **values)
    type(loan).objects.filter(pk=loan.pk).update(status=status, collectibility=grade)


def panel(page: str, name: str) -> str:
    begun = page[page.index(f'data-testid="panel-{name}"') :]
    return begun[: begun.index("</section>")]


def rows(page: str, name: str) -> list[list[str]]:
    """The table as it is read: the words of every cell, row by row."""
    body = panel(page, name)
    body = body[body.index("<tbody>") : body.index("</tbody>")]
    cells = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in body.split("</tr>")[:-1])
    return [[_words(cell) for cell in row if "<svg" not in cell] for row in cells]


def _words(cell: str) -> str:
    return " ".join(unescape(re.sub(r"<span class=\"material.*?</span>|<[^>]+>", " ", cell)).split())


class TestFigures:
    def test_running_financing_by_segment_and_what_of_it_is_not_paid(self, desk):
        """10 and 30 million were scored; 30 of 40 is of collectibility 3."""
        page = page_of(logged_in(desk.supervisor), PAGE)
        medium, high, unscored = (
            ["1", "Rp10 jt", "0", "0.0%"],
            ["1", "Rp30 jt", "1", "100.0%"],
            ["1", "Rp10 jt", "0", "0.0%"],
        )

        assert [row[1:] for row in rows(page, "portfolio")] == [medium, high, unscored]

    def test_headlines_add_up_what_the_charts_show(self, desk):
        """50 million run, 30 of them of collectibility 3; of three decisions two approve, one against the score, after 70 days in all."""
        page = page_of(logged_in(desk.supervisor), PAGE)
        said = re.findall(r'data-testid="headline-(\w+)">(.*?)</div>', page, re.S)

        assert {name: _words(words[words.index("<dd>") :]) for name, words in said} == {
            "running": "Rp50 jt 3 financing",
            "npf": "60.0% 1 Rp30 jt",
            "approved": "66.7% 2 of 3",
            "against": "33.3% 1 of 3",
            "days": "23.3 3 decided",
        }

    def test_vintages_are_quarters_of_disbursement_of_what_runs(self, desk):
        page = page_of(logged_in(desk.supervisor), PAGE)

        assert ["2", "Rp40 jt", "1", "75.0%"] in [row[1:] for row in rows(page, "vintage")]
        assert [row[0] for row in rows(page, "vintage")] == ["No date of disbursement", "Q3 2026"]

    def test_approvals_and_overrides_are_shares_of_what_was_decided_here(self, desk):
        """Approved on the 23rd: applied for on the 13th, the 3rd and 40 days before; (10 + 20 + 40) / 3."""
        page = page_of(logged_in(desk.supervisor), PAGE)

        for name in ("branches", "officers"):
            assert [row[1:] for row in rows(page, name)] == [["3", "2", "66.7%", "1", "33.3%", "23.3"]]

    def test_observed_default_stands_beside_the_expected(self, desk):
        """Two medium risks at 15%, one of them written off; one high risk at 40%, not paid: 0.3 and 0.4 expected."""
        page = page_of(logged_in(desk.supervisor), PAGE)

        assert rows(page, "defaults") == [["15.0%", "2", "0.3", "1", "50.0%"], ["40.0%", "1", "0.4", "1", "100.0%"]]

    def test_narrowed_by_akad_and_by_months_of_application(self, desk):
        client = logged_in(desk.supervisor)

        assert rows(page_of(client, f"{PAGE}?akad=ijarah"), "branches")[0][1] == "1"
        assert rows(page_of(client, f"{PAGE}?from=2026-11"), "branches")[0][1] == "2"
        assert rows(page_of(client, f"{PAGE}?to=2026-10"), "branches")[0][1] == "1"

    def test_shows_no_other_branch(self, desk):
        stranger = make_user(is_staff=True, group="Supervisor", branches=[])
        director = make_user(is_staff=True, group="Supervisor", sees_all_branches=True)

        assert "data-count" not in page_of(logged_in(stranger), PAGE)
        assert len(rows(page_of(logged_in(director), PAGE), "branches")) == 2
        own = page_of(logged_in(desk.supervisor), PAGE)
        assert page_of(logged_in(desk.supervisor), f"{PAGE}?branch=999999").count("data-count") == own.count(
            "data-count"
        )

    def test_an_account_officer_is_compared_with_nobody(self, desk):
        colleague = make_user(is_staff=True, group="Account officer", branches=[desk.branch])

        assert "panel-officers" in (page := page_of(logged_in(colleague), PAGE))
        assert desk.officer.known_as not in panel(page, "officers")


class TestTheWayDown:
    @pytest.mark.parametrize("asked", ["", "?akad=murabahah&from=2026-08&to=2026-11"])
    def test_every_number_leads_to_as_many_financings(self, desk, asked):
        director = make_user(is_staff=True, group="Supervisor", sees_all_branches=True)
        client = logged_in(director)
        page = page_of(client, PAGE + asked)
        links = re.findall(r'href="([^"]+)" data-count="(\d+)"', page)

        for address, count in links:
            shown = client.get(unescape(address))
            assert (address, shown.context["cl"].result_count) == (address, int(count))
        assert len(links) >= 12

    def test_leads_nowhere_for_who_may_not_see_financing(self):
        assert logged_in(make_user(is_staff=True)).get(PAGE).status_code == 403


class TestTime:
    def test_figures_are_of_the_moment_they_were_counted(self, desk):
        client = logged_in(desk.supervisor)
        make_loan(branch=desk.branch, status="disbursed", collectibility=1)

        assert rows(page_of(client, PAGE), "portfolio")[-1][1] == "1"
        client.post(f"{PAGE}refresh/")
        assert rows(page_of(client, PAGE), "portfolio")[-1][1] == "2"

    @pytest.mark.parametrize(
        ("waited", "is_new"), [(timedelta(minutes=9, seconds=59), False), (timedelta(minutes=10), True)]
    )
    def test_a_worker_counts_again_after_ten_minutes(self, desk, waited, is_new):
        refresh_when_old(at=NOW + waited)

        assert (Overview.objects.get().as_of == NOW + waited) is is_new

    def test_says_so_where_nothing_was_counted_yet(self):
        page = page_of(logged_in(make_user(is_staff=True, group="Auditor", sees_all_branches=True)), PAGE)

        assert "Nothing has been counted yet." in page


def test_the_page_takes_as_many_queries_whatever_it_shows(desk):
    assert queries_of(logged_in(User.objects.get(pk=desk.supervisor.pk)), PAGE) <= 15
