"""The product as it is deployed, once for all tests of this folder that ask for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local import product, synth
from local.product import LocalProduct


@pytest.fixture(scope="session", name="assembly")
def _assembly() -> Path:
    """The cloud assembly that would go to AWS."""
    return synth.assembly()


@pytest.fixture(scope="session", name="deployed")
def _deployed() -> Iterator[LocalProduct]:
    """The whole product on a local AWS; tests that share it work on accounts of their own."""
    with product.running() as started:
        yield started
