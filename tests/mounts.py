"""
A mount namespace for programs that need their own file system.
"""

from __future__ import annotations

import os
from typing import Final

# Mounts should stay inside, for which unshare makes the root private. In a chroot that is not a mount point this is
# impossible; isolation is then up to the creator of the chroot.
UNSHARE: Final = ("unshare", "--mount", *(() if os.path.ismount("/") else ("--propagation=unchanged",)))
