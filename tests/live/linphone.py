"""Linphone, a soft phone of another make, as a child process on another host: it wants a network that leads somewhere.

It is told what to do line by line, plays a file as its voice, and writes what it hears to another.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import time
from array import array
from pathlib import Path

import centre
import sound
from centre import Agent
from network import Network
from sound import Sound

_numbers = itertools.count(1)

CONFIG = """
[sip]
sip_port={sip}
sip_tcp_port={sip}
sip_tls_port=-1
verify_server_certs=0
verify_server_cn=0
media_encryption={encryption}
media_encryption_mandatory={mandatory}
guess_hostname=0
contact="Linphone" <sip:{user}@{there}>
bind_address={there}
use_ipv6=0
default_proxy=0
[rtp]
audio_rtp_port={rtp}
[video]
enabled=0
[sound]
echocancellation=0
[misc]
version_check_url_root=
"""
ACCOUNT = """
[proxy_0]
reg_proxy=<sip:{server}>
reg_identity=sip:{user}@{host}
reg_expires=60
reg_sendregister=1
[auth_info_0]
username={user}
passwd={password}
realm=cordboard
"""


class Linphone:
    """One phone. With an agent's credentials it registers and answers every call."""

    def __init__(self, network: Network, folder: Path, says: Path, *, server: int, agent: Agent | None = None, transport: str = "udp", srtp: bool = False) -> None:
        number = next(_numbers)
        home = folder / f"linphone-{number}"
        # It does not make the folder of its database itself.
        (home / ".local" / "share" / "linphone").mkdir(parents=True)
        self.server = f"{network.here}:{server};transport={transport}"
        self._heard = home / "heard.wav"
        shutil.copy(says, home / "says.wav")
        user = agent.user if agent else "4930777"
        encryption, mandatory = ("srtp", 1) if srtp else ("none", 0)
        places = {"sip": 7000 + 10 * number, "rtp": 30_000 + 100 * number}
        config = CONFIG.format(there=network.there, user=user, encryption=encryption, mandatory=mandatory, **places)
        if agent is not None:
            config += ACCOUNT.format(server=self.server, host=f"{network.here}:{server}", user=user, password=agent.password)
        (home / "linphonerc").write_text(config)
        command = ["ip", "netns", "exec", network.name, "linphonec", "-c", str(home / "linphonerc"), "-a"]
        self.said = home / "said.log"
        with self.said.open("wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=os.environ | {"HOME": str(home)})
        self.tell("soundcard use files")
        self.tell(f"play {home / 'says.wav'}")
        self.tell(f"record {self._heard}")
        if agent is not None:
            centre.until("Linphone is registered", lambda: "registered, identity" in self._text(), 15, self._ask)

    def dial(self, number: str) -> None:
        self.tell(f"call sip:{number}@{self.server}")

    def hang_up(self) -> None:
        self.tell("terminate")

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def wait(self, text: str, seconds: float = 15) -> None:
        """Waits until it has said this."""
        centre.until(f"Linphone says {text!r}", lambda: text in self._text(), seconds)

    def heard(self) -> Sound:
        """What it heard in its last call, once that is over."""
        # Its header counts itself among the samples, so nobody else believes the file: 8 kHz, mono, 44 bytes of header.
        samples = array("h", self._heard.read_bytes()[44:])
        return Sound(sound.RATE, [samples])

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.tell("quit")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError):
            assert self.process.stdin is not None
            self.process.stdin.close()

    def _ask(self) -> None:
        self.tell("status register")
        time.sleep(0.2)

    def _text(self) -> str:
        return self.said.read_text(errors="replace")
