from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow ones: else one process is left with them when the others are done."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
