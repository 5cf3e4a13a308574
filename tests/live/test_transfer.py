"""Calls that agents pass on: by the keys of a phone, blind and after asking, and from a desk in Chromium; and far networks
that speak before the answer, play a busy tone, or answer late. Every party is listened to, and every file is looked at."""

from __future__ import annotations

import time
from typing import Any

import phones
import pjsua2 as pj
import sound
from centre import Agent, ConfiguredServer, LiveTest, Sipp, raw_tone, until, way_out
from phones import Call, Phone
from ports import spare_port
from sound import Sound
from test_pages import AGENT, AtCentre, Centre

OUTSIDE = "+4930777"
CUSTOMER_TONE, AGENT_TONE, OUTSIDE_TONE, NETWORK_TONE = 440, 880, 660, 350


class TransferServer(ConfiguredServer):
    """A server with two agents and one carrier, at this port of loopback."""

    people = (Agent("1001", "a password of 1001", "Ada"), Agent("1002", "a password of 1002", "Ben"))

    def __init__(self, early_media: bool = True) -> None:
        super().__init__()
        self.carrier = spare_port()
        self.early_media = early_media

    def sections(self) -> str:
        return f"""
[[listener]]
profile = "internal"
bind = "127.0.0.1:{self.internal}"
[transfer]
early_media = {str(self.early_media).lower()}
{way_out(f"127.0.0.1:{self.carrier}")}"""


class Transfers(LiveTest):
    """A customer who talks to Ada, in a server of their own: other calls than one with one recording are left behind here."""

    server: TransferServer

    @classmethod
    def setUpClass(cls) -> None:
        pass

    def begin(self, early_media: bool = True) -> None:
        self.server = TransferServer(early_media)
        self.server.start()
        self.addCleanup(self.server.remove)
        self.ada = self.phone("agent", AGENT_TONE, Phone(self.server.internal, self.server.agents[0]))
        self.customer = self.phone("customer", CUSTOMER_TONE, Phone(self.server.external))
        self.call = self.customer.dial("100")
        self.first = self.ada.next_call()
        phones.wait("they talk", lambda: self.call.is_up and self.first.is_up)
        phones.live(2)

    def phone(self, name: str, tone: int, phone: Phone) -> Phone:
        self.addCleanup(phone.close)
        phone.plays = sound.write(self.files / f"{tone}.wav", sound.tone(tone, 20))
        phone.records = self.files / f"{name}.wav"
        return phone

    def listens_outside(self) -> Phone:
        carrier = Phone(self.server.external, user=OUTSIDE, port=self.server.carrier)
        return self.phone("outside", OUTSIDE_TONE, carrier)

    def heard(self, name: str, tone: int, who: str) -> None:
        samples = phones.heard(self.files / f"{name}.wav").channels[0]
        self.assertGreater(sound.best_second(samples, tone), 0.9, who)

    def records(self) -> list[dict[str, Any]]:
        """All calls, once none goes on and no file is written."""

        def settled() -> list[dict[str, Any]] | None:
            journals = list(self.server.recordings_dir.rglob("*.segment.json"))
            calls = self.server.calls()
            return calls if not journals and any(call["direction"] == "inbound" for call in calls) else None

        return until("the records are written", settled, 30, lambda: phones.live(0.1))

    def transfer_of(self, calls: list[dict[str, Any]]) -> dict[str, Any]:
        inbound = [call for call in calls if call["direction"] == "inbound"]
        transfer: dict[str, Any] = inbound[-1]["transfers"][-1]
        return transfer

    def assert_files(self, *talks: tuple[int, float]) -> None:
        """Of each talk with the customer two files of legs and a stereo file, equally long: the agent's tone, and seconds at most."""
        [call] = [call["id"] for call in self.records() if call["direction"] == "inbound"]
        # A call that the agent made to ask somebody has files of its own.
        found = [files for files in self.recorded(len(talks)) if files.stereo.stem.startswith(call)]
        self.assertEqual(len(found), len(talks))
        for recording, (tone, most) in zip(found, talks, strict=True):
            files = [sound.read(path) for path in recording.sounds]
            self.assertEqual([len(file.channels) for file in files], [2, 1, 1])
            self.assertEqual(len({len(file.channels[0]) for file in files}), 1, "one length")
            self.assertLess(files[0].seconds, most, "R97: not a sample after the transfer")
            for channel, said in ((0, CUSTOMER_TONE), (1, tone)):
                for heard, where in ((files[0].channels[channel], "in stereo"), (files[1 + channel].channels[0], "alone")):
                    share = sound.best_second(heard, said, files[0].rate)
                    self.assertGreater(share, 0.9, f"{said} Hz on channel {channel}, {where}")
            for other in (OUTSIDE_TONE, NETWORK_TONE):
                self.assertLess(sound.best_second(files[0].channels[0], other, files[0].rate), 0.1, f"{other} Hz is recorded")

    def assert_passed_on(self) -> None:
        """Customer and number hear each other, and only what was said before is recorded."""
        phones.live(3)
        self.assertTrue(self.first.is_over, "the agent is free")
        self.call.hang_up()
        phones.wait("all is over", lambda: self.call.is_over and all(call.is_over for call in self.outside.calls))
        self.heard("customer", OUTSIDE_TONE, "the customer hears the number")
        self.heard("outside", CUSTOMER_TONE, "the number hears the customer")
        transfer = self.transfer_of(self.records())
        self.assertEqual((transfer["to"], transfer["outcome"]), ({"number": OUTSIDE}, "taken"))
        self.assert_files((AGENT_TONE, 8))


class ByPhone(Transfers):
    """Ada's phone, of PJSIP, passes calls on."""

    def setUp(self) -> None:
        super().setUp()
        self.begin()

    def refer(self) -> None:
        self.first.xfer(f"sip:{OUTSIDE}@127.0.0.1:{self.server.internal}", pj.CallOpParam())

    def asks(self, number: str) -> Call:
        self.first.setHold(pj.CallOpParam())
        phones.live(1)
        return self.ada.dial(number)

    def test_a_blind_refer(self) -> None:
        self.outside = self.listens_outside()
        self.refer()
        taken = self.outside.next_call()
        phones.wait("they talk", lambda: taken.is_up)
        self.assert_passed_on()

    def test_an_attended_refer(self) -> None:
        self.outside = self.listens_outside()
        second = self.asks(OUTSIDE)
        asked = self.outside.next_call()
        phones.wait("the agent asks", lambda: asked.is_up and second.is_up)
        phones.live(1)
        self.first.xferReplaces(second, pj.CallOpParam())
        phones.wait("the agent has left", lambda: self.first.is_over and second.is_over)
        self.assert_passed_on()

    def test_r90_an_attended_refer_to_a_colleague(self) -> None:
        ben = self.phone("ben", OUTSIDE_TONE, Phone(self.server.internal, self.server.agents[1]))
        second = self.asks("1002")
        asked = ben.next_call()
        phones.wait("the colleague is asked", lambda: asked.is_up and second.is_up)
        phones.live(1)
        self.first.xferReplaces(second, pj.CallOpParam())
        phones.wait("the agent has left", lambda: self.first.is_over and second.is_over)
        phones.live(3)
        self.call.hang_up()
        phones.wait("all is over", lambda: self.call.is_over and asked.is_over)
        self.heard("customer", OUTSIDE_TONE, "the customer hears the colleague")
        self.heard("ben", CUSTOMER_TONE, "the colleague hears the customer")
        self.heard("ben", AGENT_TONE, "and has heard who asked")
        transfer = self.transfer_of(self.records())
        self.assertEqual((transfer["to"]["agent"]["name"], transfer["outcome"]), ("Ben", "taken"))
        # Four files of legs, two of both.
        self.assert_files((AGENT_TONE, 15), (OUTSIDE_TONE, 15))

    def test_a_colleague_is_called(self) -> None:
        self.call.hang_up()
        phones.wait("it is over", lambda: self.call.is_over and self.first.is_over)
        ben = self.phone("ben", OUTSIDE_TONE, Phone(self.server.internal, self.server.agents[1]))
        call = self.ada.dial("1002")
        rung = ben.next_call()
        phones.wait("they talk", lambda: call.is_up and rung.is_up)
        phones.live(2)
        rung.hang_up()
        phones.wait("it is over", lambda: call.is_over)
        self.heard("ben", AGENT_TONE, "the one hears the other")


class FarNetworks(Transfers):
    """What the network of the number does, by SIPp."""

    def passes_on(self, scenario: str, seconds: float, early_media: bool = True) -> Sipp:
        self.begin(early_media)
        raw_tone(self.files / "network.ul", frequency=NETWORK_TONE)
        options = ("-p", str(self.server.carrier), "-d", str(round(1000 * seconds)))
        far = Sipp(scenario, self.server.external, OUTSIDE, self.files, *options)
        self.addCleanup(far.stop)
        until("the far network listens", far.listens)
        self.first.xfer(f"sip:{OUTSIDE}@127.0.0.1:{self.server.internal}", pj.CallOpParam())
        phones.wait("the agent has left", lambda: self.first.is_over)
        self.left = time.monotonic()
        return far

    def hangs_up(self) -> Sound:
        self.call.hang_up()
        phones.wait("it is over", lambda: self.call.is_over)
        return phones.heard(self.files / "customer.wav")

    def talks(self) -> None:
        until("the number has answered", lambda: "the number outside answers" in self.server.said(), 30, lambda: phones.live(0.05))
        self.answered = time.monotonic()

    def network_seconds(self, heard: Sound) -> float:
        """How long the tone of the network was heard."""
        tenth = sound.RATE // 10
        samples = heard.channels[0]
        parts = (samples[at : at + tenth] for at in range(0, len(samples) - tenth, tenth))
        return sum(sound.share(part, NETWORK_TONE) > 0.8 for part in parts) / 10

    def test_r134_a_network_that_speaks_before_the_answer_is_heard(self) -> None:
        self.passes_on("callee-speaks", 4)
        self.talks()
        before = self.answered - self.left
        heard = self.hangs_up()
        self.assertGreater(self.network_seconds(heard), min(before, 4) - 1.5, "it was heard before the answer")
        self.records()
        self.assert_files((AGENT_TONE, 8))

    def test_r135_or_not_where_that_is_not_wanted(self) -> None:
        self.passes_on("callee-speaks", 5, early_media=False)
        self.talks()
        heard = self.hangs_up()
        self.assertLess(self.network_seconds(heard), 1.5, "only after the answer")
        self.assertEqual(self.transfer_of(self.records())["outcome"], "taken")

    def test_a_late_answer(self) -> None:
        self.passes_on("callee-late", 6)
        self.talks()
        # SIPp takes a while to begin to speak.
        phones.live(5)
        heard = self.hangs_up()
        self.assertGreater(self.network_seconds(heard), 0.8, "whoever has answered is heard")
        # Music until then: nothing is silent for long, but for the pauses of the music and its message.
        self.assertGreater(heard.seconds, 8)
        self.assertEqual(self.transfer_of(self.records())["outcome"], "taken")

    def test_d6_a_busy_tone_and_the_customer_is_back(self) -> None:
        far = self.passes_on("callee-busy-tone", 3)
        far.wait()
        # In the queue again, and Ada is rung; she has after-call work or not.
        until("the customer is told", lambda: "nobody takes the caller" in self.server.said(), 15, lambda: phones.live(0.05))
        again = self.ada.next_call(40)
        phones.wait("they talk again", lambda: again.is_up)
        phones.live(2)
        heard = self.hangs_up()
        self.assertGreater(self.network_seconds(heard), 1.5, "the busy tone was heard")
        transfer = self.transfer_of(self.records())
        self.assertEqual(transfer["outcome"], {"not_taken": {"status": 486}})
        # R97, and the talk after it is a segment of its own.
        self.assert_files((AGENT_TONE, 8), (AGENT_TONE, 8))


class DeskServer(Centre):
    """One whose calls go out by a carrier at this port."""

    def __init__(self) -> None:
        super().__init__()
        self.carrier = spare_port()

    def sections(self) -> str:
        return super().sections() + way_out(f"127.0.0.1:{self.carrier}")


class AtADesk(AtCentre):
    """An agent in Chromium passes a telephone caller on, at once and after asking."""

    def setUp(self) -> None:
        super().setUp()
        self.server.remove()
        self.server = DeskServer().start()
        self.addCleanup(self.server.remove)
        self.admin()
        self.page = self.desk()
        self.outside = Phone(self.server.external, user=OUTSIDE, port=self.server.carrier)
        self.addCleanup(self.outside.close)
        self.outside.plays, self.outside.records = self.tone("outside says", OUTSIDE_TONE), self.files / "outside.wav"
        self.caller = Phone(self.server.external)
        self.addCleanup(self.caller.close)
        self.caller.plays, self.caller.records = self.tone("caller says", CUSTOMER_TONE), self.files / "caller.wav"
        self.call = self.caller.dial("5000")
        self.press("Accept")
        phones.wait("the caller is connected", lambda: self.call.is_up)
        phones.live(3)
        self.hears(self.page, CUSTOMER_TONE, "the agent hears the caller")

    def sees(self, what: Any, name: str = "it is shown") -> None:
        def shown() -> bool:
            self.page.wait_for_timeout(20)
            return bool(what.is_visible())

        phones.wait(name, shown, 20)

    def press(self, name: str) -> None:
        button = self.page.get_by_role("button", name=name)
        self.sees(button, f"{name} can be pressed")
        button.click()

    def chooses(self) -> None:
        self.press("Transfer")
        self.page.get_by_role("combobox", name="To whom").fill(OUTSIDE)
        self.sees(self.page.get_by_role("option", name=OUTSIDE), "the number is offered")

    def assert_passed_on(self, taken: Call) -> None:
        self.sees(self.page.get_by_text(f"The customer goes on to {OUTSIDE}"), "the desk is told")
        phones.wait("they talk", lambda: taken.is_up)
        phones.live(3)
        self.call.hang_up()
        phones.wait("all is over", lambda: self.call.is_over and taken.is_over)
        for name, tone in (("caller", OUTSIDE_TONE), ("outside", CUSTOMER_TONE)):
            samples = phones.heard(self.files / f"{name}.wav").channels[0]
            self.assertGreater(sound.best_second(samples, tone), 0.9, f"{tone} Hz is heard")

    def test_at_once(self) -> None:
        self.chooses()
        self.page.keyboard.press("Enter")
        self.assert_passed_on(self.outside.next_call())
        [recording] = until("the call is recorded", self.server.recordings, 15)
        stereo = sound.read(recording.stereo)
        self.assertGreater(sound.best_second(stereo.channels[0], CUSTOMER_TONE, stereo.rate), 0.8)
        self.assertGreater(sound.best_second(stereo.channels[1], AGENT, stereo.rate), 0.8)
        self.assertLess(sound.best_second(stereo.channels[1], OUTSIDE_TONE, stereo.rate), 0.1, "R97")

    def test_b2_after_asking(self) -> None:
        self.chooses()
        self.press("Ask first")
        taken = self.outside.next_call()
        phones.wait("who is asked answers", lambda: taken.is_up)
        phones.live(1)
        self.hears(self.page, OUTSIDE_TONE, "the agent hears who is asked")
        self.press("Swap")
        self.hears(self.page, CUSTOMER_TONE, "the agent hears the caller again")
        self.press("All three")
        self.sees(self.page.get_by_role("heading", name=f"and {OUTSIDE}"), "all three talk")
        phones.live(2)
        self.press("Leave")
        self.assert_passed_on(taken)
        heard = phones.heard(self.files / "caller.wav").channels[0]
        self.assertGreater(sound.best_second(heard, AGENT), 0.8, "the caller has heard the agent")

    def test_b2_r97_in_vain_the_two_talk_again_and_are_recorded_again(self) -> None:
        self.outside.answers = 486
        self.chooses()
        self.press("Ask first")
        phones.wait("who is asked is busy", lambda: any(call.is_over for call in self.outside.calls), 20)
        self.hears(self.page, CUSTOMER_TONE, "the agent hears the caller again")
        phones.live(3)
        self.call.hang_up()
        phones.wait("it is over", lambda: self.call.is_over)
        recordings = until("both talks are recorded", lambda: len(found := self.server.recordings()) == 2 and found, 20)
        for number, recording in enumerate(recordings):
            stereo, customer, agent = (sound.read(path) for path in recording.sounds)
            self.assertEqual(len({len(file.channels[0]) for file in (stereo, customer, agent)}), 1, "one length")
            for channel, tone, leg in ((0, CUSTOMER_TONE, customer), (1, AGENT, agent)):
                for heard in (stereo.channels[channel], leg.channels[0]):
                    self.assertGreater(sound.best_second(heard, tone, stereo.rate), 0.8, f"segment {number}: {tone:g} Hz")
        phones.live(1)
        self.assertEqual(len(self.server.recordings()), 2, "nothing of it twice")
