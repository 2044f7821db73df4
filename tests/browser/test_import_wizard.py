"""An officer brings the messy workbook: two headers matched by hand, bad rows seen, mended, and the small file uploaded."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections

from bprs.importing.models import ImportBatch
from bprs.jobs.models import Job
from bprs.jobs.tasks import run_job
from loans.models import Loan
from tests.browser.back_office import follow, sign_in
from tests.browser.test_score_a_loan import CHROMIUM, asynchronous_driver, page
from tests.factories import make_branch, make_card_in_force, make_user
from tests.messy_workbook import ROWS, UNKNOWN_HEADERS, Messy, mend, write_messy

__all__ = ["asynchronous_driver", "page"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"NO BROWSER TESTED: there is no {CHROMIUM}; set CHROMIUM"),
]
FEW = 1_000
SECONDS = 1_000


@pytest.fixture(autouse=True)
def bank(settings, tmp_path: Path):
    settings.MEDIA_ROOT = tmp_path
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def officer(live_server):
    make_card_in_force()
    branches = [make_branch(code=code) for code in ("001", "002", "003")]
    return make_user("ani", is_staff=True, group="Account officer", branches=branches)


@pytest.fixture
def worker(live_server) -> Iterator[None]:
    """Does what is queued, beside the server, as a worker process would."""
    is_over = threading.Event()

    def work() -> None:
        while not is_over.wait(0.2):
            for job in Job.objects.filter(state=Job.State.QUEUED):
                run_job(str(job.pk))
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    is_over.set()
    thread.join()


class Wizard:
    """What the officer does on the pages, and what they say."""

    def __init__(self, page, url: str) -> None:
        self.page, self.url = page, url
        self.broken: list[str] = []
        page.on("pageerror", lambda error: self.broken.append(str(error)))
        page.on("response", lambda answer: self.broken.append(answer.url) if answer.status >= 400 else None)

    def begin(self) -> None:
        sign_in(self.page, f"{self.url}/admin/")
        self.page.goto(f"{self.url}/admin/loans/loan/")
        self.page.click("a[href$='/loan/import/']")
        self.page.wait_for_url("**/add/**", wait_until="load")

    def bring(self, file: Path) -> None:
        self.page.set_input_files("#id_import_file", str(file))
        self.page.click("[data-testid=upload]")

    def match_columns(self) -> None:
        confirm = self.page.locator("[data-testid=confirm-columns]")
        confirm.wait_for()
        assert confirm.is_disabled()
        for header, field in UNKNOWN_HEADERS.items():
            self.page.locator("[data-match]", has_text=header).locator("select").select_option(field)
        assert confirm.is_enabled()
        confirm.click()

    def tiles(self) -> dict[str, int]:
        self.page.wait_for_selector("[data-testid=tiles]", timeout=120 * SECONDS)
        tiles = self.page.locator("[data-tile]").all()
        return {tile.get_attribute("data-tile"): int(tile.get_attribute("data-count")) for tile in tiles}

    def run(self) -> None:
        """As people do: with a double click."""
        self.page.dblclick("[data-testid=run]")
        self.page.wait_for_selector("[data-testid=result]", timeout=300 * SECONDS)

    def download_rejected(self, target: Path) -> None:
        with self.page.expect_download() as download:
            self.page.click("[data-testid=download-rejected]")
        download.value.save_as(target)

    def bring_mended(self, file: Path) -> None:
        self.page.set_input_files("#id_mended_file", str(file))
        self.page.click("[data-testid=upload-mended]")
        self.page.wait_for_selector("[data-testid=run]")


def brings_it_in(page, live_server, folder: Path, rows: int) -> Messy:
    messy = write_messy(folder / "rekap.xlsx", rows=rows)
    wizard = Wizard(page, live_server.url)

    wizard.begin()
    wizard.bring(folder / "rekap.xlsx")
    wizard.match_columns()
    tiles = wizard.tiles()
    assert (tiles["read"], tiles["new"], tiles["rejected"]) == (messy.rows_read, messy.good, messy.rejected)
    assert tiles["read"] == sum(count for name, count in tiles.items() if name != "read")
    wizard.download_rejected(folder / "before.xlsx")
    wizard.run()
    assert wizard.tiles()["new"] == messy.good
    wizard.download_rejected(folder / "rejected.xlsx")
    left = mend(folder / "rejected.xlsx", folder / "mended.xlsx", messy)
    wizard.bring_mended(folder / "mended.xlsx")
    tiles = wizard.tiles()
    assert (tiles["new"], tiles["rejected"]) == (left, 0)
    wizard.run()
    assert wizard.broken == []
    return messy


def test_an_officer_gets_the_messy_workbook_in(page, live_server, officer, tmp_path):
    messy = brings_it_in(page, live_server, tmp_path, FEW)

    assert Loan.objects.count() == messy.good + len(messy.cures)
    assert not Loan.objects.filter(credit_score=None).exists()
    follow(page, "[data-testid=records] >> nth=0")
    assert "mended.xlsx" in page.inner_text("[data-testid=import-filter]")

    page.goto(f"{live_server.url}/admin/loans/loan/import/")
    Wizard(page, live_server.url).bring(tmp_path / "rekap.xlsx")
    assert "There is nothing to import" in page.inner_text("[data-testid=verdict]")

    first = ImportBatch.objects.order_by("created_at")[0]
    page.goto(f"{live_server.url}/admin/importing/importbatch/{first.pk}/change/")
    follow(page, "[data-testid=undo]")
    follow(page, "[data-testid=confirm-undo]")
    assert "The import was undone" in page.inner_text("[data-testid=result]")
    assert Loan.objects.count() == len(messy.cures)


def test_all_or_nothing_imports_nothing_while_a_row_is_rejected(page, live_server, officer, tmp_path):
    write_messy(tmp_path / "rekap.xlsx", rows=FEW)
    wizard = Wizard(page, live_server.url)
    wizard.begin()
    wizard.bring(tmp_path / "rekap.xlsx")
    wizard.match_columns()
    wizard.tiles()

    page.check("input[name=is_all_or_nothing][value='1']")
    page.click("[data-testid=run]")
    page.wait_for_selector("text=Nothing was imported")

    assert not Loan.objects.exists()
    assert page.locator("[data-testid=run]").is_visible()


def test_a_file_is_dragged_in(page, live_server, officer):
    wizard = Wizard(page, live_server.url)
    wizard.begin()
    page.evaluate(
        """() => {
            const header = "cif;nama;no rekening;monthly_income;assets_value;loan_amount;tenor_months";
            const files = new DataTransfer();
            files.items.add(new File([header + "\\nC-1;Siti;P-1;5000000;20000000;10000000;12"], "rekap.csv"));
            const zone = document.querySelector("[data-drop]"), input = zone.querySelector("input[type=file]");
            zone.dispatchEvent(new DragEvent("dragenter", { bubbles: true, dataTransfer: files }));
            window.wasLit = zone.classList.contains("is-over");
            const drop = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: files });
            if (input.dispatchEvent(drop)) {
                input.files = files.files;  // what the browser does with a real drop on a file input
                input.dispatchEvent(new Event("change", { bubbles: true }));
            }
        }"""
    )

    assert page.evaluate("window.wasLit")
    assert not page.locator(".bprs-drop.is-over").count()
    assert page.inner_text("[data-drop-name]") == "rekap.csv"
    page.select_option("select[name=branch]", index=1)
    page.click("[data-testid=upload]")
    assert wizard.tiles()["new"] == 1


def test_reloading_and_going_back_import_nothing_twice(page, live_server, officer, tmp_path):
    messy = write_messy(tmp_path / "rekap.xlsx", rows=FEW)
    wizard = Wizard(page, live_server.url)
    wizard.begin()
    wizard.bring(tmp_path / "rekap.xlsx")
    wizard.match_columns()
    wizard.tiles()
    second_tab = page.context.new_page()
    second_tab.goto(page.url)
    wizard.run()

    second_tab.click("[data-testid=run]")
    second_tab.wait_for_selector("[data-testid=result]")
    page.reload()
    page.go_back()
    page.wait_for_selector("[data-testid=result]")

    assert Loan.objects.count() == messy.good
    assert ImportBatch.objects.count() == 1


def test_a_file_that_is_too_large_is_told_before_it_is_sent(page, live_server, officer, tmp_path, settings):
    settings.UPLOAD_MAX_BYTES = 1_000_000
    (tmp_path / "large.csv").write_bytes(b"x" * 1_000_001)
    wizard = Wizard(page, live_server.url)

    wizard.begin()
    page.set_input_files("#id_import_file", str(tmp_path / "large.csv"))

    assert "larger than" in page.inner_text("[data-drop-too-large]")
    assert page.locator("[data-testid=upload]").is_disabled()


def test_every_step_fits_a_phone(page, live_server, officer, tmp_path):
    write_messy(tmp_path / "rekap.xlsx", rows=FEW)
    page.set_viewport_size({"width": 390, "height": 844})
    wizard, widths = Wizard(page, live_server.url), []

    def measure() -> None:
        widths.append(page.evaluate("document.documentElement.scrollWidth"))

    sign_in(page, f"{live_server.url}/admin/loans/loan/import/")
    page.wait_for_selector("[data-testid=upload]")
    measure()
    wizard.bring(tmp_path / "rekap.xlsx")
    page.wait_for_selector("[data-testid=confirm-columns]")
    measure()
    wizard.match_columns()
    wizard.tiles()
    measure()
    wizard.run()
    measure()

    assert max(widths) <= 390


@pytest.mark.slow
def test_twenty_thousand_rows_go_by_a_worker_and_show_progress(page, live_server, worker, officer, tmp_path):
    started = time.monotonic()

    messy = brings_it_in(page, live_server, tmp_path, ROWS)

    assert Loan.objects.count() == messy.good + len(messy.cures) == ROWS
    assert time.monotonic() - started < 120
