"""Sharing a crawl with other machines."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from scrapy.exceptions import CloseSpider

from ipv6matrix import context
from ipv6matrix.cluster.session import Session
from ipv6matrix.extensions import sharing
from ipv6matrix.extensions.health import Health
from ipv6matrix.extensions.publishing import Publishing
from ipv6matrix.extensions.sharing import Sharing
from ipv6matrix.frontier.sqlite import SqliteFrontier
from tests.crawlers import crawler, job, opened
from tests.postgres import Postgres
from tests.typed import ROOT

SHARED = {"STORE_URL": "postgresql://matrix@127.0.0.1:1/crawl"}


async def test_a_crawl_of_one_machine_is_not_shared(tmp_path: Path):
    """Without STORE_URL, there is no such extension, and the frontier is that of JOBDIR."""
    with opened(tmp_path) as made:
        assert made.get_extension(Sharing) is None
        assert context.of(made).worker is None
        assert type(context.of(made).frontier) is SqliteFrontier


@pytest.mark.crawl
def test_a_crawl_of_one_machine_imports_nothing_of_it():
    """Neither the package nor its dependencies are part of the memory of most crawls."""
    program = (
        "import sys\n"
        "from scrapy.utils.misc import load_object\n"
        "from ipv6matrix import settings\n"
        "components = (settings.DOWNLOAD_HANDLERS, settings.DOWNLOADER_MIDDLEWARES, settings.SPIDER_MIDDLEWARES,"
        " settings.ITEM_PIPELINES)\n"
        "names = {settings.SCHEDULER, *settings.EXTENSIONS, *components[0].values(), *components[1], *components[2],"
        " *components[3]}\n"
        "for name in names: load_object(name)\n"
        "print([name for name in sys.modules if name.startswith(('psycopg', 'ipv6matrix.cluster'))])\n"
    )
    process = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "[]" == process.stdout.strip()


async def test_a_server_that_is_away_stops_the_start(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    """The crawl ends before anything is sent, with an actionable error."""
    with opened(tmp_path, **SHARED) as made:
        with pytest.raises(CloseSpider):
            made.engine.scheduler._spider_opened()
        assert "STORE_AWAY" in caplog.text


@pytest.mark.parametrize(
    ("login", "change", "code"),
    [
        ("matrix:wrong-word", "SELECT 1", "STORE_LOGIN_REJECTED"),
        ("visitor:hunter2", "SELECT 1", "STORE_NOT_PERMITTED"),
        ("matrix:hunter2", "UPDATE run SET version = version + 1", "STORE_VERSION"),
        ("matrix:hunter2", "UPDATE run SET plan = 'another'", "STORE_OTHER_CRAWL"),
    ],
)
async def test_a_database_that_cannot_be_used_stops_the_start(
    tmp_path: Path, postgres: Postgres, caplog: pytest.LogCaptureFixture, login: str, change: str, code: str
):
    """The crawl ends before anything is sent, with an actionable error that does not contain the password."""
    url = postgres.url()
    session = Session(url, "first")
    session.join("plan")
    session.close()
    postgres.execute("postgres", "DROP USER IF EXISTS visitor", "CREATE USER visitor PASSWORD 'hunter2'")
    postgres.execute(url.rpartition("/")[2], change)
    with opened(tmp_path, STORE_URL=url.replace("matrix:hunter2", login)) as made:
        with pytest.raises(CloseSpider):
            made.engine.scheduler._spider_opened()
        assert f"[{code}]" in caplog.text
        assert login.partition(":")[2] not in caplog.text


async def test_machines_publish_nothing(tmp_path: Path):
    """The results are made by `gather`, and the database of a machine is removed."""
    made = crawler(tmp_path, **SHARED)
    assert made.get_extension(Publishing) is None
    assert made.get_extension(Sharing) is not None


async def test_the_copy_is_removed_and_never_an_earlier_crawl(tmp_path: Path, postgres: Postgres):
    """A crawl on one machine in the same folder stays as it is."""
    with opened(tmp_path) as made:
        job(made).store.commit()
    with opened(tmp_path, STORE_URL=postgres.url()) as made:
        assert (tmp_path / "current" / "copy.db").exists()
        worker = context.of(made).worker
        assert worker is not None
        await worker.stop()

    assert ["ips.db", "lock"] == sorted(file.name for file in (tmp_path / "current").iterdir())


async def test_a_machine_without_internet_cannot_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """It keeps its buckets for some time, in which the Internet may come back."""
    made = crawler(tmp_path, **SHARED)
    extension, health = made.get_extension(Sharing), made.get_extension(Health)
    assert extension is not None
    assert health is not None
    health.paused = frozenset({"ping"})
    assert extension._is_able()
    monkeypatch.setattr(sharing, "_AWAY_S", 0.0)

    assert not extension._is_able()
    health.paused = frozenset()
    assert extension._is_able()
