"""
The name of the running program, for messages that tell the user which command to run.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

OWN: Final = "ipv6matrix"


def name_of(path: str) -> str:
    """Return `ipv6matrix` for the path of its console script or of `python -m ipv6matrix`, otherwise `scrapy`."""
    return OWN if Path(path).name == OWN or Path(path).parts[-2:] == (OWN, "__main__.py") else "scrapy"


PROGRAM: Final = name_of(sys.argv[0])
