"""Fixtures shared by the tests of flows."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread

import pytest

from tests.flows.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Run a receiver of alerts."""
    server = Receiver()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
