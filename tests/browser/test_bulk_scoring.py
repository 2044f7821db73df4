"""An officer scores a file in a real browser: a small one at once, a larger one as work that she watches."""

import pytest

from bprs.jobs.models import Job
from bprs.jobs.tasks import run_job
from scoring.models import ScoringRun
from tests.browser.back_office import sign_in
from tests.browser.test_score_a_loan import asynchronous_driver, page, pytestmark  # noqa: F401 fixtures and marks
from tests.factories import make_branch, make_card_in_force, make_user

HEADER = "penghasilan,aset,plafond,tenor\n"
ROWS = ("20000000,300000000,50000000,12\n", "5000000,20000000,10000000,12\n", "1000000,0,90000000,60\n")


@pytest.fixture
def broken(page):  # noqa: F811 the fixture
    """What went wrong on the pages: a script that failed, an answer that is none."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("response", lambda response: found.append(response.url) if response.status >= 400 else None)
    return found


@pytest.fixture
def _officer(page, live_server, settings, tmp_path):  # noqa: F811 the fixture
    settings.MEDIA_ROOT = tmp_path / "media"
    make_card_in_force()
    make_user("ani", is_staff=True, group="Account officer", branches=[make_branch()])
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, f"{live_server.url}/admin/scoring/scoringrun/score-file/")
    page.wait_for_selector("[data-testid=score-file]")


def bring(page, tmp_path, content):  # noqa: F811 the fixture
    path = tmp_path / "pengajuan.csv"
    path.write_text(content)
    page.set_input_files("#id_import_file", path)
    page.click("[data-testid=score-file-button]")


def has_been_drawn(page, chart):  # noqa: F811 the fixture
    """Whether something comes to stand on the canvas."""
    script = """chart => {
        const canvas = document.querySelector(`canvas[data-chart=${chart}]`);
        return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean);
    }"""
    return page.wait_for_function(script, arg=chart)


@pytest.mark.usefixtures("_officer")
class TestBulkScoring:
    def test_shows_what_came_of_three_thousand_rows_and_why(self, page, tmp_path, broken):  # noqa: F811 the fixture
        bring(page, tmp_path, HEADER + "".join(ROWS) * 1000 + "1,1,1,x\n")
        page.wait_for_selector("[data-testid=segments]")

        assert page.get_attribute("[data-tile=scored]", "data-count") == "3000"
        assert page.get_attribute("[data-tile=rejected]", "data-count") == "1"
        assert has_been_drawn(page, "scores")
        assert has_been_drawn(page, "dsr")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390

        page.click("[data-testid=next]")
        page.wait_for_selector("[data-testid=previous]")
        assert page.locator("[data-testid=rows] tbody tr").first.locator("th").inner_text() == "52"

        page.locator("[data-testid=why]").first.click()
        page.wait_for_selector("[data-testid=bars]")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert broken == []

    def test_leads_through_a_job_to_the_run(self, page, tmp_path, settings, broken):  # noqa: F811 the fixture
        settings.BULK_ROWS_ANSWERED_AT_ONCE = 100
        bring(page, tmp_path, HEADER + "".join(ROWS) * 100)
        page.wait_for_selector("[data-testid=job]")

        run_job(str(Job.objects.get().pk))
        page.wait_for_selector("text=100%")
        page.click("[data-testid=job-result]")
        page.wait_for_selector("[data-testid=segments]")

        assert page.get_attribute("[data-tile=scored]", "data-count") == "300"
        assert page.locator("[data-testid=unfinished]").count() == 0
        assert broken == []

    def test_shows_a_run_whole_by_itself_once_its_work_is_done(self, page, live_server, tmp_path, settings, broken):  # noqa: F811 the fixture
        settings.BULK_ROWS_ANSWERED_AT_ONCE = 100
        bring(page, tmp_path, HEADER + "".join(ROWS) * 100)
        page.wait_for_selector("[data-testid=job]")
        page.goto(f"{live_server.url}/admin/scoring/scoringrun/{ScoringRun.objects.get().pk}/change/")
        page.wait_for_selector("[data-testid=unfinished]")
        assert page.locator("[data-testid=segments]").count() == 0

        run_job(str(Job.objects.get().pk))

        page.wait_for_selector("[data-testid=segments]")
        assert page.get_attribute("[data-tile=scored]", "data-count") == "300"
        assert page.locator("[data-testid=unfinished]").count() == 0
        assert broken == []

    def test_fits_the_scored_rows_on_a_screen(self, page, tmp_path):  # noqa: F811 the fixture
        page.set_viewport_size({"width": 1280, "height": 900})
        bring(page, tmp_path, HEADER + "20000000,300000000,50000000,12\n" * 30)
        page.wait_for_selector("[data-testid=rows]")

        assert page.evaluate(
            "(([table]) => table.scrollWidth <= table.clientWidth)(document.querySelectorAll('#rows .bprs-scroll'))"
        )
