"""An officer at the back office, for tests of what they see there."""

from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bprs.access.models import User


def logged_in(user: User, language: str = "en") -> Client:
    client = Client()
    client.force_login(user)
    if language:
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return client


def told(response: Any) -> list[str]:
    """The messages the officer reads after the page they were sent on to."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def page_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


def queries_of(client: Client, url: str) -> int:
    """How many queries the page costs once what is cached is cached."""
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        page_of(client, url)
    return len(queries)


def file_of(response: Any) -> bytes:
    """The file an answer brings. To close the answer would close the connection of the test too."""
    assert response.status_code == 200, response.status_code
    content: bytes = response.getvalue()
    for close in response._resource_closers:
        close()
    return content
