"""Addresses that people or programs make up: answered, never with a server error, and telling the log no identity."""

from urllib.parse import unquote

import pytest

from bprs.access.models import Disclosure
from bprs.lists.models import SavedView
from tests.admin_client import logged_in
from tests.factories import make_branch, make_customer, make_loan, make_user

pytestmark = pytest.mark.django_db
LOANS, CUSTOMERS = "/admin/loans/loan/", "/admin/customers/customer/"
LONG = "9" * 30


@pytest.fixture
def client():
    branch = make_branch()
    make_loan(customer=make_customer(branch=branch, full_name="Siti Aminah"))
    return logged_in(make_user(is_staff=True, group="Supervisor", branches=[branch]))


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"{LOANS}?status__in=draft", 200),
        (f"{LOANS}?loan_number__startswith=PB", 200),
        (f"{LOANS}?principal_amount__lt=5", 200),
        (f"{CUSTOMERS}?full_name__startswith=S", 200),
        (f"{CUSTOMERS}?id__in=1", 200),
        (f"{CUSTOMERS}{LONG}/change/", 404),
        (f"{LOANS}?officer={LONG}", 400),
        (f"{LOANS}?branch={LONG}", 400),
        (f"{LOANS}?o={'1' * 18}", 200),
        (f"{LOANS}?q={LONG}", 200),
        (f"{LOANS}?status__exact=%00", 400),
        (f"{LOANS}?q=a%00", 400),
        (f"{LOANS}?q={'+'.join('abcdefghij' * 100)}", 200),
        (
            f"/admin/autocomplete/?app_label=loans&model_name=loan&field_name=customer&term={'+'.join('abcdef' * 200)}",
            200,
        ),
    ],
)
def test_is_answered(client, address, status):
    assert client.get(address).status_code == status


def test_a_search_from_anywhere_minds_no_nul(client):
    assert client.post(f"{LOANS}find/", {"term": "1\0"}).status_code == 200


@pytest.mark.parametrize("name", ["q", "full_name__contains", "address__contains"])
@pytest.mark.parametrize("identity", ["3201014501850001", "081234567890", "0812-3456-7890"])
def test_a_view_keeps_no_identity_and_the_log_says_none(client, name, identity):
    client.post(f"{CUSTOMERS}views/", {"name": "x", "query": f"{name}={identity}", "sharing": "own"})
    client.post(f"{CUSTOMERS}export/?{name}={identity}", {"format": "0"})

    kept = [*SavedView.objects.values_list("query", flat=True), *Disclosure.objects.values_list("query", flat=True)]
    assert not [query for query in kept if identity in unquote(query)]


def test_a_moment_and_the_key_of_an_import_are_kept(client):
    query = "created_at_from_0=2026-11-30&import=12345678-9012-4345-8901-123456789012"
    client.post(f"{CUSTOMERS}views/", {"name": "x", "query": query, "sharing": "own"})

    assert "2026-11-30" in SavedView.objects.get().query
