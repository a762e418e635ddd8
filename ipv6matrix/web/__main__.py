"""
Serves the website that the environment describes: `python -m ipv6matrix.web --port 8000 --workers 2`.
"""

from __future__ import annotations

import argparse

import uvicorn

from ipv6matrix.web import server


def main() -> None:
    """Serve until the process is told to end."""
    parser = argparse.ArgumentParser(prog="python -m ipv6matrix.web", description="Serve the website and its API.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on")
    parser.add_argument("--workers", type=int, default=1, help="number of processes")
    options = parser.parse_args()
    uvicorn.run(
        "ipv6matrix.web.app:app",
        host=options.host,
        port=options.port,
        workers=options.workers,
        http="ipv6matrix.web.server:Protocol",
        **server.OPTIONS,
    )


if __name__ == "__main__":
    main()
