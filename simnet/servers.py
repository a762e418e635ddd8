"""
The web servers: accept connections on ports 80 and 443 and close them again.

    python -m simnet.servers LOG|- LISTENER,LISTENER…

Commands: `flush` (write the log to its file), `stats`. The log has a line for
each connection: time, local address, port.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from io import FileIO

from simnet import helper

BURST = 64


class WebServers:
    """Everything that listens on ports 80 and 443."""

    def __init__(self, log: str, listeners: list[socket.socket]) -> None:
        self._log = None if log == "-" else FileIO(log, "w")
        self._logged: list[str] = []
        self._accepted = 0
        self._listeners = {one.fileno(): one for one in listeners}
        self._poll = select.epoll()
        for descriptor in (0, *self._listeners):
            self._poll.register(descriptor, select.EPOLLIN)

    def run(self) -> None:
        """Serve forever."""
        helper.ready()
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor in self._listeners:
                    self._accept(self._listeners[descriptor])
                else:
                    helper.obey(self._command)

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(BURST):
            try:
                connection, _client = listener.accept()
            except BlockingIOError:
                return
            except OSError:
                continue  # Closed before it was accepted.
            self._accepted += 1
            if self._log is not None:
                self._write_log(connection)
            connection.close()

    def _write_log(self, connection: socket.socket) -> None:
        address, port = connection.getsockname()[:2]
        self._logged.append(f"{time.time():.6f} {address.removeprefix('::ffff:')} {port}\n")
        if len(self._logged) > 4096:
            self._flush()

    def _flush(self) -> None:
        if self._log is not None:
            self._log.write("".join(self._logged).encode())
        self._logged.clear()

    def _command(self, line: str) -> str:
        if line == "flush":
            self._flush()
        return json.dumps({"accepted": self._accepted})


def main(log: str, descriptors: str) -> None:
    helper.begin()
    WebServers(log, [socket.socket(fileno=int(one)) for one in descriptors.split(",")]).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
