"""SIP and sound over IPv6: each transport on ::1, beside IPv4 on the same port; sound between the two."""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time

import phones
import sound
from centre import ConfiguredServer, LiveTest, raw_tone
from phones import Phone
from ports import spare_port

CALLER = "[::1]"


class DualServer(ConfiguredServer):
    """Callers by both families, and phones over TLS by IPv6."""

    def __init__(self) -> None:
        super().__init__()
        self.tls = spare_port()
        self.network = '127.0.0.0/8", "::1/128'

    def media_keys(self) -> str:
        return 'address = "::"\nadvertised = "127.0.0.1"\nalso_advertised = "::1"'

    def sections(self) -> str:
        return f"""
[[listener]]
profile = "internal"
bind = "127.0.0.1:{self.internal}"
[[listener]]
profile = "external"
name = "external-v6"
bind = "[::1]:{self.external}"
[[listener]]
profile = "internal"
name = "internal-v6"
transports = ["tls"]
bind = "[::1]:{self.tls}"
"""


class Ipv6(LiveTest):
    server: DualServer

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = DualServer().start()
        cls.addClassCleanup(cls.server.remove)

    def test_udp_and_tcp_answer_with_the_address_in_brackets(self) -> None:
        address = ("::1", self.server.external)
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as udp:
            udp.settimeout(5)
            udp.bind(("::1", 0))
            udp.sendto(invite("UDP", udp.getsockname()[1]), address)
            answer = final(lambda: udp.recv(65_535))
        self.check(answer, "UDP")
        with socket.create_connection(address, timeout=5) as tcp:
            tcp.sendall(invite("TCP", tcp.getsockname()[1]))
            answer = final(lambda: tcp.recv(65_535))
        self.check(answer, "TCP")

    def check(self, answer: str, transport: str) -> None:
        contact = rf"\r\nContact: <sip:\[::1\]:{self.server.external}(;transport=tcp)?>\r\n"
        self.assertRegex(answer, contact)
        self.assertRegex(answer, rf"\r\nVia: SIP/2.0/{transport} \[::1\]:\d+;.*received=")

    def test_tls_is_served_and_ipv4_is_so_beside_it(self) -> None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        address = ("::1", self.server.tls)
        with socket.create_connection(address, timeout=5) as stream, context.wrap_socket(stream) as tls:
            tls.sendall(request("OPTIONS", "TLS", tls.getsockname()[1], ""))
            self.assertRegex(tls.recv(65_535).decode(), r"^SIP/2.0 200 ")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(5)
            udp.bind(("127.0.0.1", 0))
            udp.sendto(request("OPTIONS", "UDP", udp.getsockname()[1], ""), ("127.0.0.1", self.server.external))
            self.assertRegex(udp.recv(65_535).decode(), r"^SIP/2.0 200 ")


    def test_a_caller_of_ipv6_and_an_agent_of_ipv4_hear_each_other(self) -> None:
        agent = Phone(self.server.internal, self.server.agents[0])
        self.addCleanup(agent.close)
        agent.plays = sound.write(self.files / "880.wav", sound.tone(880, 10))
        agent.records = self.files / "agent.wav"
        with Caller(raw_tone(self.files / "440.al", "al").read_bytes()) as caller:
            caller.call(self.server.external)
            call = agent.next_call(30)
            phones.wait("the agent talks", lambda: call.is_up)
            phones.live(3)
            call.hang_up()
            phones.wait("the call is over", lambda: call.is_over)
            spoken = sound.mostly(caller.heard(), 880)
        heard = phones.heard(self.files / "agent.wav").channels[0]
        self.assertGreater(sound.best_second(heard, 440), 0.8, "the agent hears the caller")
        self.assertGreater(spoken, 0.3, "the caller hears the agent")


class Caller:
    """Somebody who has IPv6 alone, and speaks A-law."""

    def __init__(self, voice: bytes) -> None:
        self.voice = voice
        self.sip = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.rtp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        for each in (self.sip, self.rtp):
            each.settimeout(5)
            each.bind(("::1", 0))
        self.got: list[bytes] = []
        self.over = threading.Event()
        self.threads: list[threading.Thread] = []

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()
        self.sip.close()
        self.rtp.close()

    def call(self, port: int) -> None:
        """Calls, and speaks and listens from then on."""
        ours, server = self.sip.getsockname()[1], ("::1", port)
        offer = described("IP6 ::1", self.rtp.getsockname()[1])
        self.sip.sendto(request("INVITE", "UDP", ours, offer), server)
        answer = final(lambda: self.sip.recv(65_535))
        assert answer.startswith("SIP/2.0 200 "), answer
        to = re.search(r"\r\nTo: (.*)\r\n", answer)
        there = re.search(r"c=IN IP6 ::1\r\n.*m=audio (\d+) ", answer, re.DOTALL)
        assert to is not None and there is not None, answer
        ack = request("ACK", "UDP", ours, "").replace(b"To: <sip:100@[::1]>", f"To: {to[1]}".encode())
        self.sip.sendto(ack.replace(b"branch=z9hG4bK", b"branch=z9hG4bKack"), server)
        self.threads = [
            threading.Thread(target=self._speak, args=(("::1", int(there[1])),)),
            threading.Thread(target=self._listen),
            threading.Thread(target=self._answer),
        ]
        for thread in self.threads:
            thread.start()

    def heard(self) -> list[int]:
        """What has come, as samples."""
        return [expanded(byte) for packet in self.got for byte in packet]

    def _speak(self, to: tuple[str, int]) -> None:
        begun = time.monotonic()
        for number in range(len(self.voice) // 160):
            if self.over.wait(max(begun + number / 50 - time.monotonic(), 0)):
                return
            head = bytes([0x80, 8]) + number.to_bytes(2, "big") + (160 * number).to_bytes(4, "big") + b"cord"
            self.rtp.sendto(head + self.voice[160 * number : 160 * number + 160], to)

    def _listen(self) -> None:
        self.rtp.settimeout(0.1)
        while not self.over.is_set():
            try:
                packet = self.rtp.recv(2048)
            except TimeoutError:
                continue
            if packet[1] & 0x7F == 8:
                self.got.append(packet[12:])

    def _answer(self) -> None:
        """Says 200 to whatever is asked: the BYE."""
        self.sip.settimeout(0.1)
        while not self.over.is_set():
            try:
                asked, whom = self.sip.recvfrom(65_535)
            except TimeoutError:
                continue
            if not asked.startswith(b"SIP/2.0"):
                lines = asked.decode().split("\r\n")
                kept = [line for line in lines if line.startswith(("Via:", "From:", "To:", "Call-ID:", "CSeq:"))]
                said = ["SIP/2.0 200 OK", *kept, "Content-Length: 0", "", ""]
                self.sip.sendto("\r\n".join(said).encode(), whom)


def expanded(byte: int) -> int:
    """A byte of A-law as a sample (ITU-T G.711)."""
    byte ^= 0x55
    exponent, mantissa = byte >> 4 & 7, byte & 15
    size = (2 * mantissa + 33) << (exponent - 1) if exponent else 2 * mantissa + 1
    return 8 * size if byte & 0x80 else -8 * size


def invite(transport: str, port: int) -> bytes:
    return request("INVITE", transport, port, described("IP4 127.0.0.1", 40_000))


def described(address: str, port: int) -> str:
    return (
        f"v=0\r\no=- 1 1 IN {address}\r\ns=-\r\nc=IN {address}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
    )


def request(method: str, transport: str, port: int, body: str) -> bytes:
    kind = "Content-Type: application/sdp\r\n" if body else ""
    text = (
        f"{method} sip:100@[::1] SIP/2.0\r\nVia: SIP/2.0/{transport} {CALLER}:{port};rport;branch=z9hG4bK{transport}{port}\r\n"
        f"Max-Forwards: 70\r\nFrom: <sip:alice@{CALLER}>;tag={port}\r\nTo: <sip:100@[::1]>\r\nCall-ID: {transport}{port}\r\n"
        f"CSeq: 1 {method}\r\nContact: <sip:alice@{CALLER}:{port}>\r\n{kind}Content-Length: {len(body)}\r\n\r\n{body}"
    )
    return text.encode()


def final(receive) -> str:
    """The first answer that is final, with what follows it; over a stream it may come together with those before."""
    text = ""
    while not (found := re.search(r"SIP/2.0 [2-6]\d\d .*\r\n\r\n", text, re.DOTALL)):
        text += receive().decode()
    return text[found.start() :]
