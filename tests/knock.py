"""
A measurement of another project, whole: does port 80 of an address accept a connection? The setting ADDONS adds it.
"""

import asyncio
import time
from dataclasses import dataclass

from ipv6matrix import urls
from ipv6matrix.handlers.probe import ProbeDownloadHandler
from ipv6matrix.items import Answered, Failure
from ipv6matrix.measurements import REGISTRY
from ipv6matrix.measurements.addresses import OfAddress
from ipv6matrix.measurements.base import Evidence
from ipv6matrix.store import tables
from ipv6matrix.store.tables.addresses import address_id
from ipv6matrix.store.tables.base import Look, Tables
from ipv6matrix.store.tables.retries import renews


@dataclass(frozen=True, kw_only=True)
class Knock:
    failure: Failure | None
    asked_at: float


@dataclass(kw_only=True)
class KnockItem(Answered):
    address: str
    knock: Knock


class KnockHandler(ProbeDownloadHandler):
    async def observe(self, request):
        address, failure = urls.of(request).destination, None
        await request.meta["pace"](address)
        try:
            async with asyncio.timeout(1):
                (await asyncio.open_connection(address, 80))[1].close()
        except OSError as error:
            failure = Failure.TIMEOUT if isinstance(error, TimeoutError) else Failure.CONNECTION_REFUSED
        return Knock(failure=failure, asked_at=time.time())


class Knocks(OfAddress):
    scheme, metrics, observation, item = "knock", ("knock",), Knock, KnockItem

    def answer(self, asked, observation, crawl):
        return KnockItem(**asked.fields, address=asked.url.subject, knock=observation)

    def evidence(self, observation):
        return Evidence(*[observation.failure is not Failure.TIMEOUT] * 2)

    def unsent(self, url, names, now):
        return Knock(failure=Failure.PROBE_FAILED, asked_at=now)

    def outcomes(self, item):
        return [("knock", item.knock.failure or "open")]

    def is_answered(self, item):
        return item.knock.failure is None


def save(connection, item):
    number, knock, address = address_id(connection, item.address), item.knock, item.address
    row = "knocks WHERE address_id = ?", (number,)
    if not item.second or renews(connection, row, address, "knock", {Failure.TIMEOUT}):
        values = (number, knock.failure, int(knock.asked_at))
        connection.execute("INSERT INTO knocks VALUES (?, ?, ?) ON CONFLICT DO NOTHING", values)


TABLES = Tables(
    create=("CREATE TABLE knocks (address_id INTEGER PRIMARY KEY, failure TEXT, asked_at INTEGER NOT NULL)",),
    save={KnockItem: save},
    looks=(
        Look(
            item=KnockItem,
            key="knocks.address_id",
            sql="SELECT address, asked_at, NULL FROM knocks JOIN addresses ON id = address_id"
            " WHERE address_id > ? AND address_id <= ? AND failure = 'timeout'"
            " AND NOT EXISTS (SELECT 1 FROM first_answers WHERE subject = address AND question = 'knock')",
        ),
    ),
)


class Addon:
    @classmethod
    def update_pre_crawler_settings(cls, settings):
        REGISTRY.add(Knocks())
        tables.REGISTRY.append(TABLES)
        settings.setdict({"KNOCK_CONCURRENCY": 50}, "addon")
        settings["DOWNLOAD_HANDLERS"]["knock"] = KnockHandler
