"""
Keeps a server on the newest read model: watches the database of summaries, and rebuilds the model when it changes.

While the database is unreachable the last model stays, and `status` says since when. A model is built in a separate
process: its memory is released afterwards, and no request waits for it.
"""

from __future__ import annotations

import datetime as dt
import logging
import multiprocessing
import threading
import time
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from ipv6matrix.exceptions import ExportError
from ipv6matrix.web.read_model import build as building
from ipv6matrix.web.read_model.model import QUERY_LIMIT_S, ReadModel

log = logging.getLogger(__name__)

# Seconds between two looks at the database. A look takes milliseconds, unless another program
# writes it: then its sums are worked out, and the next look waits for longer.
CHECK_S: Final = 10.0
_REST: Final = 50.0
# Seconds to wait for the first look: with a read model, and without one.
_FIRST_LOOK_S: Final = 5.0
_FIRST_MODEL_S: Final = 60.0
# Seconds between two messages about the same problem.
_REPEAT_S: Final = 600.0


class NoDataError(Exception):
    """There is no read model yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What is known about the database of summaries."""

    reachable: bool | None = None
    "None before the first look."
    checked_at: dt.datetime | None = None
    since: dt.datetime | None = None
    "Since when it is as it is."
    problem: str = ""


class ReadModels:
    """The newest read model of a database, and the state of that database."""

    def __init__(self, url: str, folder: Path, *, query_limit_s: float = QUERY_LIMIT_S) -> None:
        self.url: Final = url
        self.folder: Final = folder
        self.status = Status()
        self._prefix = building.path_prefix(folder, url)
        self._limit_s = query_limit_s
        self._model: ReadModel | None = None
        self._logged = ("", 0.0)
        self._look_s = 0.0
        self._watching: threading.Thread | None = None
        self._looked = threading.Event()
        self._stopped = threading.Event()
        self._open_newest()

    @property
    def current(self) -> ReadModel:
        """The model to answer from. Raises NoDataError."""
        model = self._model
        if model is None:
            raise NoDataError("There is no read model yet")
        return model

    @property
    def has_model(self) -> bool:
        return self._model is not None

    def start(self) -> None:
        """Watch the database in a thread of its own, and wait until it was looked at once, but not for long."""
        if self._watching is None:
            self._watching = threading.Thread(target=self._watch, name="read-model", daemon=True)
            self._watching.start()
        self._looked.wait(_FIRST_LOOK_S if self.has_model else _FIRST_MODEL_S)

    def stop(self) -> None:
        """Stop watching."""
        self._stopped.set()

    def refresh(self, *, in_process: bool = True) -> None:
        """Look at the database once, and take its changes over; an error is logged and kept in `status`."""
        begun = time.monotonic()
        try:
            model = self._open_newest()
            current = building.source_versions(self.url)
            self._look_s = time.monotonic() - begun
            if model is None or model.versions != current:
                self._build(in_process=in_process)
        except ExportError as error:
            self._note(str(error))
        except BrokenExecutor:
            self._note("The process that builds the read model was killed: there may be too little memory")
        else:
            self._note("")

    def _build(self, *, in_process: bool) -> None:
        if in_process:
            building.build(self.url, self.folder)
        else:
            context = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(1, mp_context=context) as executor:
                executor.submit(building.build, self.url, self.folder).result()
        self._open_newest()

    def _watch(self) -> None:
        while not self._stopped.is_set():
            self.refresh(in_process=False)
            self._looked.set()
            self._stopped.wait(max(CHECK_S, _REST * self._look_s))

    def _open_newest(self) -> ReadModel | None:
        """Open the newest file, unless it is open already: another worker may have built it."""
        file = building.newest(self._prefix)
        if file is None or (self._model and self._model.file == file):
            return self._model
        if building.versions(file) is not None:
            try:
                self._model = ReadModel(file, self._limit_s)
            except duckdb.Error as error:
                # Another worker may just have replaced it; the next look finds the new one.
                log.warning("Read model %s cannot be opened: %s", file, error)
        return self._model

    def _note(self, problem: str) -> None:
        now = dt.datetime.now(dt.UTC)
        reachable = not problem
        since = self.status.since if self.status.reachable is reachable else now
        self.status = Status(reachable=reachable, checked_at=now, since=since, problem=problem)
        text, logged_at = self._logged
        if problem and (problem != text or time.monotonic() - logged_at > _REPEAT_S):
            log.warning("%s", problem)
            self._logged = (problem, time.monotonic())
        elif not problem and text:
            log.info("The database of summaries can be read again")
            self._logged = ("", 0.0)
