"""Another host: a network namespace, joined to this one by a virtual cable, so that packets really cross a network."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess

from centre import ConfiguredServer
from ports import spare_port

_numbers = itertools.count(1)


def why_not(phone: str) -> str:
    """Why this phone cannot be run on another host; nothing if it can."""
    for tool in (phone, "ip"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    probe = f"cordboard-probe-{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", probe], capture_output=True).returncode != 0:
        return "no network namespaces may be made here"
    subprocess.run(["ip", "netns", "delete", probe], check=True)
    return ""


class Network:
    """A host of its own, and the two addresses of the cable to it."""

    def __init__(self) -> None:
        number = next(_numbers)
        # Of the range for tests of network gear (RFC 2544): nobody else's.
        block = f"198.18.{os.getpid() % 256}"
        self.name = f"cordboard-{os.getpid()}-{number}"
        self.here, self.there = f"{block}.{4 * number + 1}", f"{block}.{4 * number + 2}"
        near, far = f"cb{os.getpid() % 100_000}n{number}", f"cb{os.getpid() % 100_000}f{number}"
        run = lambda *words: subprocess.run(["ip", *words], check=True, capture_output=True)
        run("netns", "add", self.name)
        run("link", "add", near, "type", "veth", "peer", "name", far, "netns", self.name)
        run("address", "add", f"{self.here}/30", "dev", near)
        run("link", "set", near, "up")
        run("-n", self.name, "address", "add", f"{self.there}/30", "dev", far)
        run("-n", self.name, "link", "set", far, "up")
        run("-n", self.name, "link", "set", "lo", "up")
        # Some phones do not begin without a way to everywhere.
        run("-n", self.name, "route", "add", "default", "via", self.here)

    def remove(self) -> None:
        # The cable goes with its end.
        subprocess.run(["ip", "netns", "delete", self.name], check=False, capture_output=True)


class NetworkServer(ConfiguredServer):
    """Phones over UDP and TCP, and over TLS, at the near end of a cable."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.address, self.network = network.here, f"{network.there}/32"
        self.tls = spare_port()

    def sections(self) -> str:
        return f"""
[[listener]]
profile = "internal"
bind = "{self.address}:{self.internal}"
[[listener]]
profile = "internal"
name = "internal-tls"
transports = ["tls"]
bind = "{self.address}:{self.tls}"
"""
