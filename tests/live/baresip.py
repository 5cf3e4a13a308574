"""baresip, a soft phone of another make, as a child process. It ignores loopback, and so lives on another host.

It is told what to do as JSON over TCP, plays a file as its voice, and writes what it hears to another.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import centre
import sound
from centre import Agent
from network import Network
from sound import Sound

_numbers = itertools.count(1)

CONFIG = """
sip_listen {there}:{sip}
audio_player aufile,{folder}/ringing.wav
audio_source aufile,{folder}/says.wav
audio_alert aufile,{folder}/ringing.wav
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_ports {rtp}-{last}
snd_path {folder}
module_path {modules}
module g711.so
module g722.so
module opus.so
module aufile.so
module sndfile.so
module srtp.so
module uuid.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen {there}:{control}
"""


class Baresip:
    """One phone: `keys` are those of a line in baresip's file of accounts. With an agent's credentials it registers and answers."""

    def __init__(self, network: Network, folder: Path, says: Path, *, server: int, agent: Agent | None = None, transport: str = "udp", keys: str = "", user: str = "4930666", port: int = 0) -> None:
        self.network = network
        number = next(_numbers)
        self.folder = folder / f"baresip-{number}"
        self.folder.mkdir()
        self.server = f"{network.here}:{server};transport={transport}"
        shutil.copy(says, self.folder / "says.wav")
        sound.write(self.folder / "ringing.wav", [0.0] * 8000)
        modules = next(Path("/usr/lib").rglob("baresip/modules"))
        # Several may live on one host.
        self.control, rtp = 4000 + number, 10_000 + 100 * number
        config = CONFIG.format(there=network.there, folder=self.folder, modules=modules, sip=port or 5060 + 10 * number, rtp=rtp, last=rtp + 98, control=self.control)
        (self.folder / "config").write_text(config)
        user = agent.user if agent else user
        proof = f';auth_pass="{agent.password}";regint=60;answermode=auto' if agent else ";regint=0"
        account = f'<sip:{user}@{self.server}>{proof};{keys}\n'
        (self.folder / "accounts").write_text(account)
        (self.folder / "contacts").touch()
        command = ["ip", "netns", "exec", network.name, "baresip", "-f", str(self.folder), "-v", "-s"]
        self.said = self.folder / "said.log"
        with self.said.open("wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.events: list[dict[str, Any]] = []
        self._rest = b""
        self._control = centre.until("baresip can be told", self._reach, 15)
        if agent is not None:
            # It registers before anybody can listen to what it tells.
            registered = lambda: "[1 binding]" in self.said.read_text(errors="replace")
            centre.until("baresip is registered", registered, 15)

    def dial(self, number: str) -> None:
        self.tell("dial", f"sip:{number}@{self.server}")

    def hang_up(self) -> None:
        self.tell("hangup")

    def tell(self, command: str, params: str = "") -> None:
        text = json.dumps({"command": command, "params": params})
        self._control.sendall(f"{len(text.encode())}:{text},".encode())

    def has_seen(self, kind: str) -> bool:
        return any(event.get("type") == kind for event in self.events)

    def wait(self, kind: str, seconds: float = 15) -> None:
        centre.until(f"baresip says {kind}", lambda: self.has_seen(kind), seconds, self._listen)

    def heard(self) -> Sound:
        """What it heard in its last call, once that is over."""
        files = centre.until("baresip has written what it heard", lambda: sorted(self.folder.glob("dump*-dec.wav")))
        return centre.until("the file is whole", lambda: _read(files[-1]))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.tell("quit")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self.process.kill()
        self.process.wait()
        self._control.close()

    def _reach(self) -> socket.socket | None:
        if self.process.poll() is not None:
            raise AssertionError(f"baresip ended: {self.said.read_text(errors='replace')[-2000:]}")
        try:
            return socket.create_connection((self.network.there, self.control), timeout=2)
        except OSError:
            return None

    def _listen(self) -> None:
        self._control.settimeout(0.1)
        with contextlib.suppress(TimeoutError):
            self._rest += self._control.recv(65_536)
        self.events.extend(self._cut())

    def _cut(self) -> Iterator[dict[str, Any]]:
        """Takes whole netstrings off what has come."""
        while b":" in self._rest:
            length, _, rest = self._rest.partition(b":")
            if len(rest) <= int(length):
                return
            self._rest = rest[int(length) + 1 :]
            yield json.loads(rest[: int(length)])


def _read(path: Path) -> Sound | None:
    with contextlib.suppress(Exception):
        return sound.read(path)
    return None
