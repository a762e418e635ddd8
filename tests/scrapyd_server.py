"""A scrapyd for the tests: set up, deployed to and used as in docs/scrapyd.md."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.waiting import until

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "scrapyd.md"
PASSWORD = "open-sesame"
# The sources of an egg.
PROJECT = ("ipv6matrix", "setup.py", "pyproject.toml", "README.md", "LICENSE", "scrapy.cfg")


class Scrapyd:
    """A server in a folder, with the shipped configuration and shorter timeouts."""

    def __init__(self, folder: Path, port: int = 6800) -> None:
        self.folder = folder
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._environment = {**os.environ, "HOME": str(folder)}
        shutil.copy(ROOT / "deploy" / "scrapyd.conf", folder / "scrapyd.conf")
        # Read after the other, like /etc/scrapyd/conf.d.
        (folder / ".scrapyd.conf").write_text(
            f"[scrapyd]\npassword = {PASSWORD}\npoll_interval = 0.1\nhttp_port = {port}\n"
        )
        netrc = folder / ".netrc"
        netrc.write_text(f"machine localhost login ipv6matrix password {PASSWORD}\n")
        netrc.chmod(0o600)

    def start(self) -> None:
        """Start it and wait until it listens."""
        with (self.folder / "scrapyd.log").open("ab") as log:
            self._process = subprocess.Popen(
                [program("scrapyd"), "--pidfile="],
                cwd=self.folder,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(self._listens)

    def stop(self) -> None:
        """Stop it, and all its remaining child processes."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            # No such group: no process was left.
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process = None

    def deploy(self, copy: Path) -> subprocess.CompletedProcess[str]:
        """Deploy a copy of the project, so that nothing is built in the tree."""
        copy_of_the_project(copy)
        target = copy / "scrapy.cfg"
        target.write_text(target.read_text().replace("localhost:6800", f"localhost:{self._port}"))
        return self._run(documented("scrapyd-deploy"), cwd=copy)

    def schedule(self, domains: Path, settings: dict[str, object], **arguments: str) -> str:
        """Schedule a crawl as documented, with further settings; return the id of the job."""
        words = [
            f"domains={domains}" if word.startswith("domains=") else word
            for word in documented("curl", "schedule.json")
        ]
        words += [word for name, value in settings.items() for word in ("-d", f"setting={name}={value}")]
        words += [word for name, value in arguments.items() for word in ("-d", f"{name}={value}")]
        return str(self._asked(words)["jobid"])

    def state(self, job: str) -> str:
        """Return the list of listjobs.json that has the job: pending, running or finished."""
        jobs = self._asked(documented("curl", "listjobs.json"))
        (state,) = [name for name in ("pending", "running", "finished") if job in [entry["id"] for entry in jobs[name]]]
        return state

    def log(self, job: str) -> str:
        """Return the current log of the job."""
        return self._run([word.replace("JOB", job) for word in documented("curl", "/logs/")]).stdout

    def cancel(self, job: str) -> str:
        """Cancel a job; return its previous state."""
        words = [word.replace("job=JOB", f"job={job}") for word in documented("curl", "cancel.json")]
        return str(self._asked(words)["prevstate"])

    def _asked(self, words: list[str]) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._run(words).stdout)
        assert answer["status"] == "ok", answer
        return answer

    def _run(self, words: list[str], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [word.replace("localhost:6800", f"localhost:{self._port}") for word in words],
            cwd=cwd or self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "scrapyd.log").read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0


def documented(*parts: str) -> list[str]:
    """Return the words of the command of docs/scrapyd.md that has these parts."""
    text = DOCUMENT.read_text().replace("\\\n", " ")
    commands = [line.strip() for line in re.findall(r"^    \S.*$", text, re.MULTILINE)]
    (command,) = [candidate for candidate in commands if all(part in candidate for part in parts)]
    words = shlex.split(command)
    return [program(words[0].rpartition("/")[2]) if words[0].startswith(".venv/") else words[0], *words[1:]]


def copy_of_the_project(folder: Path) -> None:
    """Copy the sources of an egg."""
    folder.mkdir()
    for name in PROJECT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)


def program(name: str) -> str:
    """Return the path of a program of this environment."""
    return str(Path(sys.executable).parent / name)
