"""
Network namespaces without names: nothing is mounted, and nothing is left behind.

A namespace lives as long as one of its descriptors, processes or devices does.
A short-lived thread does the work inside one, because setns(2) moves only the
calling thread; what that thread creates (sockets, devices, children) stays there.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWNET: Final = 0x40000000
# Tells child processes which namespace their parent is in.
_VARIABLE: Final = "IPV6MATRIX_NAMESPACE"
_HERE: Final = "/proc/thread-self/ns/net"

_libc = ctypes.CDLL(None, use_errno=True)
_entered: list[Namespace] = []

T = TypeVar("T")


class InternetUnavailable(Exception):  # noqa: N818 - a state of the machine, not a fault of the caller
    """This machine does not support a simulated Internet; the message has the reason and the command that fixes it."""


@contextmanager
def unavailable_exits() -> Iterator[None]:
    """Exit with EX_UNAVAILABLE of sysexits.h and the reason if the block raises InternetUnavailable."""
    try:
        yield
    except InternetUnavailable as error:
        print(error, file=sys.stderr)
        sys.exit(os.EX_UNAVAILABLE)


class Namespace:
    """One network namespace, kept alive by a descriptor of this process."""

    def __init__(self, name: str, descriptor: int) -> None:
        self.name = name
        self.path = f"/proc/{os.getpid()}/fd/{descriptor}"
        self._descriptor = descriptor

    def run(self, function: Callable[[], T]) -> T:
        """Call a function inside the namespace and return its result."""

        def inside() -> T:
            _check(_libc.setns(self._descriptor, CLONE_NEWNET))
            return function()

        return _in_thread(inside)

    def batch(self, *command: str, lines: list[str]) -> None:
        """
        Feed lines to a command inside the namespace.

        Raises InternetUnavailable with the first error message of the command.
        """
        if lines:
            self.run(lambda: _feed(command, "\n".join(lines) + "\n"))

    def set(self, **values: str) -> None:
        """Set sysctls, given as `net__ipv4__ip_forward="1"`; those that a namespace does not have are skipped."""
        self.run(lambda: _write_sysctls(values))

    def close(self) -> None:
        os.close(self._descriptor)


def create(name: str) -> Namespace:
    """Return an empty network namespace with its loopback device up."""

    def inside() -> int:
        _check(_libc.unshare(CLONE_NEWNET))
        _feed(("ip", "-batch", "-"), "link set lo up\n")
        return os.open(_HERE, os.O_RDONLY | os.O_CLOEXEC)

    return Namespace(name, _in_thread(inside))


def enter() -> Namespace:
    """
    Move this process into a namespace of its own: it becomes the vantage point.

    Must be called before the process starts threads, unless its parent had
    already left the real network: a running thread stays where it is.
    A second call does nothing.
    Raises InternetUnavailable if the kernel forbids it, and RuntimeError if
    there are threads: a caller may continue after the former, but not after the
    latter.
    """
    if not _entered:
        if len(list(Path("/proc/self/task").iterdir())) > 1 and os.environ.get(_VARIABLE) != _here():
            raise RuntimeError(
                "this process has started threads already, which would stay in the real network:"
                " call namespaces.enter() first, and import what starts threads later"
            )
        # Debian's folders for ip and nft, which are not in the PATH of ordinary users.
        os.environ["PATH"] = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
        if os.geteuid() != 0:
            _become_root_of_a_user_namespace()
        _unshare(CLONE_NEWNET, "sudo")
        _entered.append(Namespace("vantage", os.open(_HERE, os.O_RDONLY | os.O_CLOEXEC)))
        os.environ[_VARIABLE] = _here()
        _feed(("ip", "-batch", "-"), "link set lo up\n")
    return _entered[0]


def entered() -> bool:
    """Return whether this process has left the real network."""
    return bool(_entered)


def _here() -> str:
    """Return an identifier of the namespace of the calling thread."""
    return os.readlink(_HERE)  # noqa: PTH115 - it leads to no path


def _become_root_of_a_user_namespace() -> None:
    user, group = os.geteuid(), os.getegid()
    _unshare(CLONE_NEWUSER, "sudo sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000")
    # Without setgroups=deny an unprivileged process may not map its group (user_namespaces(7)).
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        Path(f"/proc/self/{name}").write_text(text)


def _unshare(flags: int, fix: str) -> None:
    if _libc.unshare(flags) != 0:
        reason = os.strerror(ctypes.get_errno())
        kind = "user" if flags == CLONE_NEWUSER else "network"
        raise InternetUnavailable(f"This process may not create a {kind} namespace ({reason}): run {fix}.")


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _in_thread(function: Callable[[], T]) -> T:
    results: list[T] = []
    errors: list[BaseException] = []

    def target() -> None:
        try:
            results.append(function())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            errors.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def _feed(command: tuple[str, ...], text: str) -> None:
    try:
        result = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        package = {"ip": "iproute2", "nft": "nftables"}[command[0]]
        raise InternetUnavailable(f"The program {command[0]} is missing: run apt-get install {package}.") from None
    if result.returncode != 0:
        complaint = (result.stderr or result.stdout).strip()
        raise InternetUnavailable(f"{' '.join(command)} failed: {complaint[:500]}")


def _write_sysctls(values: Mapping[str, str]) -> None:
    for name, value in values.items():
        # Older kernels have some ICMP limits per machine, not per namespace.
        with suppress(OSError):
            Path("/proc/sys", name.replace("__", "/")).write_text(value)
