"""
A mount namespace for programs that need their own file system.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

# `os.path.ismount` is true for every root; this lists the mounts that a process sees (proc_pid_mountinfo(5)).
_POINTS: Final = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
# Mounts should stay inside, for which unshare makes the root private. In a chroot that is not a mount point this is
# impossible; isolation is then up to the creator of the chroot.
UNSHARE: Final = ("unshare", "--mount", *(() if "/" in _POINTS else ("--propagation=unchanged",)))
