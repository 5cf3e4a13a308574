"""G.722 with PJSIP, G.722 and Opus with baresip: both ways, relayed and transcoded, and what is recorded of them."""

from __future__ import annotations

import time
import unittest
from pathlib import Path

import network
import phones
import sound
from baresip import Baresip
from centre import LiveTest
from network import Network, NetworkServer
from phones import Phone

WITHOUT_BARESIP = network.why_not("baresip")


class G722WithPjsip(LiveTest):
    """A caller in G.722, and an agent's phone in the same or in G.711."""

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(phones.speak, "PCM")
        self.agent = Phone(self.server.internal, self.server.agents[0])
        self.addCleanup(self.agent.close)
        self.caller = Phone(self.server.external)
        self.addCleanup(self.caller.close)
        self.agent.plays = sound.write(self.files / "880.wav", sound.tone(880, 5))
        self.caller.plays = sound.write(self.files / "440.wav", sound.tone(440, 5))
        self.agent.records = self.files / "agent.wav"
        self.caller.records = self.files / "caller.wav"
        self.agent.answers = None

    def talk(self, answers: str) -> None:
        phones.speak("G722")
        outside = self.caller.dial("5000")
        phones.wait("the caller waits", lambda: outside.is_up)
        phones.speak(answers)
        inside = self.agent.next_call(30)
        inside.say(200)
        phones.wait("they talk", lambda: inside.is_up)
        phones.live(3)
        outside.hang_up()
        phones.wait("both are over", lambda: outside.is_over and inside.is_over)
        for path, right, wrong in ((self.agent.records, 440, 880), (self.caller.records, 880, 440)):
            assert path is not None
            heard = phones.heard(path).channels[0]
            self.assertGreater(sound.best_second(heard, right), 0.9, f"{path.name}: {right} Hz")
            self.assertLess(sound.best_second(heard, wrong), 0.5, f"{path.name}: {wrong} Hz")
        stereo = sound.read(self.recorded(len(self.server.calls()))[-1].stereo)
        for channel, tone in ((0, 440), (1, 880)):
            share = sound.mostly(stereo.part(1, stereo.seconds - 0.5, channel), tone)
            self.assertGreater(share, 0.8, f"{tone} Hz is recorded")

    def test_to_g722(self) -> None:
        self.talk("G722")

    def test_to_g711(self) -> None:
        self.talk("PCM")


@unittest.skipIf(WITHOUT_BARESIP, WITHOUT_BARESIP)
class Baresips(LiveTest):
    """baresip has Opus and G.722, each phone here one of them."""

    network: Network
    server: NetworkServer

    @classmethod
    def setUpClass(cls) -> None:
        cls.network = Network()
        cls.addClassCleanup(cls.network.remove)
        cls.server = NetworkServer(cls.network).start()
        cls.addClassCleanup(cls.server.remove)

    def voice(self, tone: float) -> Path:
        return sound.write(self.files / f"{tone:g}.wav", sound.tone(tone, 20))

    def talk(self, caller_codec: str, agent_codec: str) -> None:
        keys = lambda codec: f"audio_codecs={codec}"
        agent = Baresip(self.network, self.files, self.voice(880), server=self.server.internal, agent=self.server.agents[0], keys=keys(agent_codec))
        self.addCleanup(agent.close)
        caller = Baresip(self.network, self.files, self.voice(440), server=self.server.external, keys=keys(caller_codec))
        self.addCleanup(caller.close)
        caller.dial("5000")
        caller.wait("CALL_ESTABLISHED")
        agent.wait("CALL_ESTABLISHED", 30)
        time.sleep(4)
        caller.hang_up()
        agent.wait("CALL_CLOSED")
        for phone, tone, codec in ((agent, 440, agent_codec), (caller, 880, caller_codec)):
            speaks = f"Set audio encoder: {codec.split('/')[0]} "
            self.assertIn(speaks.lower(), phone.said.read_text(errors="replace").lower())
            heard = phone.heard()
            self.assertGreater(sound.best_second(heard.channels[0], tone, heard.rate), 0.8, f"{tone} Hz is heard")
        stereo = sound.read(self.recorded(len(self.server.calls()))[-1].stereo)
        for channel, tone in ((0, 440), (1, 880)):
            share = sound.mostly(stereo.part(1, stereo.seconds - 0.5, channel), tone)
            self.assertGreater(share, 0.8, f"{tone} Hz is recorded")

    def test_opus_to_opus(self) -> None:
        self.talk("opus/48000/2", "opus/48000/2")

    def test_opus_to_a_law(self) -> None:
        self.talk("opus/48000/2", "pcma/8000/1")

    def test_a_law_to_opus(self) -> None:
        self.talk("pcma/8000/1", "opus/48000/2")

    def test_g722_to_opus(self) -> None:
        self.talk("G722/16000/1", "opus/48000/2")


if __name__ == "__main__":
    unittest.main()
