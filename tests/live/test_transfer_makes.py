"""Calls that agents pass on by the keys of a phone of another make, blind and after asking: Linphone. All are listened to, and the files looked at."""

from __future__ import annotations

import time
import unittest
from pathlib import Path
from typing import Any

import network
import sound
from baresip import Baresip
from centre import LiveTest, until, way_out
from linphone import Linphone
from network import Network, NetworkServer
from test_transfer import AGENT_TONE, CUSTOMER_TONE, OUTSIDE, OUTSIDE_TONE

WITHOUT_BARESIP, WITHOUT_LINPHONE = network.why_not("baresip"), network.why_not("linphonec")


class LinphoneServer(NetworkServer):
    """One whose calls go out to a carrier at the far end of the cable."""

    carrier = 6660

    def __init__(self, far: Network) -> None:
        super().__init__(far)
        self.far = far

    def sections(self) -> str:
        return super().sections() + way_out(f"{self.far.there}:{self.carrier}")


@unittest.skipIf(WITHOUT_BARESIP or WITHOUT_LINPHONE, WITHOUT_BARESIP or WITHOUT_LINPHONE)
class ByLinphone(LiveTest):
    """Ada's phone is a Linphone; customer and number are baresips."""

    server: LinphoneServer

    @classmethod
    def setUpClass(cls) -> None:
        cls.network = Network()
        cls.addClassCleanup(cls.network.remove)

    def setUp(self) -> None:
        super().setUp()
        self.server = LinphoneServer(self.network)
        self.server.start()
        self.addCleanup(self.server.remove)
        # It takes no call that is for somebody else.
        number = {"user": OUTSIDE, "port": self.server.carrier, "keys": "answermode=auto"}
        self.outside = self.baresip(OUTSIDE_TONE, server=self.server.external, **number)
        self.ada = Linphone(self.network, self.files, self.voice(AGENT_TONE), server=self.server.internal, agent=self.server.agents[0])
        self.addCleanup(self.ada.close)
        self.customer = self.baresip(CUSTOMER_TONE, server=self.server.external)
        self.customer.dial("5000")
        self.customer.wait("CALL_ESTABLISHED")
        self.ada.wait("Media streams established", 30)
        # Its sound may begin late.
        time.sleep(5)

    def voice(self, tone: float) -> Path:
        return sound.write(self.files / f"{tone:g}.wav", sound.tone(tone, 20))

    def baresip(self, tone: float, **kind: Any) -> Baresip:
        phone = Baresip(self.network, self.files, self.voice(tone), **kind)
        self.addCleanup(phone.close)
        return phone

    def assert_passed_on(self) -> None:
        time.sleep(4)
        self.customer.hang_up()
        self.outside.wait("CALL_CLOSED", 30)
        for phone, tone in ((self.customer, OUTSIDE_TONE), (self.outside, CUSTOMER_TONE)):
            heard = phone.heard()
            self.assertGreater(sound.best_second(heard.channels[0], tone, heard.rate), 0.8, f"{tone} Hz is heard")
        [record] = until("the record is written", lambda: [call for call in self.server.calls() if call["direction"] == "inbound"], 15)
        transfer = record["transfers"][-1]
        self.assertEqual((transfer["to"], transfer["outcome"]), ({"number": OUTSIDE}, "taken"))
        [talk] = [files for files in self.recorded() if files.conversation == record["id"]]
        stereo = sound.read(talk.stereo)
        self.assertGreater(sound.best_second(stereo.channels[0], CUSTOMER_TONE, stereo.rate), 0.8)
        self.assertGreater(sound.best_second(stereo.channels[1], AGENT_TONE, stereo.rate), 0.8)
        for channel in stereo.channels:
            self.assertLess(sound.best_second(channel, OUTSIDE_TONE, stereo.rate), 0.1, "R97")

    def test_a_blind_refer(self) -> None:
        self.ada.tell(f"transfer 1 sip:{OUTSIDE}@{self.ada.server}")
        self.outside.wait("CALL_ESTABLISHED", 30)
        self.assert_passed_on()

    def test_an_attended_refer(self) -> None:
        self.ada.tell("pause")
        time.sleep(1)
        self.ada.dial(OUTSIDE)
        self.outside.wait("CALL_ESTABLISHED", 30)
        time.sleep(2)
        self.ada.tell("transfer 1 --to-call 2")
        until("the two talk", lambda: "passes the caller on" in self.server.said(), 20)
        self.assert_passed_on()
