"""
scrapy serve: serves the website and its API.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
from pathlib import Path
from typing import Any, ClassVar

from scrapy.exceptions import UsageError

from ipv6matrix.config import checks, extras
from ipv6matrix.config.profiles import ChoosingCommand
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
            raise UsageError("serve takes options only [ARGUMENT_INVALID]")
        for name, value in (("WEB_HOST", opts.host), ("WEB_PORT", opts.port)):
            if value is not None:
                self.settings.set(name, value, priority="cmdline")
        if sentences := checks.problems(
            self.settings,
            ("OUTPUT_DIR", "SUMMARY_URL", "LIVE_URL", "READ_MODEL_DIR", "WEB_HOST", "WEB_PORT", "WEB_URL", "CONTACT"),
        ):
            raise UsageError("\n".join(sentences), print_help=False)
        # The website reads the live database. If LIVE_URL is not set, SUMMARY_URL is the only database.
        url = self.settings.get("LIVE_URL") or self.settings.get("SUMMARY_URL")
        if message := extras.missing("serve", "serve") or extras.missing_driver(url):
            raise UsageError(message, print_help=False)
        self._serve(url, self.settings.get("WEB_HOST"), self.settings.getint("WEB_PORT"))

    def _serve(self, url: str, host: str, port: int) -> None:
        # Imported late: Scrapy imports all commands, and these modules would add 25 MB to the memory of every crawl.
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
            raise UsageError(_not_listening(error, host, port), print_help=False) from error
        server.prepare()
        with listener:
            models.start()
            print(f"Serving on {_address(listener)}, until Ctrl-C", flush=True)  # noqa: T201 - what a user waits for
            config = uvicorn.Config(app, http=server.Protocol, **server.OPTIONS)
            # After a clean shutdown uvicorn raises the signal that caused it.
            with contextlib.suppress(KeyboardInterrupt):
                uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    listener = socket.create_server(addresses[0][4][:2], family=addresses[0][0], backlog=2048)
    # Connections inherit the option; asyncio sets it only on sockets with an explicit protocol. Without it, the body of
    # a response waits until its headers are acknowledged (RFC 9293 section 3.7.4), which a client may delay by 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _not_listening(error: Exception, host: str, port: int) -> str:
    if not isinstance(error, OSError):
        return f"SUMMARY_URL names no database ({error.message})" if isinstance(error, ExportError) else str(error)
    # Resolution errors (gaierror) have negative numbers of their own.
    words = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
    return f"Cannot listen on {host} port {port} ({words}): pass another --host or --port [PORT_NOT_AVAILABLE]"
