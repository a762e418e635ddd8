"""
Opt-outs of a shared crawl: every machine reads them with its next exchange.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from ipv6matrix.cluster.session import Session
from ipv6matrix.targets.optout_file import OptOutList


class SharedOptOuts(OptOutList):
    """The opt-outs in the database of a crawl. Raises StoreError if it cannot be used."""

    def __init__(self, url: str) -> None:
        self._session = Session(url, "optout")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def _lines(self) -> list[str]:
        return self._session.opt_outs()

    @contextmanager
    def _changing(self) -> Iterator[list[str]]:
        with self._session.changing_opt_outs() as lines:
            yield lines
