"""
scrapy serve: the website and its API.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
from pathlib import Path
from typing import Any, ClassVar

from scrapy.exceptions import UsageError

from ipv6matrix import options
from ipv6matrix.choices import ChoosingCommand
from ipv6matrix.exceptions import ExportError


class Command(ChoosingCommand):
    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def syntax(self) -> str:
        return "[--host ADDRESS] [--port NUMBER]"

    def short_desc(self) -> str:
        return "Show the summaries of all crawls as a website, with its API"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--host", metavar="ADDRESS", help="address or name to listen on (default: WEB_HOST)")
        parser.add_argument("--port", metavar="NUMBER", help="port to listen on, 0 for any (default: WEB_PORT)")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        if args:
            raise UsageError("serve takes options only")
        for name, value in (("WEB_HOST", opts.host), ("WEB_PORT", opts.port)):
            if value is not None:
                self.settings.set(name, value, priority="cmdline")
        if sentences := options.problems(
            self.settings,
            ("OUTPUT_DIR", "SUMMARY_URL", "LIVE_URL", "READ_MODEL_DIR", "WEB_HOST", "WEB_PORT", "WEB_URL", "CONTACT"),
        ):
            raise UsageError("\n".join(sentences), print_help=False)
        self._serve(self.settings.get("WEB_HOST"), self.settings.getint("WEB_PORT"))

    def _serve(self, host: str, port: int) -> None:
        # Here, or every command would load them, for Scrapy imports them all: 25 MB of a crawl's memory.
        import uvicorn  # noqa: PLC0415

        from ipv6matrix.web import server  # noqa: PLC0415
        from ipv6matrix.web.app import create_app, read_models  # noqa: PLC0415

        assert self.settings is not None
        # The website reads the live database; without LIVE_URL there is only one.
        url = self.settings.get("LIVE_URL") or self.settings.get("SUMMARY_URL")
        try:
            folder = Path(self.settings.get("OUTPUT_DIR")).expanduser()
            public, contact = (self.settings.get(name) or "" for name in ("WEB_URL", "CONTACT"))
            models = read_models(url, folder, self.settings.get("READ_MODEL_DIR"))
            app = create_app(models, folder, public_url=public, contact=contact)
            listener = _listen(host, port)
        except (ExportError, OSError) as error:
            raise UsageError(_sentence(error, host, port), print_help=False) from error
        server.prepare()
        with listener:
            models.start()
            print(f"Serving on {_address(listener)}, until Ctrl-C", flush=True)  # noqa: T201 - what a user waits for
            config = uvicorn.Config(app, http=server.Protocol, **server.OPTIONS)
            # Once it has ended well, it raises what ended it.
            with contextlib.suppress(KeyboardInterrupt):
                uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    listener = socket.create_server(found[0][4][:2], family=found[0][0], backlog=2048)
    # Connections inherit it; asyncio sets it only on sockets that name their protocol. Without it the body of an answer
    # waits until its headers are acknowledged (RFC 9293 section 3.7.4), which a client may put off for 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _sentence(error: Exception, host: str, port: int) -> str:
    if not isinstance(error, OSError):
        return f"SUMMARY_URL names no database ({error})" if isinstance(error, ExportError) else str(error)
    # Names that are not found have numbers of their own, below 0.
    words = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
    return f"cannot listen on {host} port {port} ({words}): give another --host or --port"
