from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crawlers.site import Site, running


@pytest.fixture
def site() -> Iterator[Site]:
    with running() as site:
        yield site


@pytest.fixture
def warm_crawls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start crawls from a process that has loaded Scrapy already."""
    from tests.crawlers.warm import run_process

    monkeypatch.setattr("crawlers.processes.run", run_process)
