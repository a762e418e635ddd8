"""
Publishes or promotes, and kills itself in the middle.

    python -m tests.summaries.dying publish|promote INSTANT DELAY_S URL [URL]

An instant is the moment before or after a statement that changes rows, or before
a commit; the kill comes so many seconds after it. Instant 0 never comes: then the
number of instants that there were is printed.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from itertools import count

from sqlalchemy import Engine, event

from ipv6matrix.summaries import publication, staging
from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import publish
from ipv6matrix.summaries.staging import promote
from tests.summaries.sample_rows import DATE, made_up

# Several batches of rows.
BATCH = 100
DOMAINS = 125


def main() -> None:
    publication.BATCH = staging.BATCH = BATCH
    verb, instant, delay_s, *urls = sys.argv[1:]
    numbers = count(1)
    last = 0

    def see_statement(_: object, __: object, statement: str, *___: object) -> None:
        if statement.startswith(("DELETE", "INSERT")):
            see()

    def see(*_: object) -> None:
        nonlocal last
        last = next(numbers)
        if last == int(instant):
            _die(float(delay_s))

    for name in ("before_cursor_execute", "after_cursor_execute"):
        event.listen(Engine, name, see_statement)
    event.listen(Engine, "commit", see)
    databases = [Database(url) for url in urls]
    if verb == "publish":
        publish(databases[0], DATE, made_up(domains=DOMAINS))
    else:
        promote(databases[0], databases[1], DATE)
    print(last)


def _die(delay_s: float) -> None:
    def die() -> None:
        time.sleep(delay_s)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=die).start() if delay_s else die()


if __name__ == "__main__":
    main()
