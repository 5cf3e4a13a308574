"""Carriers: we register with them, prove who we are, and tell nobody else; both ways of a call, with sound."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import kamailio
import phones
import sound
from centre import Agent, ConfiguredServer, LiveTest, Sipp, raw_tone, until
from kamailio import Kamailio
from phones import Phone
from ports import spare_port

NUMBER = "4930777"
WITHOUT_KAMAILIO = kamailio.why_not()


class CarrierServer(ConfiguredServer):
    """A server with one carrier, at this port of loopback."""

    def __init__(self, carrier: int, options_s: int = 0) -> None:
        super().__init__()
        self.carrier = carrier
        self.options_s = options_s

    def sections(self) -> str:
        return f"""
[[listener]]
profile = "internal"
bind = "127.0.0.1:{self.internal}"
[[trunk]]
name = "carrier"
server = "127.0.0.1:{self.carrier}"
user = "{NUMBER}"
password = "{kamailio.PASSWORD}"
realms = ["{kamailio.REALM}"]
register = true
expires_s = 60
from_domain = "{kamailio.REALM}"
options_s = {self.options_s}
caller_id = "+{NUMBER}"
[[outbound]]
number = "+*"
trunks = ["carrier"]
"""


@unittest.skipIf(WITHOUT_KAMAILIO, WITHOUT_KAMAILIO)
class AtKamailio(LiveTest):
    """A proxy and registrar that we did not write, as carriers have it."""

    server: CarrierServer
    carrier: Kamailio

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory(prefix="cordboard-kamailio-")
        cls.addClassCleanup(folder.cleanup)
        cls.carrier = Kamailio(Path(folder.name), NUMBER)
        cls.addClassCleanup(cls.carrier.close)
        cls.server = CarrierServer(cls.carrier.port, 5)
        cls.server.start()
        cls.addClassCleanup(cls.server.remove)
        until("it is asked for its health", lambda: cls.carrier.said("asked for its health") > 1)
        until("we are registered", lambda: cls.carrier.said(f"registers {NUMBER} for 60 s"))

    def setUp(self) -> None:
        super().setUp()
        self.agent = Phone(self.server.internal, self.server.agents[0])
        self.addCleanup(self.agent.close)
        self.agent.plays = sound.write(self.files / "880.wav", sound.tone(880, 10))
        self.agent.records = self.files / "agent.wav"

    def outside(self, agent: Agent | None = None) -> Phone:
        """Somebody else's phone at the carrier."""
        phone = Phone(self.carrier.port, agent)
        self.addCleanup(phone.close)
        phone.plays = sound.write(self.files / "440.wav", sound.tone(440, 10))
        phone.records = self.files / "outside.wav"
        return phone

    def assert_heard(self) -> None:
        for name, right, wrong in (("agent", 440, 880), ("outside", 880, 440)):
            heard = phones.heard(self.files / f"{name}.wav").channels[0]
            self.assertGreater(sound.best_second(heard, right), 0.9, f"{name}: {right} Hz")
            self.assertLess(sound.best_second(heard, wrong), 0.1, f"{name}: {wrong} Hz")

    def test_a_call_comes_by_our_registration(self) -> None:
        caller = self.outside()
        outside = caller.dial(NUMBER)
        inside = self.agent.next_call(30)
        phones.wait("both are up", lambda: outside.is_up and inside.is_up)
        phones.live(3)
        outside.hang_up()
        phones.wait("both are over", lambda: outside.is_over and inside.is_over)
        self.assert_heard()

    def test_an_agent_calls_out_with_our_password(self) -> None:
        callee = self.outside(Agent("4930555", kamailio.PASSWORD, "Outside"))
        asking = rf"asks \+{NUMBER} for a password"
        asked = self.carrier.said(asking)
        inside = self.agent.dial("+4930555")
        outside = callee.next_call(30)
        phones.wait("both are up", lambda: outside.is_up and inside.is_up)
        phones.live(3)
        inside.hang_up()
        phones.wait("both are over", lambda: outside.is_over and inside.is_over)
        self.assert_heard()
        self.assertEqual(self.carrier.said(asking), asked + 1)


class AtSipp(LiveTest):
    """A registrar that wants this and that; and callers who want what is not theirs."""

    def test_a_registrar_is_given_what_it_asks_for_and_told_when_we_go(self) -> None:
        port = spare_port()
        registrar = Sipp("registrar", spare_port(), NUMBER, self.files, "-p", str(port))
        self.addCleanup(registrar.stop)
        server = CarrierServer(port)
        server.start()
        self.addCleanup(server.remove)
        until("it is content", lambda: (self.files / "registered").exists(), 20)
        server.terminate()
        registrar.wait(20)
        server.exit_code()

    def test_who_challenges_our_bye_is_told_nothing(self) -> None:
        agent = Phone(self.server.internal, self.server.agents[0])
        self.addCleanup(agent.close)
        raw_tone(self.files / "tone.ul")
        caller = Sipp("caller-challenges-bye", self.server.external, "5000", self.files)
        self.addCleanup(caller.stop)
        call = agent.next_call()
        phones.wait("the agent talks", lambda: call.is_up)
        phones.live(1)
        call.hang_up()
        phones.wait("the agent's call is over", lambda: call.is_over)
        caller.wait()
        until("the call is filed", self.server.is_settled)


class TwoCarriers(ConfiguredServer):
    """The first carrier has habits of its own; the second one is for when that fails."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__()
        self.carriers = (first, second)

    def sections(self) -> str:
        first, second = self.carriers
        return f"""
[[listener]]
profile = "internal"
bind = "127.0.0.1:{self.internal}"
[[trunk]]
name = "first"
server = "127.0.0.1:{first}"
reliable_provisionals = "supported"
session_timer_s = 1800
dtmf = "info"
[[trunk]]
name = "second"
server = "127.0.0.1:{second}"
[[outbound]]
number = "+*"
trunks = ["first", "second"]
"""


class CallsOut(LiveTest):
    """What carriers ask of us when we call."""

    def setUp(self) -> None:
        self.first, self.second = spare_port(), spare_port()
        self.server = TwoCarriers(self.first, self.second)
        self.server.start()
        self.addCleanup(self.server.remove)
        super().setUp()
        self.agent = Phone(self.server.internal, self.server.agents[0])
        self.addCleanup(self.agent.close)
        self.agent.plays = sound.write(self.files / "880.wav", sound.tone(880, 10))
        self.agent.records = self.files / "agent.wav"

    @classmethod
    def setUpClass(cls) -> None:
        """Each test has a server of its own."""

    def carrier(self, scenario: str, port: int, *options: str) -> Sipp:
        carrier = Sipp(scenario, self.server.internal, NUMBER, self.files, "-p", str(port), *options)
        self.addCleanup(carrier.stop)
        until("SIPp listens", carrier.listens)
        return carrier

    def test_a_carrier_with_habits_gets_what_it_wants(self) -> None:
        self.echoes("callee-habits", keys="23")

    def echoes(self, scenario: str, port: int = 0, keys: str = "") -> None:
        """The agent calls by a carrier that says this, hears its echo, presses keys, and hangs up."""
        carrier = self.carrier(scenario, port or self.first, "-rtp_echo")
        call = self.agent.dial("+4930555")
        phones.wait("the call is up", lambda: call.is_up, 30)
        phones.live(1)
        if keys:
            call.dialDtmf(keys)
        phones.live(2)
        call.hang_up()
        phones.wait("the call is over", lambda: call.is_over, 20)
        carrier.wait()
        heard = phones.heard(self.files / "agent.wav").channels[0]
        self.assertGreater(sound.best_second(heard, 880), 0.9, "the echo is heard")

    def test_what_a_carrier_changes_before_the_answer_stays_changed(self) -> None:
        self.echoes("callee-early")

    def test_of_two_phones_that_answer_at_once_one_is_talked_to_and_the_other_hung_up_on(self) -> None:
        self.echoes("callee-forks")

    def test_a_cancel_that_crosses_the_answer_ends_in_a_bye(self) -> None:
        carrier = self.carrier("callee-answers-cancel", self.first)
        call = self.agent.dial("+4930555")
        phones.wait("it rings", lambda: call.state == phones.pj.PJSIP_INV_STATE_EARLY, 30)
        call.hang_up()
        phones.wait("the call is over", lambda: call.is_over, 20)
        carrier.wait()
        until("nothing is left", self.server.is_settled)

    def test_where_one_carrier_has_no_room_the_next_is_called(self) -> None:
        busy = self.carrier("callee-busy-trunk", self.first)
        self.echoes("callee", self.second)
        busy.wait()
