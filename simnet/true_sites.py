"""The truth about web sites: the results of a TLS handshake and of a request for the front page."""

from __future__ import annotations

from typing import Final

from ipv6matrix.items import BodyEnd, Failure, Scheme, TlsStatus
from simnet.behaviours import Web
from simnet.facts import PortTruth, WebTruth
from simnet.topology import Family

_PARTIES: Final = {
    Web.THIRD_PARTIES: ("edge.cdn-edge.net", "ns1.legacy-dns.com", "mx.sixfirst.org", "backup.plainpost.net"),
    Web.UNKNOWN_PARTY: ("www.servfail.example",),
}
_HANDSHAKES: Final[dict[Web, TlsStatus | Failure]] = {
    Web.EXPIRED: TlsStatus.EXPIRED,
    Web.UNTRUSTED: TlsStatus.UNTRUSTED,
    Web.ALERT: TlsStatus.ALERT,
    Web.NO_TLS: Failure.TLS_FAILED,
    Web.RESETS: Failure.CONNECTION_RESET,
    Web.MUTE: Failure.TIMEOUT,
}
_ERRORS6: Final = {Web.FORBIDDEN6: (403, "403 Forbidden"), Web.NOT_FOUND6: (404, "404 Not Found")}
# Where the two families differ: the handshake over IPv6.
_HANDSHAKES6: Final = {Web.DEFAULT_HOST6: TlsStatus.WRONG_NAME, Web.WRONG_CERTIFICATE6: TlsStatus.WRONG_NAME}


def handshake(web: Web, port: PortTruth, family: Family) -> TlsStatus | Failure:
    """Return the outcome of a TLS handshake with port 443."""
    if port.failure is not None:
        return port.failure
    if family == 6 and web in _HANDSHAKES6:
        return _HANDSHAKES6[web]
    return _HANDSHAKES.get(web, TlsStatus.OK)


def page(web: Web, port: PortTruth, family: Family, host: str, scheme: Scheme) -> WebTruth:
    """Return the outcome of `GET /` for a host, over https to port 443 or over http to port 80."""
    tls = handshake(web, port, family) if scheme == "https" else None
    if isinstance(tls, Failure) or tls is TlsStatus.ALERT:
        return WebTruth(tls=tls if isinstance(tls, TlsStatus) else None, failure=tls)
    if port.failure is not None:
        return WebTruth(failure=port.failure)
    if failure := _FAILURES.get(web):
        return WebTruth(tls=tls, failure=failure)
    return _answer(web, family, host, tls)


# Over http, and over https after a handshake.
_FAILURES: Final = {
    Web.BAD_RESPONSE: Failure.BAD_RESPONSE,
    Web.RESETS: Failure.CONNECTION_RESET,
    Web.MUTE: Failure.TIMEOUT,
}


def _answer(web: Web, family: Family, host: str, tls: TlsStatus | None) -> WebTruth:
    if web is Web.REDIRECT6:
        path = "start" if family == 4 else "start6"
        return WebTruth(tls=tls, status_code=301, location=f"https://{host}/{path}")
    if family == 6 and web in _ERRORS6:
        status_code, title = _ERRORS6[web]
        return WebTruth(tls=tls, status_code=status_code, title=title)
    if family == 6 and web in (Web.OTHER_PAGE6, Web.DEFAULT_HOST6):
        return WebTruth(tls=tls, status_code=200, title="Welcome", hosts=())
    if web is Web.SLOW_BODY:
        return WebTruth(tls=tls, status_code=200, end=BodyEnd.TOO_SLOW, hosts=())
    if web is Web.ENDLESS_BODY:
        return WebTruth(tls=tls, status_code=200, end=BodyEnd.TOO_LARGE, hosts=())
    end = BodyEnd.BROKEN if web is Web.CUT_BODY else BodyEnd.COMPLETE
    return WebTruth(tls=tls, status_code=200, title=host, end=end, hosts=_PARTIES.get(web, ()))
