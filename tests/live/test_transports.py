"""A call over TLS whose certificate changes while it is up; and a WebSocket, as a browser opens one."""

from __future__ import annotations

import base64
import os
import signal
import socket
import ssl
import subprocess
from pathlib import Path

import centre
import phones
import sound
from centre import ConfiguredServer, LiveTest
from phones import Phone
from ports import spare_port


class EncryptedServer(ConfiguredServer):
    """Phones over TLS, and browsers' over WebSockets; callers over UDP."""

    def __init__(self) -> None:
        super().__init__()
        self.tls, self.ws = spare_port(), spare_port()

    def sections(self) -> str:
        return "".join(
            f"""
[[listener]]
profile = "internal"
name = "internal-{transport}"
transports = ["{transport}"]
bind = "127.0.0.1:{port}"
"""
            for transport, port in (("tls", self.tls), ("ws", self.ws))
        )

    @property
    def certificate(self) -> Path:
        return self.data / "demo" / "tls" / "certificate.pem"

    def shown(self) -> bytes:
        """The certificate that a new handshake is shown."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with (
            socket.create_connection(("127.0.0.1", self.tls), timeout=5) as stream,
            context.wrap_socket(stream) as encrypted,
        ):
            shown = encrypted.getpeercert(binary_form=True)
        assert shown is not None
        return shown


class Tls(LiveTest):
    """The agent's phone is PJSIP over TLS, with OpenSSL; the caller is PJSIP over UDP."""

    server: EncryptedServer

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = EncryptedServer().start()
        cls.addClassCleanup(cls.server.remove)

    def test_a_phone_over_tls_is_reached_and_heard_and_outlives_its_certificate(self) -> None:
        agent = Phone(self.server.tls, self.server.agents[0], transport="tls")
        caller = Phone(self.server.external)
        self.addCleanup(agent.close)
        self.addCleanup(caller.close)
        agent.plays = sound.write(self.files / "880.wav", sound.tone(880, 5))
        caller.plays = sound.write(self.files / "440.wav", sound.tone(440, 5))
        outside = caller.dial("5000")
        inside = agent.next_call(30)
        phones.wait("both are up", lambda: outside.is_up and inside.is_up)
        self.assertIn("transport=tls", inside.getInfo().remoteContact.lower())

        before = self.server.shown()
        self.replace_certificate()
        after = phones.wait("the new certificate is shown", lambda: self.changed(before))
        self.assertNotEqual(before, after)
        self.server.certificate.write_text("nothing that could be shown")
        assert self.server.process is not None
        self.server.process.send_signal(signal.SIGHUP)
        phones.wait("the bad file is told", lambda: self.server.metric("cordboard_tls_certificates_failing") == 1)
        self.assertEqual(self.server.shown(), after, "the old one stays")

        phones.live(3)
        self.assertTrue(outside.is_up and inside.is_up, "the call goes on")
        # In the dialog, over the connection that was there all the while.
        inside.hang_up()
        phones.wait("both are over", lambda: outside.is_over and inside.is_over)
        stereo = sound.read(self.recorded()[0].stereo)
        for channel, frequency in ((0, 440), (1, 880)):
            share = sound.mostly(stereo.part(0.5, stereo.seconds - 0.5, channel), frequency)
            self.assertGreater(share, 0.8, f"{frequency} Hz is recorded")

    def replace_certificate(self) -> None:
        folder = self.server.certificate.parent
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=new"]
        command += ["-keyout", str(folder / "key.pem"), "-out", str(self.server.certificate)]
        subprocess.run(command, check=True, capture_output=True)
        assert self.server.process is not None
        self.server.process.send_signal(signal.SIGHUP)

    def changed(self, before: bytes) -> bytes | None:
        shown = self.server.shown()
        return shown if shown != before else None

    def test_what_is_not_tls_and_what_says_nothing_is_closed(self) -> None:
        failed = self.server.metric("cordboard_sip_handshakes_failed_total")
        with (
            socket.create_connection(("127.0.0.1", self.server.tls), timeout=20) as plain,
            socket.create_connection(("127.0.0.1", self.server.tls), timeout=20) as silent,
        ):
            plain.sendall(b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n")
            self.assertNotIn(b"SIP/2.0", plain.recv(1000), "an alert at most")
            self.assertEqual(silent.recv(1000), b"", "closed in time")
        metric = "cordboard_sip_handshakes_failed_total"
        centre.until("both are counted", lambda: self.server.metric(metric) == failed + 2)

    def test_a_browser_is_challenged_over_its_websocket(self) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        upgrade = (
            f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{self.server.ws}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: sip\r\n\r\n"
        )
        register = (
            "REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/WS x7f3.invalid;branch=z9hG4bKlive\r\nMax-Forwards: 70\r\n"
            "From: <sip:1001@127.0.0.1>;tag=a\r\nTo: <sip:1001@127.0.0.1>\r\nCall-ID: live\r\nCSeq: 1 REGISTER\r\n"
            "Contact: <sip:1001@x7f3.invalid;transport=ws>\r\n\r\n"
        ).encode()
        with socket.create_connection(("127.0.0.1", self.server.ws), timeout=5) as stream:
            stream.sendall(upgrade.encode())
            answer = b""
            while not answer.endswith(b"\r\n\r\n"):
                answer += stream.recv(1)
            self.assertTrue(answer.startswith(b"HTTP/1.1 101 "), answer)
            # A mask of nothing leaves the text as it is.
            stream.sendall(bytes([0x81, 0xFE, *len(register).to_bytes(2, "big"), 0, 0, 0, 0]) + register)
            answer = stream.recv(65_535)
        self.assertEqual(answer[0], 0x81, "one text")
        self.assertIn(b"SIP/2.0 401 ", answer)
        self.assertIn(b"Via: SIP/2.0/WS x7f3.invalid", answer)
