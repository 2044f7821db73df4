"""Saved views and chosen columns, as officers meet them over a list."""

import re
from html import unescape
from typing import Any

import pytest
from django.urls import reverse

from bprs.lists.models import ListPreference, SavedView
from tests.admin_client import logged_in, page_of, queries_of, told
from tests.factories import make_branch, make_customer, make_loan, make_user

pytestmark = pytest.mark.django_db
LIST = "/admin/loans/loan/"


@pytest.fixture
def client(officer):
    return logged_in(officer)


def save(client, query="", **values: Any):
    data = {"name": "Mine", "query": query, **values}
    return client.post(reverse("admin:loans_loan_add_view"), data, follow=True)


def change(client, view, do, **values: Any):
    data = {"do": do, "name": view.name, "query": view.query, "sharing": view.sharing, **values}
    return client.post(reverse("admin:loans_loan_change_view", args=[view.pk]), data, follow=True)


def headings(page: str) -> list[str]:
    return re.findall(r'<th class="[^"]*column-(\w+)', page)


def numbers(page: str) -> list[str]:
    return [unescape(number) for number in re.findall(r"/admin/loans/loan/\d+/change/[^>]*>([^<]+)</a>", page)]


class TestSaving:
    def test_keeps_filters_search_columns_and_order(self, client, branch):
        small = make_loan(branch=branch, principal_amount=1_000_000, status="draft")
        large = make_loan(branch=branch, principal_amount=9_000_000, status="draft")
        make_loan(branch=branch, status="submitted")

        saved = save(client, "o=-amount&status__exact=draft&cols=loan_number,amount,purpose&p=3")

        view = SavedView.objects.get()
        assert view.query == "cols=loan_number,amount,purpose&o=-amount&status__exact=draft"
        page = saved.content.decode()
        assert headings(page) == ["loan_number", "amount", "purpose"]
        assert numbers(page) == [large.loan_number, small.loan_number]

    def test_forgets_what_the_list_does_not_know(self, client):
        save(client, "o=-password.amount&cols=loan_number,nik_hash,amount&q=Siti")

        assert SavedView.objects.get().query == "cols=loan_number,amount&o=amount&q=Siti"

    def test_refuses_filters_the_list_does_not_know(self, client):
        refused = save(client, "nonsense=1")

        assert not SavedView.objects.exists()
        assert "does not know one of these filters" in " ".join(told(refused))

    def test_remembers_nobodys_nik(self, client):
        save(client, "q=3201014501850001&status__exact=draft")

        assert SavedView.objects.get().query == "status__exact=draft"

    @pytest.mark.parametrize(
        ("name", "sentence"), [("", "Give the view a name"), ("mine", "a view of this name already")]
    )
    def test_refuses_a_name_that_is_missing_or_taken(self, client, name, sentence):
        save(client)

        refused = save(client, "status__exact=draft", name=name)

        assert sentence in " ".join(told(refused))
        assert refused.redirect_chain[-1][0].endswith("?status__exact=draft")
        assert SavedView.objects.count() == 1

    def test_of_one_list_says_nothing_on_another(self, client):
        save(client, name="Drafts")

        assert "Drafts" in page_of(client, LIST + "?view=0")
        assert "Drafts" not in page_of(client, "/admin/customers/customer/")


class TestSharing:
    def test_needs_the_right(self, client):
        refused = save(client, sharing="everybody")

        assert "sharing them is for supervisors" in " ".join(told(refused))
        assert not SavedView.objects.exists()

    @pytest.mark.parametrize(
        ("sharing", "colleague_sees", "stranger_sees"),
        [("own", False, False), ("branches", True, False), ("everybody", True, True)],
    )
    def test_reaches_those_it_names(self, branch, client, sharing, colleague_sees, stranger_sees):
        supervisor = make_user(is_staff=True, group="Supervisor", branches=[branch])
        stranger = logged_in(make_user(is_staff=True, group="Account officer", branches=[make_branch()]))
        save(logged_in(supervisor), sharing=sharing, name="Big files")
        view = SavedView.objects.get()

        assert ("Big files" in page_of(client, LIST)) is colleague_sees
        assert ("Big files" in page_of(stranger, LIST)) is stranger_sees
        assert (change(stranger, view, "default").status_code == 200) is stranger_sees

    def test_shows_nothing_of_a_branch_the_reader_does_not_see(self, client, branch):
        elsewhere = make_branch()
        theirs, ours = make_loan(branch=elsewhere), make_loan(branch=branch)
        head_office = make_user(is_staff=True, group="Supervisor", sees_all_branches=True)
        save(logged_in(head_office), f"customer__branch__id__exact={elsewhere.pk}", sharing="everybody")
        view = SavedView.objects.get()

        page = page_of(client, f"{LIST}?{view.query}&view={view.pk}")

        assert theirs.loan_number not in page
        assert ours.loan_number not in page

    @pytest.mark.parametrize("do", ["save", "rename", "delete"])
    def test_lets_nobody_change_a_colleagues_view(self, client, branch, do):
        supervisor = make_user(is_staff=True, group="Supervisor", branches=[branch])
        save(logged_in(supervisor), "status__exact=draft", sharing="branches", name="Drafts")

        refused = change(client, SavedView.objects.get(), do, name="Stolen", query="")

        assert "is a colleague's" in " ".join(told(refused))
        assert SavedView.objects.values_list("name", "query").get() == ("Drafts", "status__exact=draft")


class TestChanging:
    def test_renames_updates_and_deletes(self, client):
        save(client, "status__exact=draft")
        view = SavedView.objects.get()

        change(client, view, "rename", name="Drafts")
        change(client, view, "save", query="status__exact=submitted")
        view.refresh_from_db()
        assert (view.name, view.query) == ("Drafts", "status__exact=submitted")

        change(client, view, "delete")
        assert not SavedView.objects.exists()

    def test_a_colleagues_private_view_is_not_found(self, client, branch):
        colleague = make_user(is_staff=True, group="Account officer", branches=[branch])
        save(logged_in(colleague))

        assert change(client, SavedView.objects.get(), "delete").status_code == 404
        assert client.post(reverse("admin:loans_loan_change_view", args=[999_999])).status_code == 404


class TestTheDefault:
    def test_opens_the_list_with_it_and_leaves_a_way_to_all(self, client, branch):
        draft, other = make_loan(branch=branch, status="draft"), make_loan(branch=branch)
        save(client, "status__exact=draft", is_default="on")

        opened = client.get(LIST, follow=True).content.decode()
        assert numbers(opened) == [draft.loan_number]
        assert set(numbers(page_of(client, LIST + "?view=0"))) == {draft.loan_number, other.loan_number}

        change(client, SavedView.objects.get(), "no_default")
        assert len(numbers(page_of(client, LIST))) == 2


class TestColumns:
    def choose(self, client, columns, query="", **values):
        data = {"columns": columns, "query": query, **values}
        return client.post(reverse("admin:loans_loan_columns"), data, follow=True)

    def test_are_remembered_for_the_person_in_their_order(self, client, officer, branch):
        make_loan(branch=branch)

        self.choose(client, ["purpose", "officer", "amount", "nik_ciphertext"])

        assert headings(page_of(client, LIST)) == ["loan_number", "purpose", "officer", "amount"]
        colleague = logged_in(make_user(is_staff=True, group="Account officer", branches=[branch]))
        assert "purpose" not in headings(page_of(colleague, LIST))
        self.choose(client, [], standard="1")
        assert ListPreference.objects.get(user=officer).columns == []
        assert "purpose" not in headings(page_of(client, LIST))

    def test_belong_to_the_view_that_is_open(self, client, officer, branch):
        make_loan(branch=branch)
        save(client)
        view = SavedView.objects.get()

        page = self.choose(client, ["amount"], query=f"view={view.pk}").content.decode()

        assert headings(page) == ["loan_number", "amount"]
        assert "update-view" in page
        assert not ListPreference.objects.filter(user=officer).exclude(columns=[]).exists()

    def test_the_order_by_a_column_stays_when_columns_move(self, client, branch):
        small = make_loan(branch=branch, principal_amount=1_000_000)
        large = make_loan(branch=branch, principal_amount=9_000_000)

        for columns in ("loan_number,amount", "loan_number,purpose,state,amount"):
            assert numbers(page_of(client, f"{LIST}?cols={columns}&o=-amount")) == [
                large.loan_number,
                small.loan_number,
            ]
            assert numbers(page_of(client, f"{LIST}?cols={columns}&o=amount")) == [small.loan_number, large.loan_number]

    def test_cost_no_query_a_row(self, client, branch):
        officer = make_user(first_name="Budi")
        every = "loan_number,applicant,branch,officer,purpose,probability,scored_on,next,collectibility"
        make_loan(branch=branch, account_officer=officer)
        one = queries_of(client, f"{LIST}?cols={every}")

        for _ in range(5):
            make_loan(customer=make_customer(branch=branch), account_officer=make_user())

        assert queries_of(client, f"{LIST}?cols={every}") == one
        assert one <= 12


class TestFilters:
    def test_combine_and_show_as_chips_each_with_its_way_out(self, client, branch):
        wanted = make_loan(branch=branch, status="draft", akad="ijarah")
        make_loan(branch=branch, status="draft")
        make_loan(branch=branch, akad="ijarah")

        page = page_of(client, f"{LIST}?status__exact=draft&akad__exact=ijarah&application_date_from=2026-11-02")

        assert numbers(page) == [wanted.loan_number]
        chips = re.findall(r'class="bprs-chip" href="([^"]*)".*?<b>([^<]*)</b>', page)
        assert [(text, unescape(link)) for link, text in chips] == [
            ("2 Nov 2026", "?akad__exact=ijarah&status__exact=draft"),
            ("Draft", "?akad__exact=ijarah&application_date_from=2026-11-02"),
            ("Ijarah", "?application_date_from=2026-11-02&status__exact=draft"),
        ]

    def test_one_of_two_values_can_be_taken_back(self, client):
        page = page_of(client, f"{LIST}?status__exact=draft&status__exact=submitted")

        links = [unescape(link) for link in re.findall(r'class="bprs-chip" href="([^"]*)"', page)]
        assert links == ["?status__exact=submitted", "?status__exact=draft"]

    def test_blank_fields_of_the_form_leave_the_address(self, client):
        answer = client.get(
            f"{LIST}?queue=&application_date_from=&application_date_from=2026-11-03&status__exact=draft"
        )

        assert answer.status_code == 302
        assert answer.url == f"{LIST}?application_date_from=2026-11-03&status__exact=draft"

    def test_the_form_carries_the_search_and_not_the_page(self, client, branch):
        make_loan(branch=branch)

        page = page_of(client, f"{LIST}?q=PB&p=1&status__exact=submitted")

        form = page[page.index('id="filter-form"') :]
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[: form.index("</form>")])
        assert hidden == [("q", "PB")]

    def test_a_list_filtered_to_nothing_offers_the_way_back(self, client):
        assert "clear-filters-empty" in page_of(client, f"{LIST}?status__exact=draft")
        assert "clear-filters-empty" not in page_of(client, f"{LIST}?view=0")


class TestWhoMay:
    def test_a_stranger_to_the_list_keeps_nothing_of_it(self):
        nobody = logged_in(make_user(is_staff=True))

        assert save(nobody).status_code == 403
        assert nobody.post(reverse("admin:loans_loan_columns")).status_code == 403

    def test_nothing_is_changed_by_a_link(self, client):
        assert client.get(reverse("admin:loans_loan_add_view")).status_code == 405
