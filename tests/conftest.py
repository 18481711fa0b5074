from __future__ import annotations

from pathlib import Path

import pytest


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
        if _shares(item) and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def _shares(item: pytest.Item) -> bool:
    """Tell whether a test uses what is made once for its module; each process would make it anew."""
    if not isinstance(item, pytest.Function):
        return False
    fixtures = item._fixtureinfo.name2fixturedefs.values()
    return any(fixture.scope == "module" for overriding in fixtures for fixture in overriding)
