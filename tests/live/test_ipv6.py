"""SIP over IPv6: each transport on ::1, beside IPv4 on the same port."""

from __future__ import annotations

import re
import socket
import ssl

from centre import ConfiguredServer, LiveTest, spare_port

CALLER = "[::1]"


class DualServer(ConfiguredServer):
    """Callers by both families, and phones over TLS by IPv6."""

    def __init__(self) -> None:
        super().__init__()
        self.tls = spare_port()
        self.network = '127.0.0.0/8", "::1/128'

    def sections(self) -> str:
        return f"""
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


def invite(transport: str, port: int) -> bytes:
    sdp = (
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        "m=audio 40000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
    )
    return request("INVITE", transport, port, sdp)


def request(method: str, transport: str, port: int, body: str) -> bytes:
    kind = "Content-Type: application/sdp\r\n" if body else ""
    text = (
        f"{method} sip:100@[::1] SIP/2.0\r\nVia: SIP/2.0/{transport} {CALLER}:{port};rport;branch=z9hG4bK{transport}{port}\r\n"
        f"Max-Forwards: 70\r\nFrom: <sip:alice@{CALLER}>;tag={port}\r\nTo: <sip:100@[::1]>\r\nCall-ID: {transport}{port}\r\n"
        f"CSeq: 1 {method}\r\nContact: <sip:alice@{CALLER}:{port}>\r\n{kind}Content-Length: {len(body)}\r\n\r\n{body}"
    )
    return text.encode()


def final(receive) -> str:
    """The first answer that is final; over a stream it may come together with those before."""
    text = ""
    while not (found := re.search(r"SIP/2.0 [2-6]\d\d .*\r\n\r\n", text, re.DOTALL)):
        text += receive().decode()
    return found.group()
