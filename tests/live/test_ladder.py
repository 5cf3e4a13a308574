"""What SIP said, as a ladder, as a capture file that tshark reads, and as sngrep gets it by HEP."""

from __future__ import annotations

import json
import shutil
import subprocess
import unittest
from collections import Counter
from pathlib import Path

import phones
from centre import BINARY, ConfiguredServer, LiveTest, Sipp, raw_tone, until
from phones import Phone
from ports import spare_port


def methods(capture: Path) -> Counter[str]:
    """Requests by method and responses by status, as tshark dissects them."""
    fields = ["-e", "sip.Method", "-e", "sip.Status-Code"]
    command = ["tshark", "-r", str(capture), "-Y", "sip", "-T", "fields", *fields]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Counter(line.strip() for line in done.stdout.splitlines())


class TracedServer(ConfiguredServer):
    """Phones over UDP and TCP; all that SIP says goes to a capture server, too."""

    def __init__(self) -> None:
        super().__init__()
        self.hep = spare_port()

    def sections(self) -> str:
        return f"""
[[listener]]
profile = "internal"
bind = "127.0.0.1:{self.internal}"
[hep]
server = "127.0.0.1:{self.hep}"
capture_id = 2001
"""


MISSING = [tool for tool in ("tshark", "sngrep") if shutil.which(tool) is None]


@unittest.skipIf(MISSING, f"not installed: {', '.join(MISSING)}")
class Ladder(LiveTest):
    """A caller over UDP (SIPp), an agent over TCP (PJSIP)."""

    server: TracedServer

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = TracedServer().start()
        cls.addClassCleanup(cls.server.remove)

    def ladder(self, *words: object, fine: bool = True, port: int = 0) -> str:
        command = [BINARY, "ladder", "--http", f"127.0.0.1:{port or self.server.http}", *words]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode == 0, fine, done.stderr)
        return done.stdout if fine else done.stderr

    def call(self) -> str:
        """A call from beginning to end; its id."""
        agent = Phone(self.server.internal, self.server.agents[0], transport="tcp")
        self.addCleanup(agent.close)
        raw_tone(self.files / "tone.ul")
        before = len(self.server.calls())
        caller = Sipp("caller", self.server.external, "5000", self.files, "-d", "3000")
        inside = agent.next_call(15)
        phones.wait("both talk", lambda: inside.is_up)
        phones.wait("the caller has hung up", lambda: inside.is_over, 15)
        caller.wait()
        record = phones.wait("the call's record", lambda: self.server.calls()[before:])[0]
        return str(record["id"])

    def test_a_call_is_shown_exported_and_sent(self) -> None:
        sent = self.files / "hep.pcap"
        listen = f"udp:127.0.0.1:{self.server.hep}"
        command = ["sngrep", "-F", "-N", "-q", "-L", listen, "-O", str(sent)]
        receiver = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.addCleanup(receiver.wait)
        self.addCleanup(receiver.kill)
        call = self.call()

        until("both have answered the BYE", lambda: self.ladder(call).count(" BYE)") == 2)
        text = self.ladder(call)
        self.assertEqual(text, self.ladder("--last"))
        self.assertIn(f"Call {call}", text)
        for words in ("customer 49301234567", "agent 1001", " INVITE (1) ", "200 OK (1 INVITE)", "BYE"):
            self.assertIn(words, text)
        self.assertLessEqual(max(map(len, text.splitlines())), 100)
        self.ladder(call, "--ascii").encode("ascii")
        self.assertIn(call, self.ladder("--list"))

        ladder = json.loads(self.ladder(call, "--json"))
        steps = ladder["steps"]
        self.assertEqual(steps, sorted(steps, key=lambda step: step["at"]))
        for leg in self.server.calls()[-1]["legs"]:
            self.assertEqual(json.loads(self.ladder("--json", "--", leg["sip_call_id"])), ladder)
        expected: Counter[str] = Counter()
        for step in steps:
            word = step["message"].split(" ")[0]
            word = step["message"].split(" ")[1] if word == "SIP/2.0" else word
            expected[word] += 1 + len(step["again"])

        capture = self.files / "call.pcapng"
        self.ladder(call, "--pcap", capture)
        self.assertEqual(methods(capture), expected)
        transports = {step["transport"] for step in steps}
        self.assertEqual(transports, {"UDP", "TCP"})
        bad = ["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"]
        wrong = "ip.checksum.status == 0 || udp.checksum.status == 0 || tcp.checksum.status == 0 || tcp.analysis.flags"
        found = subprocess.run(
            ["tshark", "-r", str(capture), *bad, "-Y", wrong], capture_output=True, text=True, check=True
        )
        self.assertEqual(found.stdout, "", "checksums and sequence numbers are right")

        def everything_came() -> bool:
            # The file is written as the messages come; the registration is in it, too.
            return sent.exists() and all(methods(sent)[word] >= count for word, count in expected.items())

        until("sngrep has written all of the call", everything_came, 15)
        self.assertGreaterEqual(self.server.metric("cordboard_hep_messages_sent_total"), sum(expected.values()))
        self.assertEqual(self.server.metric("cordboard_hep_messages_dropped_total"), 0)

    def test_no_secret_is_shown(self) -> None:
        agent = Phone(self.server.internal, self.server.agents[0])
        self.addCleanup(agent.close)
        listed = self.ladder("--list")
        registration = next(line for line in listed.splitlines() if "REGISTER" in line)
        name = registration.split()[2]
        full = self.ladder("--full", "--", name)
        self.assertRegex(full, r'response="\*{32,64}"')

    def test_what_is_not_known_is_told_with_the_mend(self) -> None:
        self.assertIn("the id of a call, or a Call-ID", self.ladder("nobody", fine=False))
        self.assertIn("no server at", self.ladder("nobody", fine=False, port=spare_port()))
