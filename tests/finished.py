"""
A finished crawl of the showcase, for all tests that draw conclusions from one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ipv6matrix.store.database import Store
from simnet.internet import Internet
from tests import crawls
from tests.expected import GAP_LIMIT, Expected


@dataclass(frozen=True)
class Finished:
    """A complete crawl, with the facts that it should have found."""

    path: Path
    store: Store
    expected: Expected


@pytest.fixture(scope="session")
def finished(internet: Internet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    """Crawl once per session; no test writes to the database."""
    place = tmp_path_factory.mktemp("finished")
    settings = internet.settings() | crawls.folders(place)
    settings |= {"PROBE_RATE_PER_NETWORK": 0, "TRACE_GAP_LIMIT": GAP_LIMIT, "EXPORTS": ""}
    process = crawls.crawl(internet.domains_file, settings)
    assert process.returncode == 0, process.stderr[-3000:]
    (path,) = place.glob("ips-*.db")
    store = Store.read(path)
    yield Finished(path, store, Expected(internet.scenario))
    store.close()
