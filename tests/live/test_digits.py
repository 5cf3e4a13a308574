"""Keys: one phone presses them by telephone-event, by INFO and by tones; the other one hears each once."""

from __future__ import annotations

import contextlib
import math
import re

import phones
import sound
from centre import ConfiguredServer, LiveTest
from phones import Phone, pj

# Rows and columns of a telephone's keys, in Hz (ITU-T Q.23).
LOW = (697, 770, 852, 941)
HIGH = (1209, 1336, 1477, 1633)
KEYS = ("123A", "456B", "789C", "*0#D")
PRESSED = "4711*0#"


class Talking(LiveTest):
    """An agent and a caller who have pressed nothing yet."""

    def setUp(self) -> None:
        super().setUp()
        self.agent = Phone(self.server.internal, self.server.agents[0])
        self.addCleanup(self.agent.close)
        self.caller = Phone(self.server.external)
        self.addCleanup(self.caller.close)
        # Speech, which also keeps PJSIP's beat going.
        self.agent.plays = self.caller.plays = sound.write(self.files / "440.wav", sound.tone(440, 5, 2000))

    def talk(self) -> tuple[phones.Call, phones.Call]:
        outside = self.caller.dial("5000")
        inside = self.agent.next_call(30)
        phones.wait("both are up", lambda: outside.is_up and inside.is_up)
        phones.live(0.5)
        return outside, inside

    def assert_pressed(self, heard: phones.Call, keys: str) -> None:
        with contextlib.suppress(AssertionError):
            phones.wait("the keys have come", lambda: len(heard.digits) >= len(keys))
        phones.live(1)
        self.assertEqual(heard.digits, keys)

class Keys(Talking):
    def test_a_key_by_telephone_event_reaches_the_other_both_ways(self) -> None:
        outside, inside = self.talk()
        outside.dialDtmf(PRESSED)
        self.assert_pressed(inside, PRESSED)
        inside.dialDtmf("99")
        self.assert_pressed(outside, "99")
        self.assertEqual(inside.digits, PRESSED, "not heard by whoever presses")

    def test_a_key_by_info_reaches_the_other(self) -> None:
        outside, inside = self.talk()
        for key in PRESSED:
            outside.press(key, pj.PJSUA_DTMF_METHOD_SIP_INFO)
            phones.live(0.3)
        self.assert_pressed(inside, PRESSED)

    def test_info_and_telephone_event_at_once_are_one_press(self) -> None:
        outside, inside = self.talk()
        for key in PRESSED:
            outside.press(key, pj.PJSUA_DTMF_METHOD_RFC2833)
            outside.press(key, pj.PJSUA_DTMF_METHOD_SIP_INFO)
            phones.live(0.6)
        self.assert_pressed(inside, PRESSED)

    def test_tones_of_a_caller_without_telephone_events_become_events(self) -> None:
        tones = sound.write(self.files / "keys.wav", _tones(PRESSED))
        self.caller.has_events = False
        outside, inside = self.talk()
        outside.play(tones, once=True)
        phones.live(len(PRESSED) * 0.3)
        self.assert_pressed(inside, PRESSED)

    def test_no_key_is_in_the_log(self) -> None:
        outside, inside = self.talk()
        outside.dialDtmf("8086")
        self.assert_pressed(inside, "8086")
        log = self.server.log.read_text(errors="replace")
        self.assertIn("presses a key", log)
        for line in log.splitlines():
            if "presses a key" in line:
                self.assertIsNone(re.search(r"key.*[0-9*#]", line.split("presses a")[1]), line)


class InfoServer(ConfiguredServer):
    """Its agents' phones want to be told of keys by INFO."""

    def sections(self) -> str:
        return f'[[listener]]\nprofile = "internal"\nbind = "127.0.0.1:{self.internal}"\n'

    def agent_keys(self) -> str:
        return 'dtmf = "info"\n'


class KeysByInfo(Talking):
    @classmethod
    def setUpClass(cls) -> None:
        cls.server = InfoServer().start()
        cls.addClassCleanup(cls.server.remove)

    def test_whoever_wants_keys_by_info_gets_them_so_and_no_other_way(self) -> None:
        outside, inside = self.talk()
        outside.dialDtmf(PRESSED)
        self.assert_pressed(inside, PRESSED)
        self.assertEqual(set(inside.ways), {pj.PJSUA_DTMF_METHOD_SIP_INFO})
        inside.dialDtmf("99")
        self.assert_pressed(outside, "99")
        self.assertEqual(set(outside.ways), {pj.PJSUA_DTMF_METHOD_RFC2833})


def _tones(keys: str) -> list[float]:
    """Each key for 100 ms, then 150 ms of silence."""
    samples: list[float] = [0.0] * 1600
    for key in keys:
        row = next(row for row in range(4) if key in KEYS[row])
        pair = LOW[row], HIGH[KEYS[row].index(key)]
        samples += [sum(6000 * math.sin(math.tau * hz * n / 8000) for hz in pair) for n in range(800)]
        samples += [0.0] * 1200
    return samples
