"""Ports for servers that tests, benches and tools start, and that a server finds free again after it was killed.

They are below those that the kernel gives to sockets that ask for any. A client's socket, even one that asks whether the server is there yet,
cannot take a server's port before the server does, nor while it is down.
"""

from __future__ import annotations

import contextlib
import random
import socket

SINGLE = range(5_000, 10_000)
ROWS = range(20_000, 30_000)

_given: set[int] = set()


def spare_port(step: int = 1) -> int:
    """A port, a multiple of `step`, that nobody has, for UDP or TCP, at any address, and that was not given before."""
    for port in random.sample(range(SINGLE.start, SINGLE.stop, step), len(SINGLE) // step):
        if port not in _given and _is_free(port, socket.SOCK_DGRAM) and _is_free(port, socket.SOCK_STREAM):
            _given.add(port)
            return port
    raise AssertionError(f"no port of {SINGLE} is free")


def spare_range(count: int) -> range:
    """Ports in a row, from an even one, that are free for UDP now."""
    for first in random.sample(range(ROWS.start, ROWS.stop, count), len(ROWS) // count):
        row = range(first, first + count)
        if all(_is_free(port, socket.SOCK_DGRAM) for port in row):
            return row
    raise AssertionError(f"no {count} ports in a row are free")


def has_ipv6() -> bool:
    """Whether this machine reaches itself by it."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    family, everywhere = (socket.AF_INET6, "::") if has_ipv6() else (socket.AF_INET, "0.0.0.0")
    with socket.socket(family, kind) as probe:
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        try:
            probe.bind((everywhere, port))
        except OSError:
            return False
        return True
