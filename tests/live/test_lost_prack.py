"""Reliable provisional responses whose PRACK is lost, on either side of us (RFC 3262), and what is heard meanwhile."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import phones
import sound
from centre import BINARY, ConfiguredServer, LiveTest, Sipp, raw_tone, until, way_out
from phones import Phone
from ports import spare_port
from wire import Ear

NUMBER = "+4930555"
NETWORK_TONE = 350


class OneCarrier(ConfiguredServer):
    """All numbers are reached through one carrier, at a port of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.carrier = spare_port()

    def sections(self) -> str:
        return f"""
[[listener]]
profile = "internal"
bind = "127.0.0.1:{self.internal}"
{way_out(f"127.0.0.1:{self.carrier}", 'reliable_provisionals = "supported"')}
"""


class LostPrack(LiveTest):
    """An agent calls a number whose network speaks before it answers."""

    server: OneCarrier

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = OneCarrier()
        cls.server.start()
        cls.addClassCleanup(cls.server.remove)

    def carrier(self, scenario: str, *options: str) -> Sipp:
        raw_tone(self.files / "network.ul", frequency=NETWORK_TONE)
        carrier = Sipp(scenario, self.server.internal, NUMBER, self.files, "-p", str(self.server.carrier), *options)
        self.addCleanup(carrier.stop)
        until("SIPp listens", carrier.listens)
        return carrier

    def sent(self, begins: str) -> list[dict[str, Any]]:
        """The messages of the last call that we have sent and that begin so."""
        command = [BINARY, "ladder", "--last", "--json", "--http", f"127.0.0.1:{self.server.http}"]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=30, check=True)
        steps = json.loads(done.stdout)["steps"]
        return [step for step in steps if step["from"] == 0 and step["message"].startswith(begins)]

    def assert_times(self, begins: str) -> None:
        """T1, doubled (RFC 3262 §3, RFC 3261 §17.1.2.2): never earlier, and later only as a busy machine is."""
        [step] = self.sent(begins)
        times = [round(at - step["at"], 2) for at in (step["at"], *step["again"])]
        self.assertEqual(len(times), 3, f"{begins}: {times}")
        for at, due in zip(times, (0, 0.5, 1.5), strict=True):
            self.assertGreaterEqual(at, due - 0.02, f"{begins}: {times}")
            self.assertLess(at, due + 0.9, f"{begins}: {times}")

    def test_our_183_comes_again_until_its_prack_and_the_network_is_heard_before_and_after_the_answer(self) -> None:
        carrier = self.carrier("callee-speaks", "-d", "6000")
        ear = Ear()
        self.addCleanup(ear.close)
        agent = self.server.agents[0]
        uri = f"{NUMBER}@127.0.0.1:{self.server.internal}"
        options = ("-auth_uri", uri, "-au", agent.user, "-ap", agent.password, "-d", "3000", "-nr", "-key", "ear", str(ear.port))
        caller = Sipp("caller-lost-prack", self.server.internal, NUMBER, self.files, *options)
        self.addCleanup(caller.stop)
        until("the network is heard", lambda: len(ear.samples) > 8000, 30)
        [prack] = self.sent("SIP/2.0 200")
        self.assertIn(" PRACK\r\n", prack["message"], "the number has not answered")
        caller.wait(40)
        carrier.wait()
        self.assert_times("SIP/2.0 183")
        for what, heard in (("first", ear.samples[:8000]), ("last", ear.samples[-8000:])):
            self.assertGreater(sound.best_second(heard, NETWORK_TONE), 0.9, f"the {what} second")
        until("nothing is left", self.server.is_settled)

    def test_our_prack_comes_again_until_its_answer_and_no_other_is_sent_for_a_183_that_comes_again(self) -> None:
        carrier = self.carrier("callee-lost-prack", "-d", "3000", "-nr")
        phone = Phone(self.server.internal, self.server.agents[0])
        self.addCleanup(phone.close)
        phone.plays = sound.write(self.files / "880.wav", sound.tone(880, 20))
        phone.records = self.files / "agent.wav"
        call = phone.dial(NUMBER)
        phones.wait("the call is up", lambda: call.is_up, 30)
        phones.live(2)
        call.hang_up()
        phones.wait("the call is over", lambda: call.is_over, 20)
        carrier.wait()
        self.assert_times("PRACK ")
        heard = phones.heard(self.files / "agent.wav").channels[0]
        self.assertGreater(sound.best_second(heard, NETWORK_TONE), 0.9, "the network, in the answer that came reliably")
