"""SIPVicious (svmap, svwar, svcrack) against the phones' listener: it finds no user and no password, and a registered phone
of the same address calls on, with clean sound."""

from __future__ import annotations

import shutil
import subprocess
import unittest

import phones
import sound
from centre import Agent, ConfiguredServer, LiveTest, until
from phones import Phone

# The 43rd of those that svcrack tries.
WEAK = Agent("1001", "10000042", "Ada")


class Phones(ConfiguredServer):
    """One that answers scanners, so that there is something to be seen."""

    people = (WEAK, Agent("1002", "a password of 1002", "Ben"))

    def sections(self) -> str:
        listener = f'[[listener]]\nprofile = "internal"\nbind = "127.0.0.1:{self.internal}"\n'
        return f"[sip]\ndrop_scanners = false\n{listener}"


class Silent(Phones):
    """As it comes: programs that call themselves scanners get no answer."""

    def sections(self) -> str:
        return super().sections().replace("drop_scanners = false", "drop_scanners = true")


@unittest.skipUnless(shutil.which("svwar"), "SIPVicious is missing (apt install sipvicious)")
class Scanners(LiveTest):
    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Phones().start()
        cls.addClassCleanup(cls.server.remove)

    def test_nothing_is_found_and_a_registered_phone_calls_on(self) -> None:
        agent = Phone(self.server.internal, self.server.agents[1])
        caller = Phone(self.server.external)
        self.addCleanup(agent.close)
        self.addCleanup(caller.close)
        agent.plays = sound.write(self.files / "880.wav", sound.tone(880, 10))
        caller.plays = sound.write(self.files / "440.wav", sound.tone(440, 10))
        outside = caller.dial("5000")
        inside = agent.next_call()
        phones.wait("both are up", lambda: outside.is_up and inside.is_up)
        for method in ("REGISTER", "OPTIONS", "INVITE"):
            said = scan("svwar", "-m", method, "-e", "995-1010", "127.0.0.1", "-p", self.server.internal, "--force")
            for user in range(995, 1011):
                self.assertNotIn(f"| {user} ", said, f"svwar -m {method}")
        said = scan("svcrack", "-u", WEAK.user, "-r", "10000000-10000100", "127.0.0.1", "-p", self.server.internal)
        self.assertNotIn(WEAK.password, said)
        until("the guesser is banned", lambda: self.server.metric("cordboard_sip_bans_total") == 1)
        self.assertTrue(outside.is_up and inside.is_up)
        outside.hang_up()
        phones.wait("both are over", lambda: outside.is_over and inside.is_over)
        stereo = sound.read(self.recorded()[0].stereo)
        for channel, frequency in ((0, 440), (1, 880)):
            share = sound.mostly(stereo.part(0.5, stereo.seconds - 0.5, channel), frequency)
            self.assertGreater(share, 0.9, f"{frequency} Hz alone is recorded")
        again = caller.dial("5000")
        answered = agent.next_call(40)
        phones.wait("they talk again, although the address is banned", lambda: again.is_up and answered.is_up)
        self.assertIn("is not heard for 300 s", self.server.said())
        self.assertNotIn(WEAK.password, self.server.said())


@unittest.skipUnless(shutil.which("svmap"), "SIPVicious is missing (apt install sipvicious)")
class NamedScanners(LiveTest):
    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Silent().start()
        cls.addClassCleanup(cls.server.remove)

    def test_who_calls_itself_a_scanner_sees_nothing_at_all(self) -> None:
        for method in ("OPTIONS", "REGISTER", "INVITE"):
            said = scan("svmap", "-m", method, "127.0.0.1", "-p", self.server.internal)
            self.assertNotIn(f"127.0.0.1:{self.server.internal}", said, method)
        self.assertGreater(self.server.metric("cordboard_sip_messages_dropped_total"), 0)


def scan(*words: object) -> str:
    """What a scanner says; one that finds nothing may wait for ever."""
    process = subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    patience = 20.0
    try:
        # The phones live meanwhile.
        until(f"{words[0]} ends", lambda: process.poll() is not None, patience, lambda: phones.live(0.05))
    except AssertionError:
        process.terminate()
    said, _ = process.communicate(timeout=5)
    return said.decode(errors="replace")
