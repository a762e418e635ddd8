"""Operating system errors as words of the closed list of failures."""

from __future__ import annotations

import errno

from ipv6matrix.items import Failure

# Linux reports ICMP "protocol unreachable" and ICMPv6 parameter problems as
# ENOPROTOOPT and EPROTO: the host was reached and rejected the packet.
_WORDS = {
    errno.ECONNREFUSED: Failure.CONNECTION_REFUSED,
    errno.ECONNRESET: Failure.CONNECTION_RESET,
    errno.ECONNABORTED: Failure.CONNECTION_RESET,
    # The peer closed the connection, then reset it.
    errno.EPIPE: Failure.CONNECTION_CLOSED,
    errno.ETIMEDOUT: Failure.TIMEOUT,
    errno.EHOSTUNREACH: Failure.HOST_UNREACHABLE,
    errno.EHOSTDOWN: Failure.HOST_UNREACHABLE,
    errno.ENOPROTOOPT: Failure.HOST_UNREACHABLE,
    errno.EPROTO: Failure.HOST_UNREACHABLE,
    errno.ENETUNREACH: Failure.NETWORK_UNREACHABLE,
    errno.ENETDOWN: Failure.NETWORK_UNREACHABLE,
    # No address of this machine can be the source of such a packet.
    errno.EADDRNOTAVAIL: Failure.NETWORK_UNREACHABLE,
    errno.EAFNOSUPPORT: Failure.NETWORK_UNREACHABLE,
    errno.EACCES: Failure.PERMISSION_DENIED,
    errno.EPERM: Failure.PERMISSION_DENIED,
}


def failure_of(error: OSError) -> Failure:
    """Return the failure for `error`; `probe_failed` for local problems (EMFILE, ENOBUFS …)."""
    return _WORDS.get(error.errno or 0, Failure.PROBE_FAILED)
