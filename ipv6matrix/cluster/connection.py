"""
Connections with the server of a shared crawl, and what can go wrong with them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Final

import psycopg
from psycopg import errors

from ipv6matrix.exceptions import StoreError

# Seconds to wait for a connection, and after which either side gives up one without an answer.
_CONNECT_S: Final = 10
_SILENT_S: Final = 15


class LostSessionError(StoreError):
    """The session has ended, and with it the ownership of all buckets."""

    code = "STORE_AWAY"


class FullStoreError(StoreError):
    """The server has no space left."""

    code = "STORE_FULL"


@contextlib.contextmanager
def translated(url: str) -> Iterator[None]:
    """Turn errors of the server into those of the project."""
    try:
        yield
    except (errors.DiskFull, errors.OutOfMemory) as error:
        raise FullStoreError(
            f"{safe(url)} cannot store more ({_first(error)}): free disk space on that machine"
        ) from error
    except errors.UndefinedTable as error:
        raise StoreError(
            f"{safe(url)} contains no crawl: check the URL, or start a crawl with it", code="STORE_EMPTY"
        ) from error
    except errors.InsufficientPrivilege as error:
        raise StoreError(
            f"The user of {safe(url)} lacks a privilege ({_first(error)}): make it the owner of the database,"
            " or GRANT CREATE on its schema public",
            code="STORE_NOT_PERMITTED",
        ) from error
    except (psycopg.OperationalError, psycopg.InterfaceError, errors.IdleInTransactionSessionTimeout) as error:
        raise LostSessionError(f"Lost the session with {safe(url)} ({_first(error)})") from error


def connect(url: str, *, is_owner: bool = True) -> psycopg.Connection[Any]:
    """
    Connect; raises StoreError if that is impossible.

    The server ends a silent session, so that buckets which it owns are free. One that owns none may be silent.
    """
    idle_s = _SILENT_S if is_owner else 0
    limits = f"-c idle_session_timeout={idle_s}s -c idle_in_transaction_session_timeout={idle_s}s"
    limits += " -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=2"
    limits += f" -c tcp_user_timeout={_SILENT_S}s"
    try:
        return psycopg.connect(
            url,
            autocommit=True,
            connect_timeout=_CONNECT_S,
            keepalives_idle=5,
            keepalives_interval=5,
            keepalives_count=2,
            tcp_user_timeout=_SILENT_S * 1000,
            options=limits,
            application_name="ipv6matrix",
        )
    except psycopg.OperationalError as error:
        if "authentication" in str(error) or "password" in str(error):
            raise StoreError(
                f"{safe(url)} rejects the user or the password ({_first(error)}): check STORE_URL",
                code="STORE_LOGIN_REJECTED",
            ) from error
        raise LostSessionError(
            f"{safe(url)} does not answer ({_first(error)}): start the server, or check STORE_URL"
        ) from error


def safe(url: str) -> str:
    """Return a URL without its password, for messages."""
    scheme, _, remainder = url.partition("://")
    login, at, place = remainder.rpartition("@")
    return f"{scheme}://{login.partition(':')[0]}{at}{place}"


def _first(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
