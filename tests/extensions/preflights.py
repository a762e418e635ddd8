"""Crawlers at the point where they run their preflight checks."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from scrapy import signals
from scrapy.core.downloader.handlers import DownloadHandlers

from ipv6matrix import context
from ipv6matrix.extensions.health import Health
from ipv6matrix.extensions.preflight import Preflight
from ipv6matrix.refusals import StartRefusedError
from tests.crawlers import crawler, job


class Root(asyncio.DatagramProtocol):
    """A resolver on loopback that knows the name servers of the root, returns an error, or is silent."""

    def __init__(self, rcode):
        self.rcode = rcode

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        if self.rcode is None:
            return
        query = dns.message.from_wire(data)
        reply = dns.message.make_response(query)
        reply.set_rcode(self.rcode)
        reply.flags |= dns.flags.RA
        if self.rcode == dns.rcode.NOERROR:
            reply.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "NS", "a.root-servers.net."))
        self.transport.sendto(reply.to_wire(), address)


@asynccontextmanager
async def resolver(rcode=dns.rcode.NOERROR):
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Root(rcode), local_addr=("127.0.0.1", 0)
    )
    try:
        yield f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"
    finally:
        transport.close()


def built(folder, server="127.0.0.1:1", **settings):
    """Return a crawler with everything that the preflight reads: list, handlers and settings."""
    (folder / "list").write_text("a.example\n")
    defaults = {"METRICS": "ping,path", "QUERY_TIMEOUT": 0.05, "QUERY_LIFETIME": 0.1, "NAMESERVERS": server}
    made = crawler(folder, domains=str(folder / "list"), **(defaults | settings))
    downloader = SimpleNamespace(handlers=DownloadHandlers(made), middleware=SimpleNamespace(middlewares=[]))
    made.engine = SimpleNamespace(downloader=downloader)
    return made


def begin(made, name, *, crawling=True):
    """Bring Scrapy to the point where the spider opens, for a list with one name."""
    job(made).open()
    made.crawling, context.of(made).lists.domains = crawling, name


async def check(made):
    """Run the preflight and return the plan; close whatever it opened."""
    try:
        await made.get_extension(Preflight).spider_opened()
    finally:
        await made.get_extension(Health).spider_closed()
        await made.signals.send_catch_log_async(signals.engine_stopped)
        job(made).close()
    return context.of(made).plan


async def refusal(made):
    with pytest.raises(StartRefusedError) as raised:
        await check(made)
    return raised.value.message
