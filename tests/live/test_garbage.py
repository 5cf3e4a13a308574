"""Nonsense at every port does not hurt a call, nor the server."""

from __future__ import annotations

import random
import socket

import centre
import phones
import sound
from centre import LiveTest
from phones import Phone

SEED = 20_261_122


class Garbage(LiveTest):
    def test_a_running_call_is_unharmed(self) -> None:
        agent = Phone(self.server.internal, self.server.agents[0])
        caller = Phone(self.server.external)
        self.addCleanup(agent.close)
        self.addCleanup(caller.close)
        agent.plays = sound.write(self.files / "880.wav", sound.tone(880, 5))
        caller.plays = sound.write(self.files / "440.wav", sound.tone(440, 5))
        outside = caller.dial("5000")
        inside = agent.next_call()
        phones.wait("both are up", lambda: outside.is_up and inside.is_up)
        phones.live(1)
        dice = random.Random(SEED)
        for _ in range(6):
            self.throw_at_sip(dice)
            self.throw_at_rtp(dice)
            phones.live(0.5)
        self.assertTrue(outside.is_up and inside.is_up)
        outside.hang_up()
        phones.wait("both are over", lambda: outside.is_over and inside.is_over)
        stereo = sound.read(self.recorded()[0].stereo)
        for channel, frequency in ((0, 440), (1, 880)):
            share = sound.mostly(stereo.part(0.5, stereo.seconds - 0.5, channel), frequency)
            self.assertGreater(share, 0.8, f"{frequency} Hz alone is recorded")
        self.assertTrue(self.server.is_running())
        self.assertEqual(self.server.get("/healthz")[0], 200)
        self.assertIn("200", centre.invite(self.server.external, "9196").splitlines()[0])

    def throw_at_sip(self, dice: random.Random) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thrower:
            for port in (self.server.internal, self.server.external):
                for message in nonsense(dice, port):
                    thrower.sendto(message[:65_000], ("127.0.0.1", port))
        for message in nonsense(dice, self.server.external):
            with socket.create_connection(("127.0.0.1", self.server.external), timeout=5) as stream:
                # The server may well hang up on this.
                try:
                    stream.sendall(message)
                except OSError:
                    pass

    def throw_at_rtp(self, dice: random.Random) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thrower:
            for port in self.server.rtp:
                rtp = bytes([0x80, dice.choice([0, 8, 101, 127])]) + dice.randbytes(10 + 160)
                for packet in (rtp, dice.randbytes(dice.randrange(200)), b"", b"\x80", rtp[:11]):
                    # A port nobody listens on answers with ICMP, which the next call reports.
                    try:
                        thrower.sendto(packet, ("127.0.0.1", port))
                    except OSError:
                        pass


def nonsense(dice: random.Random, port: int) -> list[bytes]:
    """Messages that no phone sends."""
    good = (
        f"INVITE sip:5000@127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK{dice.random()}\r\n"
        f"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: {dice.random()}\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
        "Contact: <sip:a@127.0.0.1:9>\r\nContent-Length: 0\r\n\r\n"
    ).encode()
    mutated = bytearray(good)
    for _ in range(12):
        mutated[dice.randrange(len(mutated))] = dice.randrange(256)
    return [
        dice.randbytes(dice.randrange(1, 1500)),
        b"",
        b"\r\n\r\n",
        b"\x00" * 60_000,
        good[: dice.randrange(len(good))],
        bytes(mutated),
        good.replace(b"Content-Length: 0", b"Content-Length: 99999999999999999999"),
        good.replace(b"Content-Length: 0", b"Content-Length: -1"),
        good.replace(b"Max-Forwards", b"X-Long: " + b"a" * 60_000 + b"\r\nMax-Forwards"),
        good.replace(b"tag=1", b"tag=" + b";,\"\\" * 12_000),
        good.replace(b"CSeq: 1 INVITE", b"CSeq: 99999999999 BYE"),
        b"SIP/2.0 200 OK\r\nVia: nothing\r\n\r\n",
    ]
