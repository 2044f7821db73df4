"""Every kind of page, in both languages and both themes: axe-core finds nothing serious, and the browser complains of nothing."""

from pathlib import Path

import axe_playwright_python
import pytest

from tests.browser.back_office import sign_in
from tests.browser.test_pages_keep_to_themselves import complaints_of, paths
from tests.browser.test_score_a_loan import asynchronous_driver, page, pytestmark
from tests.factories import make_user

__all__ = ["asynchronous_driver", "page", "paths", "pytestmark"]
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text()
# Only colours differ between the themes, and all but colours between the languages: each is asked once where it tells something.
ASKED = {"id": ("light", "dark"), "en": ("plain",)}
FIND = """async theme => {
    document.documentElement.classList.toggle("dark", theme === "dark");
    document.getAnimations().forEach(animation => animation.finish());
    const only = theme === "dark" ? {runOnly: {type: "rule", values: ["color-contrast"]}}
        : theme === "plain" ? {rules: {"color-contrast": {enabled: false}}} : {};
    const found = await axe.run(document, {resultTypes: ["violations"], ...only});
    return found.violations
        .filter(fault => ["serious", "critical"].includes(fault.impact))
        .flatMap(fault => fault.nodes.map(node => `${fault.id} (${theme}): ${node.html.slice(0, 160)}`));
}"""


def faults_of(page, url, language):
    assert page.goto(url).ok, url
    page.evaluate(AXE)  # the browser's own door: the pages' policy lets no script in
    return [f"{url}: {fault}" for theme in ASKED[language] for fault in page.evaluate(FIND, theme)]


@pytest.mark.slow
@pytest.mark.parametrize("language", ["id", "en"])
def test_nothing_stands_in_the_way(page, live_server, paths, language):
    make_user("ani", is_staff=True, is_superuser=True)
    page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
    complaints = complaints_of(page, live_server.url)
    found = faults_of(page, f"{live_server.url}/admin/login/", language)
    sign_in(page, f"{live_server.url}/admin/login/")
    page.wait_for_load_state("networkidle")

    for path in paths:
        found += faults_of(page, f"{live_server.url}{path}", language)

    page.wait_for_load_state("networkidle")
    assert "\n".join([*found, *complaints]) == ""


def test_a_fault_would_be_found(page, live_server):
    page.goto(f"{live_server.url}/admin/login/")
    page.evaluate(AXE)
    page.evaluate("document.querySelector('label[for=id_username]').remove()")

    assert any("label" in fault for fault in page.evaluate(FIND, "light"))
