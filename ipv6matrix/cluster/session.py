"""
The session with the database of a shared crawl: all that blocks is here.

Advisory locks of the session say which buckets a machine owns. They end with the session,
and every change is made in it: a machine that has lost its buckets cannot commit.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final, NamedTuple

from psycopg import errors

from ipv6matrix.cluster import links, payload, schema, tally
from ipv6matrix.cluster.batch import Batch, Outlook
from ipv6matrix.cluster.connection import FullStoreError, connect, safe, translated
from ipv6matrix.cluster.owner import place
from ipv6matrix.exceptions import StoreError
from ipv6matrix.store.counts import Counts
from ipv6matrix.store.queries.name_servers import Pair

# Classes of advisory locks: the buckets, the machines, and the creation of the tables.
_BUCKETS: Final = 0x6970_7601
_WORKERS: Final = 0x6970_7602
_SCHEMA: Final = 0x6970_7603
# Which locks of a class are held: numbers of buckets, or of the sessions of machines.
_HELD: Final = (
    "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND classid::bigint = %s AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
# Add requests. The subquery is an index scan for each, whatever the planner thinks of the size of the table.
_ADD: Final = (
    "INSERT INTO pending (bucket, key, url, fresh) SELECT bucket, key, url, fresh"
    " FROM unnest(%s::int[], %s::bytea[], %s::text[], %s::bool[])"
    " WITH ORDINALITY AS found (bucket, key, url, fresh, place)"
    " WHERE (SELECT rank FROM answers WHERE answers.bucket = found.bucket AND answers.key = found.key) IS NULL"
    " ORDER BY place ON CONFLICT DO NOTHING RETURNING url"
)
# Remove those whose owner has committed their answers since `_ADD` began: a later statement sees them.
_WITHDRAW: Final = (
    "DELETE FROM pending USING unnest(%s::int[], %s::bytea[]) AS found (bucket, key)"
    " WHERE pending.bucket = found.bucket AND pending.key = found.key"
    " AND (SELECT rank FROM answers WHERE answers.bucket = found.bucket AND answers.key = found.key) IS NOT NULL"
    " RETURNING url"
)
# Read what others added. A join: the planner would look up each bucket of an array in each partition (80 ms).
_READ: Final = (
    "UPDATE pending SET fresh = false FROM unnest(%s::int[]) AS owned (bucket)"
    " WHERE fresh AND pending.bucket = owned.bucket RETURNING number, url"
)
# Number of times that a transaction is repeated which PostgreSQL ended because of another one.
_TRIES: Final = 20
# Rows per answer of the server while a bucket is read.
_PAGE: Final = 5_000


class Run(NamedTuple):
    """The row of a crawl."""

    started_at: float
    ended_at: float | None


class Member(NamedTuple):
    """A machine that takes part in a crawl, or took part."""

    name: str
    "Name of the host, a colon, and the process."
    is_here: bool
    "Its session exists."
    has_left: bool
    "It has given its buckets back."
    buckets: int
    noted_at: float
    "Its last message by the clock of the server, in seconds since 1970."
    silent_s: float
    record: str
    counts: Counts
    "What it has contributed."


class Session:
    """A connection to the database of a shared crawl, as one machine."""

    def __init__(self, url: str, worker: str, *, is_owner: bool = True) -> None:
        self._url = url
        self._worker = worker
        self._connection = connect(url, is_owner=is_owner)
        self._opt_outs: int | None = None
        "Version of the opt-outs that were read last."

    def join(self, plan: str) -> Run:
        """
        Create the tables if there are none, and register this machine.

        Raises StoreError if the database contains a crawl with another plan, or of another version.
        """
        with self._translated(), self._connection.transaction():
            self._connection.execute("SELECT pg_advisory_xact_lock(%s, 0)", (_SCHEMA,))
            if not self._value("SELECT to_regclass('run') IS NOT NULL"):
                for statement in schema.statements():
                    self._connection.execute(statement)
                self._connection.execute(
                    "INSERT INTO run (id, version, plan, started_at) VALUES (1, %s, %s, %s)",
                    (schema.VERSION, plan, time.time()),
                )
            self._must_be_of_this_version()
            self._must_agree(plan)
            self._connection.execute("SELECT pg_advisory_lock(%s, pg_backend_pid())", (_WORKERS,))
        return self.run()

    def run(self) -> Run:
        """Return the row of the crawl; raises StoreError if there is none, or one of another version."""
        with self._translated():
            self._must_be_of_this_version()
            row = self._connection.execute("SELECT started_at, ended_at FROM run").fetchone()
            assert row is not None
            return Run(*row)

    def _must_be_of_this_version(self) -> None:
        version = self._value("SELECT version FROM run")
        if version != schema.VERSION:
            raise StoreError(
                f"The crawl in {safe(self._url)} belongs to another version of ipv6matrix (schema {version}, here"
                f" {schema.VERSION}): install that version on this machine, or name another database in STORE_URL",
                code="STORE_VERSION",
            )

    def _must_agree(self, plan: str) -> None:
        other = self._value("SELECT plan FROM run")
        if other != plan:
            raise StoreError(
                f"{safe(self._url)} contains another crawl (its plan is {other}, here {plan}): start every machine"
                " with the same list, METRICS and FEATURES, or name another database in STORE_URL",
                code="STORE_OTHER_CRAWL",
            )

    def take(self, number: int) -> dict[int, bool]:
        """Lock up to `number` buckets without an owner, and return for each whether its last owner gave it back."""
        with self._translated(), self._connection.transaction():
            free = self._column(
                f"SELECT bucket FROM buckets WHERE bucket NOT IN ({_HELD}) ORDER BY bucket LIMIT %s",
                (_BUCKETS, number),
            )
            # A transaction that fails keeps the locks that it took: they belong to the session.
            locked = self._column(
                "SELECT bucket FROM unnest(%s::int[]) bucket WHERE pg_try_advisory_lock(%s, bucket)", (free, _BUCKETS)
            )
            rows = self._connection.execute(
                "UPDATE buckets new SET clean = false FROM buckets old WHERE new.bucket = old.bucket"
                " AND new.bucket = ANY(%s) RETURNING new.bucket, old.clean",
                (locked,),
            )
            return dict(rows.fetchall())

    def listed(self, buckets: Collection[int]) -> set[int]:
        """Return those buckets whose part of the list was read."""
        with self._translated():
            return set(self._column("SELECT bucket FROM buckets WHERE listed AND bucket = ANY(%s)", (list(buckets),)))

    def pending(self, buckets: Collection[int]) -> list[str]:
        """Return the URLs of the pending requests of buckets, in the order of adding."""
        with self._translated():
            return self._column("SELECT url FROM pending WHERE bucket = ANY(%s) ORDER BY number", (list(buckets),))

    def whole(self) -> Counts:
        """Return the counters of the whole crawl."""
        with self._translated():
            rows = self._connection.execute("SELECT kind, name, sum(number)::bigint FROM counts GROUP BY kind, name")
            return tally.total(rows.fetchall())

    def members(self) -> list[Member]:
        """Return all machines that took part, in the order of their names."""
        with self._translated():
            present = set(self._column(_HELD, (_WORKERS,)))
            rows = self._connection.execute(
                "SELECT name, session, has_left, buckets, extract(epoch FROM noted_at)::float8,"
                " extract(epoch FROM clock_timestamp() - noted_at)::float8, record,"
                " (SELECT json_agg(json_build_array(kind, counts.name, number)) FROM counts"
                " WHERE worker = workers.name)"
                " FROM workers ORDER BY name"
            ).fetchall()
        return [
            Member(name, session in present, has_left, buckets, at, silent_s, record, tally.total(counts or ()))
            for name, session, has_left, buckets, at, silent_s, record, counts in rows
        ]

    def unowned(self) -> int:
        """Return the number of buckets without an owner."""
        with self._translated():
            return int(self._value(f"SELECT count(*) FROM buckets WHERE bucket NOT IN ({_HELD})", (_BUCKETS,)))

    def is_listed(self) -> bool:
        """Return whether the list was read."""
        with self._translated():
            return bool(self._value("SELECT NOT EXISTS (SELECT FROM buckets WHERE NOT listed)"))

    def opt_outs(self) -> list[str]:
        """Return the lines of the opt-outs."""
        with self._translated():
            return self._column("SELECT line FROM opt_outs ORDER BY line", ())

    @contextlib.contextmanager
    def changing_opt_outs(self) -> Iterator[list[str]]:
        """Yield the lines of the opt-outs; what the caller changes is committed, and reaches all machines."""
        with self._translated(), self._connection.transaction():
            self._connection.execute("UPDATE run SET opt_outs = opt_outs + 1")
            before = self.opt_outs()
            lines = list(before)
            yield lines
            removed, new = [set(before) - set(lines), set(lines) - set(before)]
            self._connection.execute("DELETE FROM opt_outs WHERE line = ANY(%s)", (list(removed),))
            self._connection.execute("INSERT INTO opt_outs SELECT unnest(%s::text[])", (list(new),))

    def discards(self, buckets: Collection[int]) -> list[tuple[str, int]]:
        """Return the numbers of discarded observations of owned buckets, by URL."""
        with self._translated():
            rows = self._connection.execute("SELECT url, number FROM discards WHERE bucket = ANY(%s)", (list(buckets),))
            return rows.fetchall()

    def pairs(self, buckets: Collection[int], most_zones: int) -> list[Pair]:
        """Return up to `most_zones` zones of each name server address in some buckets, those found first."""
        with self._translated():
            return links.pairs(self._connection, buckets, most_zones)

    def answers(self, buckets: Collection[int]) -> Iterator[list[str]]:
        """Yield the answers of buckets in the order in which they may be written, page by page."""
        for rank in range(payload.RANKS):
            yield from self._answers(list(buckets), rank)

    def _answers(self, buckets: list[int], rank: int) -> Iterator[list[str]]:
        after: tuple[int, bytes] = (-1, b"")
        while True:
            with self._translated():
                rows = self._connection.execute(
                    "SELECT bucket, key, payload FROM answers WHERE bucket = ANY(%s) AND rank = %s"
                    " AND (bucket, key) > (%s, %s) ORDER BY bucket, key LIMIT %s",
                    (buckets, rank, *after, _PAGE),
                ).fetchall()
            if not rows:
                return
            after = (rows[-1][0], rows[-1][1])
            yield [text for _, _, text in rows]

    def stream(self, buckets: range) -> Iterator[list[str]]:
        """
        Yield the answers of buckets as `answers` does, for a session that does nothing else.

        Tables are read in the order in which they are stored, which is that of the crawl: the index would lead to
        a page of the disk for each answer. A transaction for each partition, because rows that other machines
        delete cannot be removed before its end.
        """
        for rank in range(payload.RANKS):
            for part in schema.ranges():
                low, high = max(part.start, buckets.start), min(part.stop, buckets.stop)
                if low < high:
                    yield from self._stream(rank, low, high)

    def _stream(self, rank: int, low: int, high: int) -> Iterator[list[str]]:
        with self._translated(), self._connection.transaction(), self._connection.cursor("answers") as cursor:
            cursor.execute(
                "SELECT payload FROM answers WHERE rank = %s AND bucket >= %s AND bucket < %s", (rank, low, high)
            )
            while rows := cursor.fetchmany(_PAGE):
                yield [text for (text,) in rows]

    def exchange(self, batch: Batch, owned: Collection[int]) -> Outlook:
        """
        Commit a batch, give its buckets back, and return what is new.

        Raises LostSessionError, after which nothing can be committed, and FullStoreError, after
        which the same batch may be repeated.
        """
        for _ in range(_TRIES):
            with self._translated(), contextlib.suppress(errors.DeadlockDetected, errors.SerializationFailure):
                with self._connection.transaction(), self._connection.pipeline():
                    added, late, answered = self._write(batch)
                    fresh = self._connection.execute(_READ, (list(owned),))
                    urls = tuple(url for _, url in sorted(fresh.fetchall()))
                    new = [url for (url,) in set(added).difference(late)]
                    gained = tally.gained(new, [batch.answers[key].item for (key,) in answered])
                    self._count(gained)
                self._give(batch.released)
                return self._outlook(urls, gained)
        raise FullStoreError(f"{safe(self._url)} is overloaded: transactions block one another; use fewer machines")

    def _write(self, batch: Batch) -> tuple[Iterable[tuple[str]], Iterable[tuple[str]], Iterable[tuple[bytes]]]:
        """Write a batch; return rows of the URLs that were added and withdrawn, and of the keys of new answers."""
        # Sorted, so that two machines that find the same requests wait for one another instead of blocking.
        requests = sorted(batch.requests.values())
        answers = sorted(batch.answers.values())
        changed = sorted({request.bucket for request in requests} | {answer.bucket for answer in answers})
        run = self._connection.execute
        added: Iterable[tuple[str]] = ()
        late: Iterable[tuple[str]] = ()
        answered: Iterable[tuple[bytes]] = ()
        if requests:
            added = run(_ADD, [list(column) for column in zip(*requests, strict=True)])
        if others := [request for request in requests if request.fresh]:
            late = run(_WITHDRAW, [[request.bucket for request in others], [request.key for request in others]])
        if answers:
            keys = [[answer.bucket for answer in answers], [answer.key for answer in answers]]
            answered = run(
                "INSERT INTO answers SELECT * FROM unnest(%s::int[], %s::bytea[], %s::int2[], %s::text[])"
                " ON CONFLICT DO NOTHING RETURNING key",
                [*keys, [answer.rank for answer in answers], [answer.payload for answer in answers]],
            )
            run(
                "DELETE FROM pending USING unnest(%s::int[], %s::bytea[]) AS done (bucket, key)"
                " WHERE pending.bucket = done.bucket AND pending.key = done.key",
                keys,
            )
        for url, number in sorted(batch.discards.items()):
            run(
                "INSERT INTO discards VALUES (%s, %s, %s, %s)"
                " ON CONFLICT (bucket, key) DO UPDATE SET number = discards.number + EXCLUDED.number",
                (*place(url), url, number),
            )
        links.write(self._connection, self._worker, batch)
        self._mark(batch, changed)
        return added, late, answered

    def _count(self, gained: Counts) -> None:
        if rows := list(tally.rows(gained)):
            self._connection.execute(
                "INSERT INTO counts SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::bigint[])"
                " ON CONFLICT (worker, kind, name) DO UPDATE SET number = counts.number + EXCLUDED.number",
                (self._worker, *(list(column) for column in zip(*rows, strict=True))),
            )

    def _mark(self, batch: Batch, changed: list[int]) -> None:
        run = self._connection.execute
        if batch.settled:
            run(
                "UPDATE buckets SET settled = true, searched = %s"
                " WHERE bucket = ANY(%s) AND (NOT settled OR searched <> %s)",
                (batch.searched, sorted(batch.settled), batch.searched),
            )
        if changed:
            run(
                "WITH locked AS (SELECT bucket FROM buckets WHERE settled AND bucket = ANY(%s)"
                " ORDER BY bucket FOR UPDATE)"
                " UPDATE buckets SET settled = false FROM locked WHERE buckets.bucket = locked.bucket",
                (changed,),
            )
        if batch.listed:
            run("UPDATE buckets SET listed = true WHERE bucket = ANY(%s) AND NOT listed", (sorted(batch.listed),))
        if batch.released:
            run("UPDATE buckets SET clean = true WHERE bucket = ANY(%s)", (sorted(batch.released),))
        run(
            "INSERT INTO workers VALUES (%s, pg_backend_pid(), %s, clock_timestamp(), %s, %s)"
            " ON CONFLICT (name) DO UPDATE SET session = EXCLUDED.session, buckets = EXCLUDED.buckets,"
            " noted_at = EXCLUDED.noted_at, has_left = EXCLUDED.has_left, record = EXCLUDED.record",
            (self._worker, batch.owned, batch.leaves, batch.record),
        )

    def _give(self, buckets: Collection[int]) -> None:
        if buckets:
            self._connection.execute(
                "SELECT count(pg_advisory_unlock(%s, bucket)) FROM unnest(%s::int[]) bucket", (_BUCKETS, list(buckets))
            )

    def _outlook(self, fresh: tuple[str, ...], gained: Counts) -> Outlook:
        whole = self.whole()
        workers = len(self._column(_HELD, (_WORKERS,)))
        # One statement sees one state of the database.
        row = self._connection.execute(
            "SELECT NOT EXISTS (SELECT FROM buckets WHERE NOT listed), NOT EXISTS (SELECT FROM pending),"
            " NOT EXISTS (SELECT FROM buckets WHERE NOT settled OR searched <> number), ended_at IS NOT NULL,"
            " opt_outs, number FROM run, (SELECT coalesce(sum(number), 0)::bigint AS number FROM link_counts) links"
        ).fetchone()
        assert row is not None
        is_listed, is_idle, is_settled, has_ended, version, number = row
        is_quiet = is_listed and is_idle
        if is_quiet and is_settled and not has_ended:
            self._connection.execute("UPDATE run SET ended_at = %s WHERE ended_at IS NULL", (time.time(),))
            has_ended = True
        opt_outs = None if version == self._opt_outs else tuple(self.opt_outs())
        self._opt_outs = version
        return Outlook(workers, is_listed, is_quiet, has_ended, number, opt_outs, fresh, gained, whole)

    def close(self) -> None:
        """End the session, and with it the ownership of all buckets."""
        self._connection.close()

    def _value(self, statement: str, parameters: tuple[Any, ...] = ()) -> Any:
        row = self._connection.execute(statement, parameters).fetchone()
        assert row is not None
        return row[0]

    def _column(self, statement: str, parameters: tuple[Any, ...]) -> list[Any]:
        return [value for (value,) in self._connection.execute(statement, parameters)]

    def _translated(self) -> contextlib.AbstractContextManager[None]:
        return translated(self._url)
