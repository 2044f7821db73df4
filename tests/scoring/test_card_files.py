"""A scorecard as a file, out and in again: by the page, the API and the command line."""

import io
import json
from hashlib import sha256

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import translation
from hypothesis import given, settings

from scoring.engine import RESCALED_1, STANDARD_1, Scorecard, canonical_json
from scoring.models import ScorecardVersion
from scoring.services.card_drafts import create_draft
from scoring.services.card_files import (
    LARGEST_FILE,
    CardFileUnreadable,
    CardNotInSql,
    CardUnfinished,
    card_file,
    read_card_file,
)
from tests.admin_client import logged_in
from tests.api_client import ApiClient, assert_problem
from tests.engine.random_cards import cards
from tests.engine.samples import written_card
from tests.factories import NOW, make_api_key, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor():
    return make_user("auditor", is_staff=True, group="Auditor")


@pytest.fixture
def risk():
    return make_user("risk", is_staff=True, group="Risk staff")


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def version(label="standard-1"):
    name, _, number = label.rpartition("-")
    return ScorecardVersion.objects.get(name=name, number=number)


def draft(definition, name="trial"):
    return create_draft(name=name, definition=definition, created_by=make_user(), created_at=NOW)


class TestJson:
    @pytest.mark.parametrize("label", ["standard-1", "rescaled-1", "annual-1"])
    def test_its_sha256_is_the_content_hash(self, label):
        assert sha256(card_file(version(label), "json")).hexdigest() == version(label).content_hash

    @settings(max_examples=50, deadline=None)
    @given(cards())
    def test_comes_back_bit_for_bit(self, card):
        content = canonical_json(card.to_dict()).encode()

        back = read_card_file(content)

        assert canonical_json(back).encode() == content
        assert Scorecard.from_dict(back).content_hash() == card.content_hash()

    def test_is_read_however_it_is_laid_out(self):
        content = json.dumps(STANDARD_1, indent=4).encode("utf-8-sig")

        assert read_card_file(content) == dict(STANDARD_1)

    def test_of_an_unfinished_draft_is_written_all_the_same(self):
        unfinished = draft({"format": 1})

        assert json.loads(card_file(unfinished, "json")) == {"format": 1, "version": "trial-1"}


class TestRefusals:
    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"", "This file is not JSON."),
            (b"\xff\xfe", "This file is not JSON."),
            (b"{", "This file is not JSON."),
            (b'{"base_points": NaN}', "This file is not JSON."),
            (b"[" * 200_000, "This file is not JSON."),
            (b'{"name": "a", "name": "b"}', "“name” stands twice in one object of this file."),
            (b" " * (LARGEST_FILE + 1), "A scorecard is never larger than 2 MB; this file is."),
            (b"[]", "This scorecard cannot be used. The card must be an object."),
        ],
    )
    def test_what_is_no_card_is_told_plainly(self, content, sentence):
        with pytest.raises(CardFileUnreadable) as refusal:
            read_card_file(content)

        assert str(refusal.value).startswith(sentence)

    def test_everything_wrong_with_a_card_is_named(self):
        written = written_card(base_points="many", segment_bands=[{"at_least": 300, "segment": "fair"}], name="")

        with pytest.raises(CardFileUnreadable) as refusal:
            read_card_file(json.dumps(written).encode())

        assert "The base points must be a whole number" in str(refusal.value)
        assert "The name of the card must be text" in str(refusal.value)

    def test_a_segment_the_bank_does_not_know_is_refused(self):
        written = written_card(segment_bands=[{"at_least": 300, "segment": "fair"}])

        with pytest.raises(CardFileUnreadable, match="The segment fair is unknown"):
            read_card_file(json.dumps(written).encode())

    def test_a_hundred_faults_are_not_all_spelled_out(self):
        bands = [{"at_least": "x", "probability": "0.1"} for _ in range(50)]

        with pytest.raises(CardFileUnreadable, match=r"And 30 more\.$"):
            read_card_file(json.dumps(written_card(pd_bands=bands)).encode())


def sheet_of(content):
    book = openpyxl.load_workbook(io.BytesIO(content))
    (sheet,) = book.worksheets
    return sheet


class TestSheet:
    def test_has_every_bin_with_its_points_and_every_band(self):
        rows = [tuple(row) for row in sheet_of(card_file(version("rescaled-1"), "xlsx")).iter_rows(values_only=True)]

        points = [row[2] for row in rows if isinstance(row[2], int)]
        assert points == [each["points"] for part in RESCALED_1["characteristics"] for each in part["bins"]]
        assert [row[0] for row in rows if str(row[0]).startswith("≥")] == [
            f"≥ {score}" for score in (700, 550, 300, 750, 650, 550, 300)
        ]
        assert rows[0][0] == "Rescaled (rescaled-1)"
        assert rows[1][1] == version("rescaled-1").content_hash
        assert rows[2][1] == 575

    def test_no_label_becomes_a_formula(self):
        written = written_card(name="=1+1")
        written["characteristics"][0]["label"] = "=HYPERLINK(1)"
        written["characteristics"][0]["bins"][0]["label"] = "@SUM(1)"

        cells = [cell for row in sheet_of(card_file(draft(written), "xlsx")).iter_rows() for cell in row]

        assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
        assert {"'=HYPERLINK(1)", "'@SUM(1)"} <= {cell.value for cell in cells}

    def test_an_unfinished_draft_has_none(self):
        with pytest.raises(CardUnfinished):
            card_file(draft({"format": 1}), "xlsx")


class TestSql:
    def test_is_the_query(self):
        assert b"AS points_dsr" in card_file(version(), "sql")

    def test_is_refused_where_it_could_not_be_exact(self):
        with pytest.raises(CardNotInSql, match="annuity"):
            card_file(draft(written_card(margin={"method": "annuity", "rate": "0.15"})), "sql")


class TestPage:
    @pytest.mark.parametrize(("file_format", "begins"), [("json", b'{"'), ("xlsx", b"PK"), ("sql", b"--")])
    def test_every_reader_of_cards_downloads_it(self, auditor, file_format, begins):
        page = reverse("admin:scoring_scorecardversion_change", args=[version().pk])
        url = reverse("admin:scoring_scorecardversion_file", args=[version().pk, file_format])

        answer = logged_in(auditor).get(url)

        assert url in logged_in(auditor).get(page).content.decode()
        assert f'filename="standard-1.{file_format}"' in answer["Content-Disposition"]
        assert answer.getvalue().startswith(begins)

    def test_another_format_is_not_there(self, auditor):
        assert logged_in(auditor).get(f"/admin/scoring/scorecardversion/{version().pk}/file/pdf/").status_code == 404

    def test_is_not_for_staff_who_do_not_read_cards(self):
        url = reverse("admin:scoring_scorecardversion_file", args=[version().pk, "json"])

        assert logged_in(make_user("nobody", is_staff=True)).get(url).status_code == 403

    def test_what_cannot_be_sql_is_said_on_the_page(self, auditor):
        annuity = draft(written_card(margin={"method": "annuity", "rate": "0.15"}))
        url = reverse("admin:scoring_scorecardversion_file", args=[annuity.pk, "sql"])

        answer = logged_in(auditor).get(url, follow=True)

        assert answer.redirect_chain == [(reverse("admin:scoring_scorecardversion_change", args=[annuity.pk]), 302)]
        assert len(list(answer.context["messages"])) == 1


class TestUpload:
    URL = "/admin/scoring/scorecardversion/from-file/"

    def upload(self, user, content, **changes):
        file = SimpleUploadedFile("card.json", content)
        return logged_in(user).post(self.URL, {"name": "trial", "file": file, "reason": "tested elsewhere", **changes})

    def test_makes_a_draft_with_the_content_of_the_file(self, risk):
        answer = self.upload(risk, card_file(version("rescaled-1"), "json"))

        made = version("trial-1")
        assert answer["Location"].endswith(f"/{made.pk}/change/")
        assert made.definition == {**RESCALED_1, "version": "trial-1"}

    @pytest.mark.parametrize(
        ("content", "changes"), [(b"{}", {}), (canonical_json(RESCALED_1).encode(), {"name": "A b"})]
    )
    def test_makes_nothing_of_what_is_wrong(self, risk, content, changes):
        before = ScorecardVersion.objects.count()

        answer = self.upload(risk, content, **changes)

        assert answer.context["form"].non_field_errors()
        assert ScorecardVersion.objects.count() == before

    def test_is_not_for_those_who_make_no_cards(self, auditor):
        assert logged_in(auditor).get(self.URL).status_code == 403
        assert self.upload(auditor, b"{}").status_code == 403


class TestApi:
    @pytest.fixture
    def api(self, auditor):
        return ApiClient(make_api_key(auditor))

    def test_gives_a_card_by_its_label(self, api):
        card = api.get("/scorecards/rescaled-1").json()

        assert (card["scorecard"], card["definition"]) == ("rescaled-1", dict(RESCALED_1))

    @pytest.mark.parametrize(
        "label", ["standard-9", "standard", "standard-x", "standard-¹", "standard-99999999999999999999"]
    )
    def test_knows_no_other(self, api, label):
        assert_problem(api.get(f"/scorecards/{label}"), 404, "not_found")


class TestCommand:
    def test_writes_a_file(self, tmp_path):
        call_command("export_card", "rescaled-1", "--output", str(tmp_path / "card.json"))

        assert (tmp_path / "card.json").read_bytes() == card_file(version("rescaled-1"), "json")

    def test_prints_the_card_in_force(self):
        out = io.StringIO()

        call_command("export_card", "--format", "sql", stdout=out)

        assert out.getvalue().startswith("-- standard-1: Standard")

    def test_says_which_cards_there_are(self):
        with pytest.raises(CommandError) as refusal:
            call_command("export_card", "nothing-1")

        assert refusal.value.returncode == 2
        assert "standard-1" in str(refusal.value)
