"""The back office in a browser, as whoever comes in."""

from tests.admin_client import logged_in


def follow(page, selector):
    """Click on what leads to another page, and be there: whoever looks sooner reads the page that is left."""
    with page.expect_navigation():
        page.click(selector)


def sign_in(page, address, user="ani"):
    """Ask for a page that is for staff, and come to it by one's name and password."""
    page.goto(address)
    page.fill("#id_username", user)
    page.fill("#id_password", "rahasia-sekali")
    follow(page, "#login-form button")


class Back:
    """
    The back office, in one language, as whoever comes in.

    All are logged in before the first page is opened: the site and this test share one connection to the tables.
    """

    def __init__(self, page, live_server, language, *users):
        self.page, self.url = page, live_server.url
        self._cookies = {user: logged_in(user, language).cookies for user in users}

    def come_in(self, user, path="/admin/"):
        self.page.wait_for_load_state("networkidle")
        self.page.context.clear_cookies()
        self.page.context.add_cookies(
            [{"name": name, "value": cookie.value, "url": self.url} for name, cookie in self._cookies[user].items()]
        )
        self.page.goto(self.url + path)

    def decide_first_of(self, queue):
        follow(self.page, f"[data-testid=queue-{queue}]")
        follow(self.page, "#result_list a[href$='/decision/']")

    def recommend(self, note):
        follow(self.page, "[data-testid=open-decision]")
        self.page.check("input[name=advice][value=approve]")
        self.page.fill("textarea[name=note]", note)
        follow(self.page, "button[value=recommend]")

    def decide(self, outcome, note):
        self.page.fill("textarea[name=note]", note)
        follow(self.page, f"button[value={outcome}]")

    def printed(self, what):
        """What is left of the page on paper; its PDF can be fetched beside it."""
        with self.page.expect_download() as fetched:
            self.page.click(f"[data-testid={what}-pdf]")
        assert fetched.value.suggested_filename.endswith(".pdf")
        with self.page.expect_popup() as opened:
            self.page.click(f"[data-testid={what}]")
        opened.value.wait_for_load_state("networkidle")
        opened.value.emulate_media(media="print")
        assert not opened.value.is_visible("[data-print]")
        return opened.value.inner_text("body")


def errors_of(page):
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)
    return broken
