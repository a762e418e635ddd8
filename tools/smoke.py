"""
Builds the wheel, installs it in separate environments outside the clone, and tests it there: `make smoke`.

First with the dependencies of a crawl only: a crawl of the simulated Internet works, and the website
names the extra it lacks. Then with all extras: the report is written and the website answers.
Downloads packages, at the versions of constraints.txt. Leaves the wheel in dist/.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from simnet import namespaces
from simnet.internet import Internet
from simnet.showcase import showcase
from tests import crawls

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("ipv6matrix", "pyproject.toml", "setup.py", "README.md", "LICENSE")
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="ipv6matrix-") as scratch:
        place = Path(scratch)
        wheel = build(place)
        versions = place / "versions.txt"
        # A wheel that was just built has no hash for pip to check, so the other packages cannot have one either.
        pinned = re.findall(r"^[\w.-]+==.*(?= \\$)", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
        versions.write_text("\n".join(pinned) + "\n")
        core = install(place / "core", str(wheel), versions)
        everything = install(place / "all", f"{wheel}[all]", versions)
        use(core, everything, place)
    print(f"{wheel.name} works: a crawl without extras; report and website with them")
    return 0


def build(place: Path) -> Path:
    """Build the wheel from a copy, so that only dist/ changes in the working tree."""
    copy = place / "copy"
    copy.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy)
    dist = ROOT / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    subprocess.run(
        [sys.executable, *PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", dist, "."],
        cwd=copy,
        check=True,
    )
    (wheel,) = dist.glob("*.whl")
    return wheel


def install(environment: Path, requirement: str, versions: Path) -> Path:
    """Install into a new environment and return its console script."""
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin/python"
    subprocess.run([python, *PIP, "install", "--constraint", versions, requirement], cwd=environment, check=True)
    return environment / "bin/ipv6matrix"


def use(core: Path, everything: Path, place: Path) -> None:
    """Crawl, check the results, report and serve, in a folder that contains another project's scrapy.cfg."""
    folder = place / "elsewhere"
    folder.mkdir()
    (folder / "scrapy.cfg").write_text("[settings]\ndefault = other.settings\n")
    namespaces.enter()
    with (
        tempfile.TemporaryDirectory(prefix="internet-") as scratch,
        Internet(showcase(), scratch, record=False) as internet,
    ):
        settings = internet.settings() | crawls.folders(folder / "crawls") | {"PROBE_RATE_PER_NETWORK": 0}
        words = crawls.command(internet.domains_file, settings, "-L", "ERROR")
        say(core, folder, *words[words.index("crawl") :])
    assert "domains" in say(core, folder, "summary")
    assert "pip install 'ipv6matrix[web]'" in say(core, folder, "serve", status=2)
    assert "pip install 'ipv6matrix[report]'" in say(core, folder, "report", status=2)
    assert "report-" in say(everything, folder, "report")
    say(everything, folder, "export", "parquet")
    say(everything, folder, "export", "summary")
    serve(everything, folder)


def say(program: Path, folder: Path, *words: str, status: int = 0) -> str:
    """Run a command to its end, check its exit status and return what it printed."""
    ended = subprocess.run([program, *words], cwd=folder, capture_output=True, text=True, check=False)
    if ended.returncode != status or "Traceback" in ended.stderr:
        raise SystemExit(
            f"{' '.join(words[:2])}: status {ended.returncode}, not {status}\n{ended.stdout}{ended.stderr}"
        )
    return ended.stdout + ended.stderr


def serve(program: Path, folder: Path) -> None:
    """Request a page and figures from the website."""
    with subprocess.Popen([program, "serve", "--port", "0"], cwd=folder, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        (base,) = re.findall(r"http://\S+/", server.stdout.readline())
        try:
            for path in ("", "api/v1/hosts"):
                with urllib.request.urlopen(base + path, timeout=60) as answer:
                    assert answer.status == 200
        finally:
            server.terminate()


if __name__ == "__main__":
    sys.exit(main())
