"""A crawl that two scrapyd share, each on a node of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from ipv6matrix.cluster.overview import overview
from ipv6matrix.store.database import Store
from simnet.internet import Internet
from tests import crawls, typed
from tests.postgres import Postgres
from tests.scrapyd_server import Scrapyd
from tests.waiting import until
from tools import killing

pytestmark = [
    pytest.mark.crawl,
    pytest.mark.database,
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed: apt-get install curl"),
]


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[Scrapyd]]:
    """Two servers with the project."""
    with ExitStack() as stack:
        servers = []
        for number in (1, 2):
            (folder := tmp_path / f"node-{number}").mkdir()
            servers.append(server := Scrapyd(folder, 6800 + number))
            stack.callback(server.stop)
            server.start()
            server.deploy(folder / "copy")
        yield servers


def test_two_nodes_finish_a_crawl_together(
    internet: Internet, postgres: Postgres, nodes: list[Scrapyd], tmp_path: Path
) -> None:
    """The same job on both is one crawl: both store answers, both end, and nothing is missing."""
    names = tmp_path / "domains.txt"
    names.write_text("".join(f"{name}\n" for name in list(internet.scenario.domains)[:16]))
    settings = internet.settings() | killing.SETTINGS | {"STORE_URL": (url := postgres.url())}
    jobs = [
        node.schedule(names, settings | crawls.folders(node.folder) | {"PROBE_RATE": 200, "JOBDIR": "crawls/shared"})
        for node in nodes
    ]
    until(lambda: all(node.state(job) == "finished" for node, job in zip(nodes, jobs, strict=True)), within_s=300)
    logs = [node.log(job) for node, job in zip(nodes, jobs, strict=True)]

    now = overview(url)
    assert ("finished", ["finished", "finished"]) == (now.state, [worker.state for worker in now.workers]), logs
    assert all(worker.done for worker in now.workers)
    assert all("Traceback" not in log for log in logs)
    gathered = typed.run("gather", url, OUTPUT_DIR=tmp_path)
    with closing(Store.read(Path(gathered.stdout.strip()))) as store:
        assert [(16,)] == store.query("SELECT count(*) FROM domains")
