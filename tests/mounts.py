"""A mount namespace for programs that need their own file system."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest

from tests.typed import ROOT

# `os.path.ismount` is true for every root; this lists the mounts that a process sees (proc_pid_mountinfo(5)).
_POINTS: Final = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
# Mounts should stay inside, for which unshare makes the root private. In a chroot that is not a mount point this is
# impossible; isolation is then up to the creator of the chroot.
UNSHARE: Final = ("unshare", "--mount", *(() if "/" in _POINTS else ("--propagation=unchanged",)))


def run_mounted(script: str, folder: Path, command: Iterable[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run a command after a shell script has mounted something at a folder; skip the test if that is not permitted."""
    process = subprocess.run(
        [*UNSHARE, "sh", "-c", f'{script} && exec "$@"', folder, *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if "unshare:" in process.stderr or "mount:" in process.stderr:
        pytest.skip("mounting is not permitted on this machine")
    return process
