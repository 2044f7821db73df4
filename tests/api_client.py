"""How tests knock on the API's door."""

import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

BASE = "/api/v1"


class ApiClient:
    """A program with a bearer secret, or with none; it asks in English."""

    def __init__(self, secret: str = "", *, language: str = "en") -> None:
        headers = {"Accept-Language": language}
        if secret:
            headers["Authorization"] = f"Bearer {secret}"
        self.client = Client(headers=headers)

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(BASE + path, query)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.client.post(BASE + path, _encoded(body), content_type="application/json", headers=headers)

    def patch(self, path: str, body: Any) -> Any:
        return self.client.patch(BASE + path, _encoded(body), content_type="application/json")

    def upload(self, content: bytes, *, filename: str = "pengajuan.csv", **headers: str) -> Any:
        file = SimpleUploadedFile(filename, content)
        return self.client.post(f"{BASE}/files/upload", {"file": file}, headers=headers)


def _encoded(body: Any) -> str:
    """Text goes as it is, so that tests can send what Python's JSON cannot write."""
    if body is None:
        return ""
    return body if isinstance(body, str) else json.dumps(body)


def assert_problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """The answer is a problem of this status and code; return it."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = json.loads(response.content)
    assert problem["code"] == code
    assert problem["status"] == status
    assert problem["type"] == f"urn:bprs:problem:{code}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == response["X-Request-ID"]
    return problem


def pointers(problem: dict[str, Any]) -> dict[str, str]:
    """pointer or parameter -> code, of the errors of a problem"""
    return {error.get("pointer") or error["parameter"]: error["code"] for error in problem["errors"]}
