import pytest

from bprs.spreadsheets import (
    COLUMNS,
    SCORING_COLUMNS,
    ColumnsMissing,
    SpreadsheetRefused,
    field_of,
    match_columns,
    propose_columns,
)
from bprs.spreadsheets.column_spec import fold

SCORING = [COLUMNS[name] for name in SCORING_COLUMNS]
SPOKEN = {
    "monthly_income": ["penghasilan", "penghasilan bulanan", "pendapatan", "gaji", "income"],
    "assets_value": ["aset", "assets", "nilai aset", "total aset"],
    "loan_amount": [
        "plafond",
        "plafon",
        "pembiayaan",
        "jumlah pembiayaan",
        "pokok",
        "principal_amount",
        "amount",
    ],
    "tenor_months": ["tenor", "jangka waktu", "jangka waktu (bulan)"],
    "nik": ["no ktp", "nomor ktp"],
    "full_name": ["nama", "nama nasabah"],
    "customer_number": ["cif", "no cif"],
    "loan_number": ["no rekening", "nomor pembiayaan"],
    "phone": ["phone"],
    "birth_date": ["birth_date"],
    "branch": ["branch"],
    "akad": ["akad"],
    "days_past_due": ["hari tunggakan"],
    "collectibility": ["kolektibilitas", "kol"],
}


def refusal(headers, **options) -> SpreadsheetRefused:
    with pytest.raises(SpreadsheetRefused) as caught:
        match_columns(headers, wanted=SCORING, **options)
    return caught.value


class TestAliases:
    @pytest.mark.parametrize(
        ("field", "header"), [(field, each) for field, spoken in SPOKEN.items() for each in spoken]
    )
    def test_every_promised_alias_is_known(self, field, header):
        assert field_of(header) == field

    @pytest.mark.parametrize(
        "header",
        [
            "Monthly Income",
            "MONTHLY_INCOME",
            "monthly-income",
            "Penghasilan (Rp)",
            "Penghasilan [IDR]",
            "pénghasilan.",
            " Gaji : ",
        ],
    )
    def test_case_accents_punctuation_spaces_and_units_do_not_matter(self, header):
        assert field_of(header) == "monthly_income"

    @pytest.mark.parametrize(
        "header",
        [
            "Penghasilan (juta)",
            "Jangka waktu (tahun)",
            "Jangka waktu (hari)",
            "Plafon (USD)",
            "Tenor (Rp)",
            "income per year",
        ],
    )
    def test_a_unit_that_changes_the_meaning_is_never_dropped(self, header):
        assert field_of(header) is None

    def test_no_alias_means_two_columns(self):
        folded = [key for spec in COLUMNS.values() for key in {fold(name) for name in spec.names}]

        assert len(folded) == len(set(folded))

    @pytest.mark.parametrize("spec", COLUMNS.values(), ids=lambda spec: spec.name)
    def test_the_titles_of_templates_are_known(self, spec):
        assert field_of(spec.title_id) == field_of(spec.title_en) == spec.name


class TestMatching:
    def test_headers_are_found_in_any_order_beside_others(self):
        match = match_columns(["No", "Tenor", "Plafon", "Aset", "Gaji"], wanted=SCORING)

        assert match.columns == {"monthly_income": 4, "assets_value": 3, "loan_amount": 2, "tenor_months": 1}
        assert match.header_of("loan_amount") == "Plafon"
        assert [each.header for each in match.unmatched] == ["No"]

    def test_missing_columns_are_refused_with_what_was_found(self):
        refused = refusal(["Gaji", "Aset", "Plafon", "Lama"])

        assert isinstance(refused, ColumnsMissing)
        assert refused.code == "missing_columns"
        assert refused.params == {"missing": "tenor_months", "found": "Gaji, Aset, Plafon, Lama"}
        assert refused.match.missing == ("tenor_months",)

    def test_what_is_not_required_may_be_missing(self):
        match = match_columns(["Gaji"], wanted=SCORING, required=["monthly_income"])

        assert match.missing == ()

    def test_what_cannot_be_matched_comes_with_suggestions(self):
        match = propose_columns(["Penghasilann", "Aset", "Plafon", "Tenor"], wanted=SCORING)

        assert match.missing == ("monthly_income",)
        assert match.unmatched[0].header == "Penghasilann"
        assert match.unmatched[0].suggestions == ("monthly_income",)

    @pytest.mark.parametrize("second", ["Catatan", "catatan ", "CATATAN."])
    def test_duplicate_headers_are_refused(self, second):
        assert refusal(["Gaji", "Aset", "Plafon", "Tenor", "Catatan", second]).code == "duplicate_headers"

    @pytest.mark.parametrize("second", ["monthly_income", "Penghasilan"])
    def test_an_alias_beside_its_canonical_name_or_another_alias_is_refused(self, second):
        refused = refusal(["Gaji", second, "Aset", "Plafon", "Tenor"])

        assert refused.code == "alias_beside_canonical"
        assert refused.params["headers"] == f"Gaji, {second}"

    def test_headers_without_text_are_no_duplicates(self):
        assert match_columns(["Gaji", "", "", "Aset", "Plafon", "Tenor"], wanted=SCORING).missing == ()


class TestMapping:
    def test_a_confirmed_mapping_overrides_the_aliases(self):
        match = match_columns(
            ["Kolom A", "Aset", "Plafon", "Tenor"], wanted=SCORING, mapping={"kolom a": "monthly_income"}
        )

        assert match.columns["monthly_income"] == 0

    def test_it_can_leave_a_column_out(self):
        match = match_columns(["Gaji", "Income", "Aset", "Plafon", "Tenor"], wanted=SCORING, mapping={"Income": ""})

        assert match.columns["monthly_income"] == 0

    def test_a_remembered_header_that_is_not_there_does_no_harm(self):
        match = match_columns(
            ["Gaji", "Aset", "Plafon", "Tenor"], wanted=SCORING, mapping={"Kolom A": "monthly_income"}
        )

        assert match.columns["monthly_income"] == 0

    def test_a_field_that_does_not_exist_is_refused(self):
        assert refusal(["Gaji", "Aset", "Plafon", "Tenor"], mapping={"Gaji": "salary"}).code == "unknown_field"


class TestAnotherUnit:
    @pytest.mark.parametrize(
        "header",
        ["Penghasilan (juta)", "Penghasilan dalam jutaan", "Gaji (Rp ribu)", "income in millions", "PENGHASILAN JT"],
    )
    def test_of_an_amount_is_no_suggestion(self, header):
        match = propose_columns([header, "aset", "plafon", "tenor"], wanted=SCORING)

        assert match.missing == ("monthly_income",)
        assert [each.suggestions for each in match.unmatched] == [()]

    def test_of_a_tenor_is_none_either(self):
        (unmatched,) = propose_columns(["gaji", "aset", "plafon", "Jangka waktu (tahun)"], wanted=SCORING).unmatched

        assert "tenor_months" not in unmatched.suggestions

    @pytest.mark.parametrize(
        ("header", "field", "unit"),
        [("Penghasilan (Juta)", "monthly_income", "Juta"), ("Tenor (thn)", "tenor_months", "thn")],
    )
    def test_is_refused_even_if_somebody_says_so(self, header, field, unit):
        headers = [header, *(name for name in SCORING_COLUMNS if name != field)]

        with pytest.raises(SpreadsheetRefused) as refused:
            match_columns(headers, wanted=SCORING, mapping={header: field})

        assert (refused.value.code, refused.value.params) == ("other_unit", {"header": header, "unit": unit})

    def test_is_not_seen_in_names_that_merely_hold_it(self):
        headers = ["Penghasilan Jutawan", "aset", "plafon", "tenor"]

        assert (
            match_columns(headers, wanted=SCORING, mapping={headers[0]: "monthly_income"}).columns["monthly_income"]
            == 0
        )
