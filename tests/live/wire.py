"""A caller and a far network on bare sockets: of every packet they know when the kernel sent it on its way or had it."""

from __future__ import annotations

import contextlib
import itertools
import re
import socket
import struct
import threading
import time

import sound

_numbers = itertools.count(1)

#: Packets of 20 ms in μ-law.
BEAT, BYTES = 0.02, 160
#: Linux: with each packet comes when it came.
SO_TIMESTAMPNS = 35


class Line:
    """A socket that knows when each packet came, on the wall clock."""

    def __init__(self, port: int = 0) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind(("127.0.0.1", port))
        self.port: int = self.socket.getsockname()[1]

    def hear(self, seconds: float) -> tuple[float, bytes, tuple[str, int]] | None:
        """The next packet: when it came, what it is, and from where; nothing if none comes in time."""
        self.socket.settimeout(seconds)
        try:
            data, about, _, source = self.socket.recvmsg(65_536, 256)
        except (BlockingIOError, TimeoutError):
            return None
        stamps = [struct.unpack("qq", stamp[:16]) for _, kind, stamp in about if kind == SO_TIMESTAMPNS]
        seconds, nanoseconds = stamps[0]
        return seconds + nanoseconds / 1e9, data, source

    def close(self) -> None:
        self.socket.close()


class Ear:
    """A port of our own for RTP, and what has come there."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.1)
        self.port: int = self.socket.getsockname()[1]
        #: When each packet came: sound in μ-law, and telephone events.
        self.heard: list[float] = []
        self.samples: list[int] = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._listen)
        self.thread.start()

    def __enter__(self) -> Ear:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.over.set()
        self.thread.join()
        self.socket.close()

    def spells(self, gap: float = 0.35) -> list[int]:
        """How many packets came in each spell between two silences; a spell has five at least."""
        spells: list[int] = []
        last = float("-inf")
        for at in self.heard:
            if at - last > gap:
                spells.append(0)
            spells[-1] += 1
            last = at
        return [packets for packets in spells if packets >= 5]

    def _listen(self) -> None:
        while not self.over.is_set():
            with contextlib.suppress(TimeoutError):
                packet = self.socket.recv(2048)
                # RTCP may share the port, and is no sound.
                kind = packet[1] & 0x7F
                if kind in (0, 101):
                    self.heard.append(time.monotonic())
                if kind == 0:
                    self.samples += sound.ulaw(packet[12:])


class Party:
    """One end of one call over UDP, with media in μ-law."""

    def __init__(self, port: int = 0) -> None:
        self.sip, self.rtp = Line(port), Line()
        self.number = next(_numbers)
        self.server = ("127.0.0.1", 0)
        self.media = ("127.0.0.1", 0)

    def close(self) -> None:
        self.sip.close()
        self.rtp.close()

    def next(self, begins: str, seconds: float = 10) -> tuple[float, str]:
        """Waits for a message that begins like this, and passes over others."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if (heard := self.sip.hear(left)) is not None and heard[1].decode(errors="replace").startswith(begins):
                self.server = heard[2]
                return heard[0], heard[1].decode()
        raise AssertionError(f"{begins} did not come in {seconds:g} s")

    def say(self, text: str, body: str = "") -> None:
        kind = "Content-Type: application/sdp\r\n" if body else ""
        text = f"{text}{kind}Content-Length: {len(body)}\r\n\r\n{body}"
        self.sip.socket.sendto(text.encode(), self.server)

    def contact(self) -> str:
        return f"Contact: <sip:party@127.0.0.1:{self.sip.port}>\r\n"

    def sdp(self) -> str:
        lines = ("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", f"m=audio {self.rtp.port} RTP/AVP 0", "a=rtpmap:0 PCMU/8000")
        return "".join(f"{line}\r\n" for line in lines)

    def agrees(self, message: str) -> None:
        """Whoever has described their media like this is spoken to there."""
        found = re.search(r"^m=audio (\d+)", message, re.MULTILINE)
        assert found, "no audio is described"
        self.media = ("127.0.0.1", int(found[1]))

    def reply(self, request: str, status: str, body: str = "") -> None:
        kept = [line for line in request.split("\r\n") if line.lower().startswith(("via:", "from:", "to:", "call-id:", "cseq:"))]
        tagged = [f"{line};tag=party{self.number}" if line.lower().startswith("to:") and ";tag=" not in line else line for line in kept]
        self.say(f"SIP/2.0 {status}\r\n" + "".join(f"{line}\r\n" for line in tagged) + self.contact(), body)

    def speak(self, octet: int, seconds: float) -> float:
        """Sends packets full of this octet, and says when the first was sent."""
        first = time.time()
        for index in range(round(seconds / BEAT)):
            time.sleep(max(0.0, first + index * BEAT - time.time()))
            header = struct.pack("!BBHII", 0x80, 0, index, BYTES * index, self.number)
            self.rtp.socket.sendto(header + bytes([octet]) * BYTES, self.media)
        return first

    def heard(self) -> list[tuple[float, bytes]]:
        """What has come so far: when, and the sound."""
        packets = []
        while (packet := self.rtp.hear(0)) is not None:
            packets.append((packet[0], packet[1][12:]))
        return packets


class Caller(Party):
    """Calls a number of the server."""

    def dial(self, port: int, number: str) -> None:
        self.server = ("127.0.0.1", port)
        self.uri = f"sip:{number}@127.0.0.1:{port}"
        self.to = f"To: <{self.uri}>"
        self._ask("INVITE", 1, self.sdp())
        _, answer = self.next("SIP/2.0 200")
        found = re.search(r"^To:.*$", answer, re.MULTILINE)
        assert found, "an answer to nobody"
        self.to = found[0].strip()
        self._ask("ACK", 1)
        self.agrees(answer)

    def hang_up(self) -> None:
        self._ask("BYE", 2)
        self.next("SIP/2.0 200")

    def _ask(self, method: str, number: int, body: str = "") -> None:
        self.say(
            f"{method} {self.uri} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.sip.port};branch=z9hG4bK{method}{self.number}{time.time_ns()};rport\r\n"
            f"From: <sip:+4930111@127.0.0.1>;tag=caller{self.number}\r\n{self.to}\r\n"
            f"Call-ID: wire-{self.number}-{self.sip.port}\r\nCSeq: {number} {method}\r\nMax-Forwards: 70\r\n{self.contact()}",
            body,
        )


class FarNetwork(Party):
    """Is called, speaks before the answer, and answers."""

    def invited(self) -> float:
        """Waits for the call, and says when it came."""
        came, self.invite = self.next("INVITE")
        self.agrees(self.invite)
        self.reply(self.invite, "100 Trying")
        return came

    def progresses(self) -> None:
        self.reply(self.invite, "183 Session Progress", self.sdp())

    def answers(self) -> None:
        self.reply(self.invite, "200 OK", self.sdp())
        self.next("ACK")

    def is_left(self) -> None:
        _, bye = self.next("BYE")
        self.reply(bye, "200 OK")
