"""An environment for commands in which some packages are not installed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

# Python imports it at startup, from the first folder of PYTHONPATH.
_SITECUSTOMIZE = """
import sys
from importlib.machinery import PathFinder

class Without(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in {absent!r} else super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Without
"""


def environment(folder: Path, absent: Iterable[str]) -> dict[str, str]:
    """Return the variables with which a Python process finds none of the absent top-level modules."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(_SITECUSTOMIZE.format(absent=set(absent)))
    return {**os.environ, "PYTHONPATH": str(folder)}
