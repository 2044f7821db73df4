"""Through which doors papers are fetched, and by whom."""

import pytest

from tests.admin_client import logged_in, page_of, told
from tests.api_client import ApiClient, assert_problem
from tests.factories import make_api_key, make_card_in_force, make_loan, make_user
from tests.scoring.decided import Desk, reason
from tests.scoring.on_paper import read

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    make_card_in_force()
    return Desk()


class TestDoors:
    def test_the_loan_page_leads_to_what_there_is(self, desk):
        loan, unscored, rejected = desk.scored(), make_loan(branch=desk.branch), desk.recommended()
        desk.decide(rejected, "rejected", told=[reason("rejection", "business_age")])
        client = logged_in(desk.officer)

        def offered(one):
            page = page_of(client, f"/admin/loans/loan/{one.pk}/change/")
            return f"/{one.pk}/decision-sheet.pdf" in page, f"/{one.pk}/letter.pdf" in page

        assert (offered(unscored), offered(loan), offered(rejected)) == ((False, False), (True, False), (True, True))

    def test_page_and_pdf_say_the_same(self, desk):
        loan = desk.recommended()
        client = logged_in(desk.officer)

        page = page_of(client, f"/admin/loans/loan/{loan.pk}/decision-sheet/")
        answer = client.get(f"/admin/loans/loan/{loan.pk}/decision-sheet.pdf")

        assert answer["Content-Type"] == "application/pdf"
        assert loan.loan_number in answer["Content-Disposition"]
        text, _pages = read(answer.getvalue())
        for said in (
            "Awaiting a decision",
            "Usaha berjalan lima tahun.",
            "Segment by amount and tenor",
            "not sealed yet",
        ):
            assert said in page, said
            assert said in text, said

    def test_a_refusal_leads_back_to_the_loan_with_its_sentence(self, desk):
        loan = desk.recommended()
        answer = logged_in(desk.officer).get(f"/admin/loans/loan/{loan.pk}/letter/")

        assert answer["Location"] == f"/admin/loans/loan/{loan.pk}/change/"
        assert told(answer) == ["Nothing was approved or rejected here, so there is nothing to tell the customer yet."]

    def test_the_api_hands_out_both_and_refuses_the_letter_of_an_undecided_loan(self, desk):
        loan = desk.recommended()
        api = ApiClient(make_api_key(desk.officer, scopes=["loans:read"]))

        assert_problem(api.get(f"/loans/{loan.pk}/letter.pdf"), 409, "nothing_to_tell")
        desk.decide(loan)
        given, told_ = api.get(f"/loans/{loan.pk}/decision-sheet.pdf"), api.get(f"/loans/{loan.pk}/letter.pdf")

        assert given["Content-Type"] == told_["Content-Type"] == "application/pdf"
        assert loan.loan_number in read(given.getvalue())[0]
        assert "kami setujui" in read(told_.getvalue())[0]
        described = api.get("/openapi.json").json()["paths"]["/api/v1/loans/{loan_id}/letter.pdf"]["get"]
        assert described["responses"]["200"]["content"]["application/pdf"]["schema"]["format"] == "binary"

    def test_another_branch_finds_nothing(self, desk):
        loan = desk.recommended()
        stranger = make_user(is_staff=True, group="Account officer")
        api = ApiClient(make_api_key(stranger))

        for name in ("decision-sheet.pdf", "letter.pdf", "decision-sheet/", "letter/"):
            assert logged_in(stranger).get(f"/admin/loans/loan/{loan.pk}/{name}").status_code == 404
        assert_problem(api.get(f"/loans/{loan.pk}/letter.pdf"), 404, "not_found")
