"""A desk with one decided case, and its bundles, made once a module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.desk.desk_parts import Office, office
from tests.evidence.evidence_parts import Bundle, bundle, decided

from modstation.evidence.dossier import Audience


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path / "desk") as made:
        yield made


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[Audience, Bundle]:
    """The same case for each kind of reader."""
    with office(tmp_path_factory.mktemp("bundles") / "desk") as made:
        decided(made)
        made.post(2, "of somebody else, who is nobody's business")
        return {audience: bundle(made, audience) for audience in Audience}


@pytest.fixture(scope="module")
def court(bundles: dict[Audience, Bundle]) -> Bundle:
    return bundles[Audience.COURT]
