"""What the tests of this folder share, and what goes when they are over."""

from collections.abc import Iterator

import pytest

from architecture.sources import nodes, parsed


@pytest.fixture(scope="package", autouse=True)
def _trees() -> Iterator[None]:
    """The trees of all modules are 200 MB, through which every search for garbage would have to go."""
    yield
    parsed.cache_clear()
    nodes.cache_clear()
