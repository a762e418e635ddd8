"""The limit of open files of a crawl."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from ipv6matrix.config import limits
from tests.typed import ROOT


@pytest.mark.parametrize(("limit", "expected"), [(20_000, 400), (400, 100), (101, 1), (50, 1)])
def test_concurrency_fits_the_limit(limit, expected):
    """The number of requests in flight is limited so that their sockets fit, but at least one."""
    assert expected == limits.fit(400, 3, limit)


@pytest.mark.crawl
def test_the_soft_limit_is_raised_to_the_hard_one():
    """A low soft limit does not slow down a crawl if the hard one is higher."""
    code = "from ipv6matrix.config import limits; import resource; print(limits.open_files(), *resource.getrlimit(7))"

    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 512)),
    )

    assert "512 512 512" == ended.stdout.strip()
