"""Queries whose SQL is written once: the same answers as the ORM's own."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bprs.access.models import ApiKey
from bprs.prepared import Prepared
from loans.models import Loan
from tests.factories import NOW, make_api_key, make_branch, make_loan, make_user

pytestmark = pytest.mark.django_db
FIELDS = ("pk", "principal_amount", "default_probability", "application_date", "created_at", "is_stale")


def of_id(loan_id):
    return Loan.objects.filter(pk=loan_id).values_list(*FIELDS)


def numbered(number):
    return Loan.objects.filter(loan_number=number).values_list("pk", flat=False)


class TestRows:
    def test_are_those_of_the_orm_each_time_with_another_value(self):
        first, second = make_loan(principal_amount=Decimal("0.01")), make_loan()
        prepared = Prepared(of_id, loan_id=int)

        for loan in (first, second):
            assert prepared.rows(loan_id=loan.pk) == list(of_id(loan.pk))

    def test_cost_one_query(self):
        loan, prepared = make_loan(), Prepared(of_id, loan_id=int)

        with CaptureQueriesContext(connection) as queries:
            prepared.rows(loan_id=loan.pk)
            prepared.rows(loan_id=loan.pk + 1)

        assert len(queries) == 2

    def test_come_as_they_are_stored_where_that_is_asked_for(self):
        loan = make_loan(principal_amount=Decimal("10000000.05"))

        assert Prepared(of_id, loan_id=int).stored_rows(loan_id=loan.pk)[0][:2] == (loan.pk, 1_000_000_005)

    def test_parse_json_and_bools(self):
        key = ApiKey.objects.get(secret_sha256=ApiKey.hash_of(make_api_key(make_user(is_superuser=True))))
        with_permission = ApiKey.objects.with_permission("scoring.score_loan")
        asked = ("scopes", "is_permitted")
        of_user = Prepared(lambda user_id: with_permission.filter(user=user_id).values_list(*asked), user_id=int)

        assert of_user.rows(user_id=key.user_id) == [(key.scopes, True)]

    @pytest.mark.parametrize(("later", "count"), [(-timedelta(microseconds=1), 0), (timedelta(0), 1)])
    def test_compare_moments_to_the_microsecond(self, later, count):
        make_loan()
        made_at = Loan.objects.get().created_at
        prepared = Prepared(lambda at: Loan.objects.filter(created_at__lte=at).values_list("pk"), at=datetime)

        assert len(prepared.rows(at=made_at + later)) == count

    @pytest.mark.parametrize("number", ["PB'; --", "%s", "«0", ""])
    def test_take_any_text_for_what_it_is(self, number):
        wanted, prepared = make_loan(loan_number=number), Prepared(numbered, number=str)
        make_loan()

        assert prepared.rows(number=number) == [(wanted.pk,)]

    @pytest.mark.parametrize("loan_id", [2**63, 10**40])
    def test_find_nothing_by_a_number_no_database_holds(self, loan_id):
        assert Prepared(of_id, loan_id=int).rows(loan_id=loan_id) == []

    def test_keep_values_apart_that_are_asked_for_more_than_once(self):
        ours, theirs = make_branch(), make_branch()
        loan = make_loan(branch=ours)
        make_loan(branch=theirs)
        officer = make_user(branches=[ours])
        prepared = Prepared(
            lambda user_id, loan_id: (
                Loan.objects.visible_to(type(officer)(pk=user_id)).filter(pk=loan_id).values_list("pk")
            ),
            user_id=int,
            loan_id=int,
        )

        assert prepared.rows(user_id=officer.pk, loan_id=loan.pk) == [(loan.pk,)]
        assert prepared.rows(user_id=loan.pk + 10**6, loan_id=loan.pk) == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps no statements that can be asked for")
class TestPlansKept:
    def kept(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", ["%loan_number%"])
            return cursor.fetchone()[0]

    def ask(self, times):
        prepared = Prepared(numbered, number=str)
        before = self.kept()
        for place in range(times):
            prepared.rows(number=f"PB{place}")
        return self.kept() - before

    def test_are_those_of_prepared_queries(self):
        assert self.ask(times=3) == 1

    def test_are_not_kept_where_a_pooler_would_lose_them(self, settings):
        settings.PREPARED_STATEMENTS = False

        assert self.ask(times=3) == 0

    def test_are_not_those_of_other_queries(self):
        before = self.kept()

        for place in range(9):
            list(numbered(f"PB{place}"))

        assert self.kept() == before


class TestWriting:
    def test_refuses_a_value_that_the_query_does_not_ask_for(self):
        prepared = Prepared(lambda loan_id, at: of_id(loan_id), loan_id=int, at=datetime)

        with pytest.raises(ValueError, match="does not ask for at"):
            prepared.rows(loan_id=1, at=NOW)
