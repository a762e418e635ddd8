"""Crawls the simulated Internet and shows the results: `make demo`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from simnet import namespaces
from simnet.internet import Internet
from simnet.showcase import showcase
from tests import crawls, typed

RESULTS = Path("crawls/demo")
SETTINGS = {
    "METRICS": "all",
    "PROBE_RATE_PER_NETWORK": 0,
    "EXPORTS": "csv,summary,report",
    "SUMMARY_URL": f"sqlite:///{RESULTS}/matrix.db",
    "LOG_LEVEL": "ERROR",
}


def main() -> int:
    with namespaces.unavailable_exits():
        namespaces.enter()
        with (
            tempfile.TemporaryDirectory(prefix="internet-") as scratch,
            Internet(showcase(), scratch, record=False) as internet,
        ):
            host, port = internet.resolver_without_ipv4
            settings = internet.settings() | crawls.folders(RESULTS) | SETTINGS | {"NAMESERVERS6": f"[{host}]:{port}"}
            status = subprocess.run(crawls.command(_ranking(internet, scratch), settings), check=False).returncode
    if status == 0:
        subprocess.run(typed.command("summary", OUTPUT_DIR=RESULTS), check=True)
        newest = max(RESULTS.glob("ips-*.db"))
        print(f"CSV files: {RESULTS}/<tld>/{newest.stem.removeprefix('ips-')}/")
        print(f"A page to look at: {(RESULTS / newest.name.replace('ips-', 'report-')).with_suffix('.html')}")
        print(f"As a website: .venv/bin/scrapy serve -s SUMMARY_URL={SETTINGS['SUMMARY_URL']} -s OUTPUT_DIR={RESULTS}")
    return status


def _ranking(internet: Internet, folder: str) -> Path:
    """Write the domains as published lists do, with ranks."""
    path = Path(folder) / "ranking.csv"
    path.write_text("".join(f"{rank},{name}\n" for rank, name in enumerate(internet.scenario.domains, start=1)))
    return path


if __name__ == "__main__":
    sys.exit(main())
