"""A finished crawl of the showcase, for all tests that draw conclusions from one."""

from __future__ import annotations

import fcntl
import os
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
    former: Expected
    "Those of them that views, CSV and summaries have."


@pytest.fixture(scope="session")
def finished(internet: Internet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    """Crawl once in a session, whatever the number of workers; no test writes to its database."""
    base = tmp_path_factory.getbasetemp()
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "finished"
    place.mkdir(exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not any(place.glob("ips-*.db")):
            _crawl(internet, place)
    (path,) = place.glob("ips-*.db")
    store = Store.read(path)
    yield Finished(path, store, Expected(internet.scenario), Expected(internet.scenario, apex=False))
    store.close()


def _crawl(internet: Internet, place: Path) -> None:
    settings = internet.settings() | crawls.folders(place)
    settings |= {"PROBE_RATE_PER_NETWORK": 0, "TRACE_GAP_LIMIT": GAP_LIMIT, "EXPORTS": ""}
    process = crawls.crawl(internet.domains_file, settings)
    assert process.returncode == 0, process.stderr[-3000:]
