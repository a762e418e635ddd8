"""Fixtures shared by tests of probes."""

from __future__ import annotations

import socket

import pytest


@pytest.fixture
def server():
    """A UDP socket from which the test answers by hand."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp_socket:
        udp_socket.bind(("127.0.0.1", 0))
        udp_socket.setblocking(False)
        yield udp_socket
