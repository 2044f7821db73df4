"""A person at the back office of a running site: a browser's cookies and forms, over HTTP."""

import re
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from typing import Any

from tests.faults.callers import BOUNDARY

PASSWORD = "rahasia-sekali"
PATIENCE = 60
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
WIZARD = "/admin/importing/importbatch/"


class Desk:
    """Whose session goes to whichever port is asked: a load balancer would send it anywhere."""

    def __init__(self) -> None:
        self.cookies = CookieJar()
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def page(self, port: int, path: str) -> str:
        with self._browser.open(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE) as answer:
            return str(answer.read().decode())

    def log_in(self, port: int, username: str) -> str:
        return self.send(port, "/admin/login/?next=/admin/", {"username": username, "password": PASSWORD})[1]

    def send(self, port: int, path: str, fields: dict[str, Any], form: str = "") -> tuple[str, str]:
        """Fill in the form of the page (or of another one) and send it; return where that leads, and the page there."""
        token = TOKEN.search(self.page(port, form or path))
        assert token, f"no form on {form or path}"
        body = _encoded({"csrfmiddlewaretoken": token[1], **fields})
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body)
        request.add_header("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
        with self._browser.open(request, timeout=PATIENCE) as answer:
            return urllib.parse.urlsplit(answer.url).path, str(answer.read().decode())

    def upload(self, port: int, content: bytes, *, branch: int) -> str:
        """Bring a file to be imported; return the path of its page."""
        fields = {"kind": "applications", "locale": "id", "sheet": "", "branch": branch, "import_file": content}
        return self.send(port, f"{WIZARD}add/", fields)[0]


def _encoded(fields: dict[str, Any]) -> bytes:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'.encode()
        + (b'; filename="rekap.csv"\r\n\r\n' if isinstance(value, bytes) else b"\r\n\r\n")
        + (value if isinstance(value, bytes) else str(value).encode())
        for name, value in fields.items()
    ]
    return b"\r\n".join([*parts, f"--{BOUNDARY}--\r\n".encode()])
