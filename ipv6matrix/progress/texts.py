"""
Progress as text: a line for a log, a page for a terminal.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

from ipv6matrix.progress.figures import Figures, Share
from ipv6matrix.progress.status import WorkerStatus

if TYPE_CHECKING:
    from rich.text import Text

# Number of failures shown, the most frequent first.
_SHOWN: Final = 6
ESTIMATING: Final = "estimating"
_HEAD: Final = f"{'':<9}{'done':>14}{'left':>14}{'to ask now':>13}{'a second':>11}"


def line(figures: Figures, waits_for: tuple[str, ...] = ()) -> str:
    """Format everything as one line; `waits_for` are the dependencies that are away."""
    domains, rate = figures.domains, figures.domains.per_second
    left = f", {_left(domains)} left" if domains.left != 0 else ", none left"
    speed = f" ({rate:.1f}/s)" if rate is not None else ""
    subjects = (
        f"{domains.done:,} domains{speed}{left}, {figures.hosts.done:,} hosts, {figures.addresses.done:,} addresses"
    )
    slots = ", ".join(f"{name} {share.pending:,}" for name, share in _used(figures).items())
    return f"{subjects}; to ask: {slots}; failures: {failures(figures)}; ETA {eta(figures, waits_for)}"


def page(figures: Figures, waits_for: tuple[str, ...] = (), *, runs: bool = True) -> Text:
    """
    Format everything as a page; a crawl that is not running has no expected end.

    Columns have a fixed width: measuring them would take the event loop longer than filling them.
    """
    subjects = {"domains": figures.domains, "hosts": figures.hosts, "addresses": figures.addresses}
    rows = [_row(name, share) for name, share in (subjects | _used(figures)).items()]
    ends = [f"ETA  {eta(figures, waits_for)}"] if runs else []
    return _text([_HEAD, *rows, f"failures  {failures(figures)}", *ends])


def workers(some: Sequence[WorkerStatus], unowned: int) -> Text:
    """Format the processes of a shared crawl as a table, a line each."""
    width = max((len(worker.host) for worker in some), default=0) + 2
    head = f"{'host':<{width}}{'process':>9}  {'state':<9}{'buckets':>8}{'domains':>12}{'a second':>10}{'seen':>12}"
    lines = ["", f"{head}  to ask", *(_worker(worker, width) for worker in some)]
    if unowned:
        lines.append(f"{unowned:,} buckets have no process: nothing of them is requested")
    return _text(lines)


def _text(lines: Sequence[str]) -> Text:
    # Imported late: most crawls have no terminal.
    from rich.text import Text  # noqa: PLC0415

    return Text("\n".join(lines), no_wrap=True, overflow="ellipsis")


def _worker(worker: WorkerStatus, width: int) -> str:
    rate = worker.per_second.get("domains")
    asks = ", ".join(f"{slot} {number:,}" for slot, number in worker.pending.items() if number)
    waits = f"; waits for {', '.join(worker.waits_for)}" if worker.waits_for else ""
    return (
        f"{worker.host:<{width}}{worker.process:>9}  {worker.state:<9}{worker.buckets:>8,}"
        f"{worker.done.get('domains', 0):>12,}{'' if rate is None else f'{rate:,.1f}':>10}"
        f"{duration(worker.silent_s) + ' ago':>12}  {asks}{waits}"
    ).rstrip()


def _used(figures: Figures) -> dict[str, Share]:
    """Return the slots that have requests, or may get some; most crawls make only some of the measurements."""
    return {name: share for name, share in figures.slots.items() if share.done or share.left != 0}


def _row(name: str, share: Share) -> str:
    rate = "" if share.per_second is None else f"{share.per_second:,.1f}"
    return f"{name:<9}{share.done:>14,}{_left(share):>14}{share.pending:>13,}{rate:>11}".rstrip()


def failures(figures: Figures) -> str:
    """List the most frequent failures."""
    shown = [f"{name} {number:,}" for name, number in islice(figures.failures.items(), _SHOWN)]
    more = sum(figures.failures.values()) - sum(islice(figures.failures.values(), _SHOWN))
    return ", ".join(shown + ([f"others {more:,}"] if more else [])) or "none"


def eta(figures: Figures, waits_for: tuple[str, ...] = ()) -> str:
    """Format the remaining time; during an outage it is unknown."""
    if waits_for:
        return f"unknown, waiting for {', '.join(waits_for)}"
    time = ESTIMATING if figures.seconds_left is None else duration(figures.seconds_left)
    return f"{time} to the retry pass" if figures.again == 0 else time


def duration(seconds: float) -> str:
    """Round a time to the precision of an estimate."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def _left(share: Share) -> str:
    return "?" if share.left is None else f"{share.left:,}"
