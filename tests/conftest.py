"""What every test may ask for."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.db import connection
from django.utils import translation
from xdist.scheduler import LoadScopeScheduling

from bprs.access.models import Branch, User
from scoring import triggers
from tests.databases import kept_pristine, new_databases, worker
from tests.factories import make_branch, make_user

# CI judges a change by the same examples every time; everybody else's run looks for new ones.
hypothesis.settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")


@pytest.fixture(autouse=True)
def _language_of_the_site() -> Iterator[None]:
    """A page that was asked for leaves its language behind in the thread; the next test begins in the language of the site."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """As the plugin has it, with a copy kept for processes that need a database of their own."""
    with ExitStack() as kept:
        with django_db_blocker.unblock():
            kept.enter_context(kept_pristine())
        yield


@pytest.fixture
def own_database(django_db_setup: None, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment that leads to it, for processes."""
    with new_databases(f"own_{worker()}", folder=tmp_path) as addresses:
        yield {"DATABASE_URL": addresses[0]}


@pytest.fixture
def branch() -> Branch:
    return make_branch()


@pytest.fixture
def officer(branch: Branch) -> User:
    """An account officer of that branch, who may log in to the back office."""
    return make_user(is_staff=True, group="Account officer", branches=[branch])


@pytest.fixture
def flushable(transactional_db: None) -> Iterator[None]:
    """For tests with real transactions: Django empties the tables after them, which the triggers would refuse."""
    with connection.schema_editor() as editor:
        triggers.install(editor)
    yield
    with connection.schema_editor() as editor:
        triggers.remove(editor)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that really commits gets the fixture that lets Django clean up after it, and the data of migrations."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        transactional = (marker and marker.kwargs.get("transaction")) or {"transactional_db", "live_server"} & set(
            getattr(item, "fixturenames", ())
        )
        if not transactional:
            continue
        if "flushable" not in getattr(item, "fixturenames", ()):  # the parameters of a test share one list of names
            item.fixturenames.append("flushable")  # type: ignore[attr-defined]
        if not (marker and marker.kwargs.get("serialized_rollback")):
            item.add_marker(pytest.mark.django_db(transaction=True, serialized_rollback=True))


class OneByOne(LoadScopeScheduling):  # type: ignore[misc]  # xdist carries no types
    """Tests go to whichever core is free, but those of `make run` to one: all of them share its first run."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file.endswith("test_start.py") else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneByOne:
    return OneByOne(config, log)
