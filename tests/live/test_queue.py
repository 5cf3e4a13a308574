"""Who rings, and who rings next."""

from __future__ import annotations

import phones
import sound
from centre import LiveTest
from phones import Phone


class Queue(LiveTest):
    def test_a_declined_call_rings_the_next_agent_and_the_caller_stays(self) -> None:
        first, second = (Phone(self.server.internal, agent) for agent in self.server.agents[:2])
        caller = Phone(self.server.external)
        for phone in (first, second, caller):
            self.addCleanup(phone.close)
        caller.plays = sound.write(self.files / "440.wav", sound.tone(440, 5))
        for phone in (first, second):
            phone.answers = None
        before = len(self.server.calls())
        outside = caller.dial("5000")
        called = phones.wait("a phone rings", lambda: [p for p in (first, second) if p.calls])[0]
        other = second if called is first else first
        self.assertEqual(other.calls, [], "one phone rings at a time")
        called.calls[0].say(486)
        inside = other.next_call(15)
        self.assertFalse(outside.is_over, "the caller waits on")
        inside.say(200)
        phones.wait("the second agent talks", lambda: inside.is_up)
        phones.live(1)
        outside.hang_up()
        phones.wait("all calls are over", lambda: outside.is_over and inside.is_over)
        record = phones.wait("the call's record", lambda: self.server.calls()[before:])[0]
        self.assertEqual(record["offers"], 2)

    def test_a_caller_who_gives_up_takes_the_ringing_with_them(self) -> None:
        agent = Phone(self.server.internal, self.server.agents[2])
        caller = Phone(self.server.external)
        self.addCleanup(agent.close)
        self.addCleanup(caller.close)
        agent.answers = None
        before = len(self.server.calls())
        outside = caller.dial("5000")
        inside = agent.next_call()
        outside.hang_up()
        phones.wait("the phone is still", lambda: inside.is_over)
        record = phones.wait("the call's record", lambda: self.server.calls()[before:])[0]
        self.assertEqual(record["end"], "abandoned")


class Numbers(LiveTest):
    """The test numbers, heard by a phone."""

    def listen(self, number: str, seconds: float, tone: float = 440) -> sound.Sound:
        caller = Phone(self.server.external)
        self.addCleanup(caller.close)
        caller.plays = sound.write(self.files / "tone.wav", sound.tone(tone, 5))
        caller.records = self.files / "heard.wav"
        call = caller.dial(number)
        phones.wait("the call is up", lambda: call.is_up)
        phones.live(seconds)
        call.hang_up()
        phones.wait("the call is over", lambda: call.is_over)
        return phones.heard(caller.records)

    def test_9196_echoes(self) -> None:
        heard = self.listen("9196", 3)
        self.assertGreater(sound.mostly(heard.part(1, 2.5), 440), 0.85)

    def test_9664_plays_music(self) -> None:
        heard = self.listen("9664", 6)
        part = heard.part(1, 5.5)
        self.assertGreater(sound.level(part), 100, "music is heard")
        tones = [sound.share(part, frequency) for frequency in range(100, 2000, 20)]
        self.assertLess(max(tones), 0.8, "it is no pure tone")
        self.assertLess(sound.share(part, 440), 0.5, "it is not the caller's own")

    def test_a_caller_without_agents_hears_music(self) -> None:
        heard = self.listen("5000", 4)
        self.assertGreater(sound.level(heard.part(1, 3.5)), 100)
