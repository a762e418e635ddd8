"""
A mount namespace for programs that need a file system of their own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

# `os.path.ismount` says yes of every root; this lists the mounts that a process sees (proc_pid_mountinfo(5)).
_POINTS: Final = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
# What is mounted inside is to stay inside, for which unshare has the root made private. In a chroot that is no mount
# point it cannot be; whoever made the chroot has seen to it.
UNSHARE: Final = ("unshare", "--mount", *(() if "/" in _POINTS else ("--propagation=unchanged",)))
