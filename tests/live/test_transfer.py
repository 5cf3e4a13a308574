"""Calls that agents pass on with their phones: a real phone says REFER, and the customer talks to a number outside."""

from __future__ import annotations

import pjsua2 as pj

import phones
import sound
from centre import ConfiguredServer, LiveTest, spare_port, until
from phones import Phone

OUTSIDE = "+4930777"


class TransferServer(ConfiguredServer):
    """A server with one carrier, at this port of loopback."""

    def __init__(self) -> None:
        super().__init__()
        self.carrier = spare_port()

    def sections(self) -> str:
        return f"""
[[listener]]
profile = "internal"
bind = "127.0.0.1:{self.internal}"
[[trunk]]
name = "carrier"
server = "127.0.0.1:{self.carrier}"
options_s = 0
[[outbound]]
number = "+*"
trunks = ["carrier"]
"""


class ByPhone(LiveTest):
    """Ada's phone passes calls on."""

    server: TransferServer

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = TransferServer()
        cls.server.start()
        cls.addClassCleanup(cls.server.remove)

    def phone(self, name: str, tone: int, phone: Phone) -> Phone:
        self.addCleanup(phone.close)
        phone.plays = sound.write(self.files / f"{tone}.wav", sound.tone(tone, 20))
        phone.records = self.files / f"{name}.wav"
        return phone

    def setUp(self) -> None:
        super().setUp()
        self.ada = self.phone("agent", 880, Phone(self.server.internal, self.server.agents[0]))
        self.customer = self.phone("customer", 440, Phone(self.server.external))
        self.outside = self.phone("outside", 660, Phone(self.server.external, user=OUTSIDE, port=self.server.carrier))
        self.call = self.customer.dial("100")
        self.first = self.ada.next_call()
        phones.wait("they talk", lambda: self.call.is_up and self.first.is_up)
        phones.live(2)

    def assert_passed_on(self) -> None:
        """Customer and number hear each other, and only what was said before is recorded."""
        phones.live(3)
        self.assertTrue(self.first.is_over, "the agent is free")
        self.call.hang_up()
        phones.wait("all is over", lambda: self.call.is_over and all(call.is_over for call in self.outside.calls))
        heard = phones.heard(self.files / "customer.wav").channels[0]
        self.assertGreater(sound.best_second(heard, 660), 0.9, "the customer hears the number")
        said = phones.heard(self.files / "outside.wav").channels[0]
        self.assertGreater(sound.best_second(said, 440), 0.9, "the number hears the customer")
        until("the records are written", self.server.is_settled)
        calls = [call for call in self.server.calls() if call["direction"] == "inbound"]
        transfer = calls[-1]["transfers"][-1]
        self.assertEqual((transfer["to"], transfer["outcome"]), ({"number": OUTSIDE}, "taken"))

    def test_a_blind_refer(self) -> None:
        self.first.xfer(f"sip:{OUTSIDE}@127.0.0.1:{self.server.internal}", pj.CallOpParam())
        taken = self.outside.next_call()
        phones.wait("they talk", lambda: taken.is_up)
        self.assert_passed_on()
