"""The assemblies of both stages, synthesized once for all tests."""

from pathlib import Path

import pytest

from infra.synth import synth
from tests.infra.deployed import EVERYTHING, Deployed
from tests.infra.uses import uses

__all__ = ["uses"]


@pytest.fixture(scope="session")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """The stage one may break."""
    return _synthesized("dev", tmp_path_factory.mktemp("dev"))


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """The stage customers rely on."""
    return _synthesized("prod", tmp_path_factory.mktemp("prod"))


@pytest.fixture(params=["dev", "prod"])
def deployed(request: pytest.FixtureRequest) -> Deployed:
    """One stage after the other."""
    found: Deployed = request.getfixturevalue(request.param)
    return found


def _synthesized(stage: str, folder: Path) -> Deployed:
    return Deployed(synth(stage, folder, **EVERYTHING), stage)
