"""A caller, an agent, both heard, and the recording of it."""

from __future__ import annotations

import phones
import sound
from centre import LiveTest, Sipp, raw_tone
from phones import Phone


class SippCallsPjsip(LiveTest):
    """A foreign caller: SIPp plays 440 Hz; the agent's phone is PJSIP and plays 880 Hz."""

    def test_both_are_recorded_and_the_agent_hears_the_caller(self) -> None:
        agent = Phone(self.server.internal, self.server.agents[0])
        self.addCleanup(agent.close)
        agent.plays = sound.write(self.files / "880.wav", sound.tone(880, 5))
        agent.records = self.files / "heard.wav"
        raw_tone(self.files / "tone.ul")
        caller = Sipp("caller-until-bye", self.server.external, "5000", self.files)
        self.addCleanup(caller.stop)

        call = agent.next_call()
        phones.wait("the agent talks", lambda: call.is_up)
        phones.live(4)
        call.hang_up()
        phones.wait("the agent's call is over", lambda: call.is_over)
        caller.wait()

        heard = phones.heard(agent.records)
        self.assertGreater(sound.best_second(heard.channels[0], 440), 0.9, "the agent hears the caller")
        self.assertLess(sound.best_second(heard.channels[0], 880), 0.1, "and not themselves")
        [recording] = self.recorded()
        self.assert_complete(recording, "49301234567")
        stereo = sound.read(recording.stereo)
        self.assertAlmostEqual(stereo.seconds, 4, delta=1)
        left, right = (stereo.part(1, 3.5, channel) for channel in (0, 1))
        self.assertGreater(sound.mostly(left, 440), 0.85, "the customer is left")
        self.assertGreater(sound.mostly(right, 880), 0.85, "the agent is right")
        [call_record] = self.server.calls()
        self.assertEqual(call_record["end"], "agent_hung_up")


class TwoPhones(LiveTest):
    """PJSIP on both sides, so that both ears are ours."""

    def setUp(self) -> None:
        super().setUp()
        self.agent = Phone(self.server.internal, self.server.agents[0])
        self.addCleanup(self.agent.close)
        self.caller = Phone(self.server.external)
        self.addCleanup(self.caller.close)
        self.agent.plays = sound.write(self.files / "880.wav", sound.tone(880, 5))
        self.caller.plays = sound.write(self.files / "440.wav", sound.tone(440, 5))
        self.agent.records = self.files / "agent.wav"
        self.caller.records = self.files / "caller.wav"

    def talk(self) -> tuple[phones.Call, phones.Call]:
        """The caller dials, waits and is connected; gives their call and the agent's."""
        outside = self.caller.dial("5000")
        inside = self.agent.next_call(30)
        phones.wait("both are up", lambda: outside.is_up and inside.is_up)
        return outside, inside

    def assert_heard(self) -> None:
        """Each heard the other's tone, and never their own."""
        for path, right, wrong in ((self.agent.records, 440, 880), (self.caller.records, 880, 440)):
            assert path is not None
            heard = phones.heard(path).channels[0]
            self.assertGreater(sound.best_second(heard, right), 0.9, f"{path.name}: {right} Hz")
            self.assertLess(sound.best_second(heard, wrong), 0.5, f"{path.name}: {wrong} Hz")

    def end_of_last_call(self, before: int) -> str:
        calls = phones.wait("the call's record", lambda: self.server.calls()[before:])
        self.assertEqual(len(calls), 1)
        end: str = calls[0]["end"]
        return end

    def test_the_caller_hangs_up(self) -> None:
        before = len(self.server.calls())
        outside, inside = self.talk()
        phones.live(2)
        outside.hang_up()
        phones.wait("the agent's call is over", lambda: inside.is_over)
        phones.wait("the caller's call is over", lambda: outside.is_over)
        self.assert_heard()
        self.assertEqual(self.end_of_last_call(before), "customer_hung_up")

    def test_the_agent_hangs_up(self) -> None:
        before = len(self.server.calls())
        outside, inside = self.talk()
        phones.live(2)
        inside.hang_up()
        phones.wait("the caller's call is over", lambda: outside.is_over)
        phones.wait("the agent's call is over", lambda: inside.is_over)
        self.assert_heard()
        self.assertEqual(self.end_of_last_call(before), "agent_hung_up")

    def test_left_and_right_are_in_step_within_20_ms(self) -> None:
        before = len(self.server.recordings())
        outside, inside = self.talk()
        # One player for both phones: what it plays leaves them in the same moment.
        burst = sound.write(self.files / "bursts.wav", sound.bursts(1000, on=0.15, off=0.35, times=20))
        outside.hush()
        inside.hush()
        player = phones.player(burst)
        for call in (outside, inside):
            assert call.media is not None
            player.startTransmit(call.media)
        phones.live(6)
        outside.hang_up()
        phones.wait("both are over", lambda: outside.is_over and inside.is_over)
        recording = self.recorded(before + 1)[-1]
        stereo = sound.read(recording.stereo)
        left, right = (sound.onsets(channel, 1000) for channel in stereo.channels)
        self.assertGreaterEqual(min(len(left), len(right)), 8, f"bursts are heard: {left} {right}")
        apart = [min((abs(one - other) for other in right)) for one in left[1:-1]]
        self.assertLessEqual(max(apart), 0.020, f"left {left}, right {right}")

    def test_a_phone_over_tcp_is_reached_and_heard(self) -> None:
        agent = Phone(self.server.internal, self.server.agents[1], tcp=True)
        self.addCleanup(agent.close)
        self.agent.answers = 486
        agent.plays = self.agent.plays
        agent.records, self.agent.records = self.agent.records, None
        outside = self.caller.dial("5000")
        inside = agent.next_call(30)
        phones.wait("both are up", lambda: outside.is_up and inside.is_up)
        phones.live(2)
        outside.hang_up()
        phones.wait("both are over", lambda: outside.is_over and inside.is_over)
        self.agent.records = agent.records
        self.assert_heard()
