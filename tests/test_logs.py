"""What is written to the log, through the loggers and formatters that the settings name."""

import io
import json
import logging
import logging.config
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection
from django.test import Client

from bprs.logs import about
from customers.models import Customer
from tests.api_client import ApiClient
from tests.factories import make_api_key, make_branch, make_customer, make_user

NIK = "3201014501850001"


@pytest.fixture
def written(request):
    """A handler as the settings make it, writing here, on the root; the lines it wrote."""
    config: Any = settings.LOGGING
    spec = config["formatters"][request.param]
    formatter = logging.config.DictConfigurator({"version": 1}).configure_formatter(dict(spec))
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    handler.addFilter(logging.config.DictConfigurator({"version": 1}).configure_filter(config["filters"]["belonging"]))
    root = logging.getLogger()
    root.addHandler(handler)
    yield lambda: stream.getvalue().splitlines()
    root.removeHandler(handler)


as_json = pytest.mark.parametrize("written", ["json"], indirect=True)
both = pytest.mark.parametrize("written", ["json", "plain"], indirect=True)


@as_json
@pytest.mark.django_db
class TestRequests:
    @pytest.fixture(autouse=True)
    def are_logged(self):
        requests = logging.getLogger("bprs.requests")
        before = requests.level
        requests.setLevel(logging.INFO)
        yield
        requests.setLevel(before)

    def test_a_line_for_each_with_its_id(self, written):
        api = ApiClient(make_api_key(make_user("sari", group="Account officer")))
        answer = api.client.get("/api/v1/loans/999", headers={"X-Request-ID": "toko-2026-1"})

        [line] = map(json.loads, written())
        assert line["about"] == answer["X-Request-ID"] == "toko-2026-1"
        assert (line["method"], line["status"], line["level"]) == ("GET", 404, "INFO")
        assert line["route"] == "api/v1/loans/<int:loan_id>"
        assert line["milliseconds"] >= 0

    def test_what_django_says_of_an_answer_has_its_id_too(self, written):
        Client().get("/api/v1/health/workers", headers={"X-Request-ID": "toko-2026-1"})

        lines = [json.loads(line) for line in written()]
        assert {line["logger"] for line in lines} == {"bprs.requests", "django.request"}
        assert {line["about"] for line in lines} == {"toko-2026-1"}

    def test_tells_nobodys_name_or_number(self, written):
        branch = make_branch()
        make_customer(branch=branch, full_name="Siti Aminah", nik=NIK)
        api = ApiClient(make_api_key(make_user("sari", group="Account officer", branches=[branch])))

        assert api.get("/customers", q="Siti").json()["count"] == 1
        assert api.get("/customers", q=NIK).json()["count"] == 1
        Client().get(f"/gibt/es/nicht/{NIK}")

        told = "\n".join(written())
        assert len(written()) == 3
        assert "Siti" not in told
        assert NIK not in told


@both
class TestFaults:
    def test_a_nik_is_masked_and_other_numbers_are_not(self, written):
        logging.getLogger("bprs.x").error("row %s of %s: %s", 7, "123456789012345", NIK)

        [line] = written()
        assert "row 7 of 123456789012345: ****************" in line

    def test_each_line_says_what_it_belongs_to(self, written):
        with about("job-1"):
            logging.getLogger("bprs.x").warning("within")
        logging.getLogger("bprs.x").warning("after")

        within, after = written()
        assert "job-1" in within
        assert "job-1" not in after

    @pytest.mark.django_db
    def test_a_row_that_the_database_refused_is_not_told(self, written):
        taken = make_customer(nik=NIK).customer_number  # no value in the lines that a traceback shows
        try:
            Customer.objects.create(branch=make_branch(), customer_number=taken, full_name="Budi")
        except IntegrityError:
            logging.getLogger("bprs.x").exception("Not stored")

        told = "\n".join(written())
        assert "Not stored" in told
        assert "IntegrityError" in told
        assert (taken in told, NIK in told) == (False, False)
        if connection.vendor == "postgresql":
            assert "DETAIL: (left out)" in told


@as_json
def test_a_fault_is_one_line(written):
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        logging.getLogger("bprs.x").exception("Fault", extra={"rows": 3})

    [line] = map(json.loads, written())
    assert line["error"].endswith("ZeroDivisionError: division by zero")
    assert line["rows"] == 3
