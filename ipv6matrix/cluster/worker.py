"""
One machine of a shared crawl: takes buckets, exchanges batches once a second, and gives buckets back.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from ipv6matrix.cluster import owner
from ipv6matrix.cluster.batch import Batch, Outlook
from ipv6matrix.cluster.connection import FullStoreError, LostSessionError, safe
from ipv6matrix.cluster.session import Run, Session
from ipv6matrix.frontier.postgres import PostgresFrontier
from ipv6matrix.store.counts import Counts
from ipv6matrix.store.database import Store
from ipv6matrix.store.queries.name_servers import Pair

logger = logging.getLogger(__name__)

# Seconds between two exchanges, and between two attempts to reach the database, at most.
_EVERY_S: Final = 1.0
_LONGEST_WAIT_S: Final = 30.0
# Seconds without a round trip after which nothing is handed out. Smaller than the time after
# which the server ends a silent session, so no other worker owns the buckets before.
_SILENT_S: Final = 10.0
# Seconds that a new owner waits if the last one did not give the bucket back: packets of its
# requests may still be under way.
_TAKEOVER_S: Final = 20.0
# Seconds after which a bucket is given back although some of its requests have no answer.
_PATIENCE_S: Final = 60.0
# Buckets whose links are read at a time: other calls wait for that.
_BUCKETS_PER_READ: Final = 16
# Pairs of them that are processed in one turn of the event loop: some five milliseconds.
_PAIRS_PER_TURN: Final = 200

# Answers that are written in one turn of the event loop: some five milliseconds.
_ROWS_PER_TURN: Final = 20

# The number of the namespace of processes that are in no container: PROC_PID_INIT_INO of linux/proc_ns.h.
_NO_CONTAINER: Final = 0xEFFFFFFC

_Answer = TypeVar("_Answer")
_Row = TypeVar("_Row")


class Worker:
    """
    Connects a frontier with the database that all machines share.

    All calls that wait for the network are made in one other thread. After the loss of
    the session, everything that was not committed is dropped, and the worker begins anew.
    """

    def __init__(self, url: str, plan: str) -> None:
        self._url = url
        self._plan = plan
        self.name = f"{socket.gethostname()}:{_process()}"
        self.place = safe(url)
        "The database, for messages."
        self.frontier: PostgresFrontier
        self.renewed: Callable[[], Store]
        "Returns a new database for the frontier, after the loss of the session."
        self.changed: Callable[[], None]
        "Called when there may be more to hand out."
        self.restored: Callable[[], None] = lambda: None
        "Called when the frontier has the facts of more buckets."
        self.opted_out: Callable[[tuple[str, ...]], None] = lambda _: None
        "Called when the opt-outs of the crawl have changed."
        self.record: Callable[[], str] = lambda: "{}"
        "Returns the progress of this machine."
        self.is_able: Callable[[], bool] = lambda: True
        "Whether this machine can work; one that cannot gives its buckets back."
        self.own = Counts()
        "What this machine has contributed to the crawl."
        self.whole = Counts()
        "What all machines have contributed, at the last exchange."
        self.is_listed = False
        "Whether the list was read."
        self.workers = 1
        "Number of machines that take part."
        self._session: Session | None = None
        self._thread = ThreadPoolExecutor(1, "store")
        self._unsent: Batch | None = None
        self._waiting: dict[int, float] = {}
        "Locked buckets whose requests are not handed out yet, with the time when they may be."
        self._task: asyncio.Task[None] | None = None
        self._restoring: asyncio.Task[None] | None = None

    def open(self) -> Run:
        """
        Connect, and join the crawl; waits for the network.

        Raises StoreError if the database cannot be used for this crawl.
        """
        session = Session(self._url, self.name)
        try:
            run = session.join(self._plan)
        except BaseException:
            session.close()
            raise
        self._session = session
        return run

    def start(self) -> asyncio.Task[None]:
        """Begin to exchange batches; return the task, which does not end by itself."""
        self._task = asyncio.get_running_loop().create_task(self._work())
        return self._task

    async def stop(self) -> None:
        """Commit what is left, give all buckets back, and end the session."""
        for task in filter(None, (self._task, self._restoring)):
            task.cancel()
            await asyncio.wait((task,))
        # A cancelled attempt to join may still be under way.
        await self._call(lambda: None)
        if self._session is not None:
            try:
                if self._unsent is not None:
                    # Whether it was committed is unknown; a second time, it changes nothing.
                    await self._call(self._session.exchange, self._next_batch(), ())
                    self._unsent = None
                batch = self._next_batch()
                # Others wait for what this machine has waited for, when the session ends.
                ready = {bucket_number for bucket_number, at in self._waiting.items() if time.monotonic() >= at}
                batch.released, batch.leaves = self.frontier.owned | ready, True
                await self._call(self._session.exchange, batch, ())
            except (LostSessionError, FullStoreError) as error:
                logger.warning("The last answers are lost, and will be requested again: %s", error)
            await self._call(self._session.close)
            self._session = None

    async def pairs(self, most_zones: int) -> AsyncIterator[list[Pair]]:
        """
        Yield the pairs of zones and name server addresses whose owner is this machine; nothing if none can be new.

        Ends early if the session is lost, after which everything is searched again.
        """
        links, owned, session = self.frontier.links, frozenset(self.frontier.owned), self._session
        if session is None or links == self.frontier.searched:
            return
        buckets = sorted(owned)
        try:
            for start in range(0, len(buckets), _BUCKETS_PER_READ):
                pairs = await self._call(session.pairs, buckets[start : start + _BUCKETS_PER_READ], most_zones)
                for first in range(0, len(pairs), _PAIRS_PER_TURN):
                    yield pairs[first : first + _PAIRS_PER_TURN]
                    await asyncio.sleep(0)
        except LostSessionError:
            return
        if self.frontier.owned <= owned:
            self.frontier.searched = links

    async def _work(self) -> None:
        wait_s = _EVERY_S
        while True:
            try:
                if self._session is None:
                    await self._rejoin()
                await self._turn()
                wait_s = _EVERY_S
            except FullStoreError as error:
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
                logger.error("Waiting for %.0f s: %s", wait_s, error)  # noqa: TRY400 - the message is complete
            except LostSessionError as error:
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
                logger.warning("Waiting for %.0f s: %s", wait_s, error)
                self._forget()
            await asyncio.sleep(wait_s)

    async def _turn(self) -> None:
        assert self._session is not None
        began_at = time.monotonic()
        self._begin_to_restore()
        outlook = await self._exchange()
        self.frontier.silent_at = began_at + _SILENT_S
        self.workers = max(1, outlook.workers)
        self.frontier.is_quiet, self.frontier.has_ended = outlook.is_quiet, outlook.has_ended
        self.frontier.links = outlook.links
        if outlook.opt_outs is not None:
            self.opted_out(outlook.opt_outs)
        self.frontier.restore_requests(outlook.fresh)
        self.frontier.repeat_forgotten()
        await self._balance()
        self.changed()

    async def _exchange(self) -> Outlook:
        assert self._session is not None
        # A batch that is repeated comes before the last answers of buckets, so none is given back after it.
        released = self.frontier.may_go(_PATIENCE_S) if self._unsent is None else set()
        batch = self._next_batch()
        batch.released |= released
        # At once: what is found from now on comes after this batch, when they belong to others.
        self.frontier.disown(released)
        self._unsent = batch
        outlook = await self._call(self._session.exchange, batch, frozenset(self.frontier.owned))
        self._unsent = None
        self.own += outlook.gained
        self.whole, self.is_listed = outlook.whole, outlook.is_listed
        if batch.released:
            logger.info("Gave %d buckets back, %d are left", len(batch.released), len(self.frontier.owned))
        return outlook

    def _next_batch(self) -> Batch:
        batch = self._unsent or self.frontier.take_batch()
        batch.owned, batch.record = len(self.frontier.owned), self.record()
        return batch

    async def _balance(self) -> None:
        """Take or give back buckets, so that each machine has the same number."""
        assert self._session is not None
        share = math.ceil(owner.BUCKETS / self.workers) if self.is_able() else 0
        mine = len(self.frontier.owned) + len(self._waiting)
        if mine < share:
            now = time.monotonic()
            locked = await self._call(self._session.take, share - mine)
            self._waiting |= {
                bucket_number: now if is_clean else now + _TAKEOVER_S for bucket_number, is_clean in locked.items()
            }
        excess = len(self.frontier.owned) - len(self.frontier.leaving) - share
        if excess > 0:
            self.frontier.leave_buckets(excess)

    def _begin_to_restore(self) -> None:
        """Begin to read the buckets whose time has come, next to the exchange of batches."""
        if self._restoring is not None and self._restoring.done():
            self._restoring.result()
            self._restoring = None
        ready = {bucket_number for bucket_number, at in self._waiting.items() if time.monotonic() >= at}
        if self._restoring is None and ready:
            self._restoring = asyncio.get_running_loop().create_task(self._restore(ready))

    async def _restore(self, ready: set[int]) -> None:
        """Read the requests and answers of new buckets, in turns of the event loop, and begin to hand them out."""
        assert self._session is not None
        pages = self._session.answers(ready)
        while page := await self._call(next, pages, None):
            await self._in_turns(self.frontier.restore_answers, page)
        urls = await self._call(self._session.pending, ready)
        discards = await self._call(self._session.discards, ready)
        listed = await self._call(self._session.listed, ready)
        self.frontier.own(ready, listed)
        for bucket_number in ready:
            del self._waiting[bucket_number]
        await self._in_turns(self.frontier.restore_requests, urls)
        self.frontier.restore_discards(discards)
        self.restored()
        logger.info("Took %d buckets with %d pending requests", len(ready), len(urls))

    @staticmethod
    async def _in_turns(restore: Callable[[Sequence[_Row]], None], rows: Sequence[_Row]) -> None:
        for start in range(0, len(rows), _ROWS_PER_TURN):
            restore(rows[start : start + _ROWS_PER_TURN])
            await asyncio.sleep(0)

    async def _rejoin(self) -> None:
        await self._call(self.open)
        logger.info("Reached %s again", self.place)

    def _forget(self) -> None:
        """Drop what was not committed: another machine may own the buckets by now."""
        if self._session is None:
            return
        if self._restoring is not None:
            self._restoring.cancel()
        self._session.close()
        self._session, self._unsent, self._restoring = None, None, None
        self._waiting = {}
        self.frontier.start_over(self.renewed())

    async def _call(self, function: Callable[..., _Answer], *arguments: Any) -> _Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)


def _process() -> str:
    """Return what names this process on its host: in a container, of which each has a process 1, also the container."""
    pid, container = os.getpid(), Path("/proc/self/ns/pid").stat().st_ino
    return str(pid) if container == _NO_CONTAINER else f"{container}-{pid}"
