"""
Measures what it costs to publish a crawl: `make bench-publish`.

Generates a crawl of the given number of domains, and one of a tenth of them; exports
each as CSV and as a summary, in a separate process, and prints time and memory.
It fails if both together take longer, or one takes more memory, than promised
(docs/performance.md).
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.typed import ROOT

FORMS: Final = ("csv", "summary")
# Per hundred thousand domains, all formats together.
MOST_S: Final = 180.0
MOST_MB: Final = 300.0
_EXPORT: Final = """
import sys
from pathlib import Path
from ipv6matrix.exporters.registry import Target, exporter
from ipv6matrix.store.database import Store
name, path, folder = sys.argv[1:]
store = Store.read(Path(path))
print(exporter(name)(store, Target(output_dir=Path(folder), summary_url=f"sqlite:///{folder}/matrix.db")))
"""


@dataclass(frozen=True, kw_only=True)
class Published:
    """The cost of one export of one database."""

    domains: int
    form: str
    wall_s: float
    peak_mb: float
    "Largest resident set size."
    written_mb: float


def main() -> int:
    options = _options()
    forms = [form for form in FORMS if importlib.util.find_spec(f"ipv6matrix.exporters.{form}")]
    for form in set(FORMS) - set(forms):
        print(f"Unknown exporter: {form}")
    published = []
    with tempfile.TemporaryDirectory(prefix="publish-", dir=options.folder) as scratch:
        for domains in (max(options.domains // 10, 1), options.domains):
            place = Path(scratch) / str(domains)
            place.mkdir()
            # Generated in a child process, because a child starts with the peak memory of its parent.
            subprocess.run(
                [sys.executable, "-m", "tools.made_up", place / "ips.db", str(domains)], cwd=ROOT, check=True
            )
            published += [publish(form, place, domains) for form in forms]
    print(report(published))
    return 0 if is_as_promised(published, options.domains) else 1


def publish(form: str, place: Path, domains: int) -> Published:
    """Export in a separate process, and read its resource usage from the operating system."""
    folder = place / form
    folder.mkdir()
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, "-c", _EXPORT, form, place / "ips.db", folder], cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{form} of {domains} domains ended with status {process.returncode}")
    return Published(
        domains=domains,
        form=form,
        wall_s=time.monotonic() - began,
        peak_mb=usage.ru_maxrss / 1024,
        written_mb=sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6,
    )


def report(published: list[Published]) -> str:
    """Format the figures as a table."""
    lines = [f"{'domains':>9}  {'format':<8} {'wall':>9} {'per domain':>11} {'peak memory':>12} {'written':>10}"]
    lines += [
        f"{run.domains:>9}  {run.form:<8} {run.wall_s:>7.1f} s {1000 * run.wall_s / run.domains:>8.3f} ms"
        f" {run.peak_mb:>9.0f} MB {run.written_mb:>7.1f} MB"
        for run in published
    ]
    return "\n".join(lines)


def is_as_promised(published: list[Published], domains: int) -> bool:
    """Compare time and memory with the promise."""
    wall_s = sum(run.wall_s for run in published if run.domains == domains)
    return wall_s < MOST_S * max(domains, 100_000) / 100_000 and all(run.peak_mb < MOST_MB for run in published)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.publish", description=(__doc__ or "").strip().partition("\n")[0]
    )
    parser.add_argument("--domains", type=int, default=100_000, help="number of domains to generate")
    parser.add_argument("--folder", type=Path, help="where to write (default: the folder for temporary files)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
