"""
A mount namespace for programs that need a file system of their own.
"""

from __future__ import annotations

import os
from typing import Final

# What is mounted inside is to stay inside, for which unshare has the root made private. In a chroot that is no mount
# point it cannot be; whoever made the chroot has seen to it.
UNSHARE: Final = ("unshare", "--mount", *(() if os.path.ismount("/") else ("--propagation=unchanged",)))
