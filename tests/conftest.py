"""What holds for every test: what was collected is left out of the search for garbage."""

from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    """Twenty thousand tests are a million objects that stay, and a search through them all takes a second."""
    gc.collect()
    gc.freeze()
