"""Operating system errors and their failure words."""

from __future__ import annotations

import errno

import pytest

from ipv6matrix.items import Failure
from ipv6matrix.probes.failures import failure_of


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (errno.ECONNREFUSED, Failure.CONNECTION_REFUSED),
        (errno.ECONNRESET, Failure.CONNECTION_RESET),
        (errno.EPIPE, Failure.CONNECTION_CLOSED),
        (errno.ETIMEDOUT, Failure.TIMEOUT),
        (errno.EHOSTUNREACH, Failure.HOST_UNREACHABLE),
        (errno.ENETUNREACH, Failure.NETWORK_UNREACHABLE),
        (errno.EACCES, Failure.PERMISSION_DENIED),
        (errno.EPERM, Failure.PERMISSION_DENIED),
        (errno.EMFILE, Failure.PROBE_FAILED),
        (errno.ENOBUFS, Failure.PROBE_FAILED),
    ],
)
def test_every_error_has_a_failure(number: int, word: Failure) -> None:
    """An error number maps to one word of the closed list; local problems are `probe_failed`."""
    assert word == failure_of(OSError(number, "told by the kernel"))


def test_an_error_without_a_number_has_a_failure() -> None:
    """An OSError that a library created has no number and is `probe_failed`."""
    assert Failure.PROBE_FAILED == failure_of(OSError("made up"))
