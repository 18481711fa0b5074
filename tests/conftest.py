from __future__ import annotations

import signal
from pathlib import Path

import pytest


def pytest_configure() -> None:
    """Take interrupts, which tests send; whom a shell begins in the background it lets ignore them."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of Prefect for all of its servers here: making its database costs more than starting one.

    Tests that use it are in the group `prefect`: one process runs them, so that there is one such home.
    """
    return tmp_path_factory.mktemp("prefect")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist notes the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together what shares costly things; begin with the slow, or one process is left with it."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None and (group := _group(item)):
            item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def _group(item: pytest.Item) -> str | None:
    """Name what a test shares a process with: its module, the other cases of the same test, or nothing.

    What is made once for a module, each process would make anew. Of the cases there are 1,500, and the more
    groups there are, the longer pytest-xdist takes after each test.
    """
    if not isinstance(item, pytest.Function):
        return None
    fixtures = item._fixtureinfo.name2fixturedefs.values()
    if any(fixture.scope == "module" for overriding in fixtures for fixture in overriding):
        return item.nodeid.partition("::")[0]
    return item.originalname if item.originalname != item.name else None
