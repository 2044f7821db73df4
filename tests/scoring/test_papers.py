"""Decision sheets and letters on paper: what they say and to whom, and that nothing is cut."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from customers.services import change_customer
from loans.models import Loan
from scoring.paper.letter import NothingToTell
from scoring.paper.pdf import pdf_of
from scoring.paper.sheet import NothingToPrint, decision_sheet
from scoring.services.sealing import seal_new
from tests.admin_client import logged_in, page_of
from tests.engine.samples import numeric, written_card
from tests.factories import NOW, make_card_in_force, make_customer, make_loan
from tests.scoring.decided import LATER, Desk, reason
from tests.scoring.on_paper import as_read, in_english, letter, read, sent_back, sheet, text_of

pytestmark = pytest.mark.django_db
PAGE_HEIGHT, PAGE_WIDTH = 841.89, 595.28


@pytest.fixture
def desk():
    make_card_in_force()
    made = Desk()
    made.branch.name, made.branch.city = "Kantor Pusat Bogor", "Bogor"
    made.branch.save()
    return made


class TestTheDecisionSheet:
    def test_says_who_asked_for_what_how_it_scored_and_what_was_decided(self, desk):
        customer = make_customer(branch=desk.branch, full_name="Siti Aminah", nik="3271012345670001")
        loan = desk.scored(customer=customer)
        desk.recommend(loan, "reject", note="Usaha baru setahun.")
        told_to = reason("rejection", "business_age")
        decided = desk.decide(loan, "rejected", note="Sependapat.", told=[told_to])

        text = text_of(sheet(desk, loan))

        for said in (
            "BPRS Contoh Amanah",
            "Siti Aminah",
            "3271••••••••0001",
            loan.loan_number,
            "Rp10.000.000",
            "Rp958.333,33",
            "19,17%",
            "600",
            "+150",
            "+300",
            "Usaha baru setahun.",
            "Sependapat.",
            told_to.text,
            desk.officer.known_as,
            desk.supervisor.known_as,
            decided.score.run.version.label,
            decided.score.run.version.content_hash,
            str(decided.score.run_id),
        ):
            assert said in text, said
        assert "3271012345670001" not in text

    def test_names_the_seal_of_the_run_once_there_is_one(self, desk):
        loan = desk.recommended()
        assert "not sealed yet" in in_english(desk, loan)

        seal_new(at=LATER)

        seal = loan.scores.get().run.seal_entry.seal
        text = in_english(desk, loan)
        assert "not sealed yet" not in text
        assert seal.root in text

    def test_says_that_a_decision_went_against_the_score_and_why(self, desk):
        loan = desk.high_risk()
        desk.recommend(loan)
        desk.decide(loan, reason=reason("low_side", "guarantor"), note="Paman PNS")

        text = text_of(sheet(desk, loan))

        assert "Ada penjamin yang mampu" in text
        assert "Paman PNS" in text

    def test_is_a_draft_before_and_keeps_what_was_decided_on_afterwards(self, desk):
        loan = desk.scored()
        assert "Draft: not recommended yet" in in_english(desk, loan)
        assert "Awaiting a decision" not in in_english(desk, loan)
        desk.recommend(loan)
        assert "Awaiting a decision" in in_english(desk, loan)
        desk.decide(loan)
        approved = pdf_of(sheet(desk, loan))
        assert "No decision has been made" not in in_english(desk, loan)

        change_customer(customer=loan.customer, values={"monthly_income": Decimal(1_000_000)}, changed_by=desk.officer)
        make_card_in_force(written_card(base_points=310))
        desk.score(loan)

        assert loan.scores.count() == 2
        assert pdf_of(sheet(desk, loan)) == approved

    def test_of_a_returned_application_that_was_submitted_again_is_a_draft(self, desk):
        loan = desk.recommended()
        sent_back(desk, loan, note="Slip gaji")
        assert "Slip gaji" in in_english(desk, loan)

        Loan.objects.filter(pk=loan.pk).update(status="submitted")

        assert "Slip gaji" not in in_english(desk, loan)
        assert "Draft: not recommended yet" in in_english(desk, loan)

    def test_is_refused_where_nothing_was_scored(self, desk):
        with pytest.raises(NothingToPrint):
            sheet(desk, make_loan(branch=desk.branch))

    def test_names_the_customer_as_on_the_day_of_the_decision(self, desk):
        customer = make_customer(branch=desk.branch, full_name="Siti Aminah")
        customer.history.update(history_date=NOW)
        loan = desk.recommended(customer=customer)
        desk.decide(loan)
        change_customer(customer=customer, values={"full_name": "Joko Susilo"}, changed_by=desk.officer)

        for text in (text_of(sheet(desk, loan)), text_of(letter(loan))):
            assert ("Siti Aminah" in text, "Joko Susilo" in text) == (True, False)

    def test_costs_one_query_or_two(self, desk, django_assert_num_queries):
        scored, decided = as_read(desk.scored()), as_read(desk.recommended())

        with django_assert_num_queries(1):
            decision_sheet(decided, printed_by=desk.officer, printed_at=LATER)
        with django_assert_num_queries(2):
            decision_sheet(scored, printed_by=desk.officer, printed_at=LATER)


class TestPdf:
    def test_is_a4_with_metadata_page_numbers_and_the_same_bytes_for_the_same_paper(self, desk):
        paper = sheet(desk, desk.recommended())
        content = pdf_of(paper)
        _text, pages = read(content)
        meta = PdfReader(BytesIO(content)).metadata

        assert content == pdf_of(paper)
        assert meta is not None
        assert [float(size) for size in pages[0].mediabox[2:]] == pytest.approx([PAGE_WIDTH, PAGE_HEIGHT], abs=0.1)
        assert (meta.title, meta.author) == (paper.title, "BPRS Contoh Amanah")
        assert meta.creation_date == LATER
        for number, page in enumerate(pages, start=1):
            assert paper.page % {"number": number, "count": len(pages)} in page.extract_text()

    def test_another_time_is_another_file(self, desk):
        loan = desk.recommended()

        assert pdf_of(sheet(desk, loan)) != pdf_of(sheet(desk, loan, LATER + timedelta(minutes=1)))

    def test_long_names_notes_and_twelve_characteristics_flow_on_and_lose_nothing(self, desk):
        bins = [
            {"label": "sampai lima juta rupiah sebulan", "at_most": "5000000", "points": 15},
            {"label": "di atas itu", "above": "5000000", "points": 30},
        ]
        twelve = [numeric("monthly_income", *bins, name=f"karakteristik_{n}") for n in range(12)]
        make_card_in_force(written_card(characteristics=twelve))
        words = [f"kata{n}" for n in range(260)]
        loan = desk.scored(
            Decimal(1_000_000_000), customer=make_customer(branch=desk.branch, full_name="Raden " + "x" * 194)
        )
        desk.recommend(loan, "reject", note=" ".join(words))
        sent_back(desk, loan, " ".join(words))

        text, pages = read(pdf_of(sheet(desk, loan)))

        assert len(pages) == 3
        assert [word for word in words if text.split().count(word) != 2] == []
        assert text.replace(" ", "").count("x" * 194) == 1
        assert "Rp1.000.000.000" in text
        assert text.count("sampai lima juta rupiah sebulan") == 12

    def test_what_people_wrote_is_text_and_no_markup(self, desk):
        loan = desk.scored()
        desk.recommend(loan, note="a < b & c > d <b>tebal</b> <img src=x>\nbaris kedua")

        text = text_of(sheet(desk, loan))

        assert "a < b & c > d <b>tebal</b> <img src=x> baris kedua" in text

    def test_an_incomplete_score_says_so(self, desk):
        loan = make_loan(customer=make_customer(branch=desk.branch, assets_value=None))
        desk.score(loan)

        assert "no decision can rest on it" in in_english(desk, loan)


class TestTheLetter:
    def test_of_a_rejection_gives_the_reasons_and_the_way_to_a_review(self, desk):
        customer = make_customer(branch=desk.branch, full_name="Siti Aminah", address="Jl. Melati 1\nBogor")
        loan = desk.scored(customer=customer, tenor_months=36)
        desk.recommend(loan, "reject")
        decided = desk.decide(loan, "rejected", told=[reason("rejection", "business_age")])

        text = text_of(letter(loan))

        for said in (
            f"{decided.pk:06d}/SP/{desk.branch.code}/XI/2026",
            "Bogor, 23 November 2026",
            "Bapak/Ibu Siti Aminah Jl. Melati 1 Bogor",
            "belum dapat kami setujui",
            "1. Usaha belum cukup lama berjalan",
            "Rp10.000.000",
            "36 bulan",
            "peninjauan kembali secara tertulis kepada Kantor Pusat Bogor",
        ):
            assert said in text, said
        for each in decided.customer_reasons:
            assert each["text"] in text

    def test_of_an_approval_promises_nothing_before_the_akad(self, desk):
        loan = desk.recommended(akad="mudharabah")
        desk.decide(loan)

        text = text_of(letter(loan))

        assert "kami setujui dengan ketentuan berikut" in text
        assert "Rp10.000.000" in text
        assert "belum merupakan akad" in text
        assert "nisbah bagi hasil" in text
        assert "margin" not in text

    def test_is_the_same_years_later_and_in_every_language_of_the_screen(self, desk):
        loan = desk.recommended()
        desk.decide(loan)

        clients = [logged_in(desk.officer, language) for language in ("id", "en")]
        pages = [page_of(client, f"/admin/loans/loan/{loan.pk}/letter/").split("<main")[1] for client in clients]

        assert pages[0] == pages[1]
        assert text_of(letter(loan)) == text_of(letter(loan, LATER + timedelta(days=1500)))

    def test_is_refused_while_undecided_returned_or_decided_elsewhere(self, desk):
        returned = desk.recommended()
        sent_back(desk, returned, note="Slip gaji")

        for loan in (desk.scored(), desk.recommended(), returned, make_loan(branch=desk.branch, status="rejected")):
            with pytest.raises(NothingToTell):
                letter(loan)
