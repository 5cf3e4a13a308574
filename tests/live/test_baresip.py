"""baresip as the agent's phone and as the caller, from another host, in every codec and transport that it has."""

from __future__ import annotations

import time
import unittest

import baresip
import sound
from baresip import Baresip, Network
from centre import ConfiguredServer, LiveTest, spare_port

WHY_NOT = baresip.is_possible()


class NetworkServer(ConfiguredServer):
    """Phones over UDP and TCP, and over TLS, at the near end of a cable."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.address, self.network = network.here, f"{network.there}/32"
        self.tls = spare_port()

    def sections(self) -> str:
        return f"""
[[listener]]
profile = "internal"
bind = "{self.address}:{self.internal}"
[[listener]]
profile = "internal"
name = "internal-tls"
transports = ["tls"]
bind = "{self.address}:{self.tls}"
"""


@unittest.skipIf(WHY_NOT, WHY_NOT)
class AnotherHost(LiveTest):
    network: Network
    server: NetworkServer

    @classmethod
    def setUpClass(cls) -> None:
        cls.network = Network()
        cls.addClassCleanup(cls.network.remove)
        cls.server = NetworkServer(cls.network).start()
        cls.addClassCleanup(cls.server.remove)

    def phone(self, tone: float, **kind: object) -> Baresip:
        says = sound.write(self.files / f"{tone:g}.wav", sound.tone(tone, 20))
        phone = Baresip(self.network, self.files, says, **kind)
        self.addCleanup(phone.close)
        return phone

    def connected(self, agent: Baresip, caller: Baresip) -> None:
        caller.dial("5000")
        caller.wait("CALL_ESTABLISHED")
        agent.wait("CALL_ESTABLISHED", 30)

    def talk(self, agent: Baresip, caller: Baresip, said: float, answered: float) -> None:
        """They talk for three seconds, and all that was said is heard and recorded."""
        self.connected(agent, caller)
        time.sleep(3)
        caller.hang_up()
        agent.wait("CALL_CLOSED")
        for phone, tone in ((agent, said), (caller, answered)):
            heard = phone.heard()
            self.assertGreater(sound.best_second(heard.channels[0], tone, heard.rate), 0.8, f"{tone} Hz is heard")
        stereo = sound.read(self.recorded(len(self.server.calls()))[-1].stereo)
        for channel, tone in ((0, said), (1, answered)):
            share = sound.mostly(stereo.part(0.5, stereo.seconds - 0.5, channel), tone)
            self.assertGreater(share, 0.8, f"{tone} Hz is recorded")

    def test_over_udp_in_a_law(self) -> None:
        agent = self.phone(880, server=self.server.internal, agent=self.server.agents[0], keys="audio_codecs=pcma/8000/1")
        caller = self.phone(440, server=self.server.external, keys="audio_codecs=pcma/8000/1")
        self.talk(agent, caller, 440, 880)

    def test_over_tcp_and_over_tls(self) -> None:
        agent = self.phone(880, server=self.server.tls, agent=self.server.agents[0], transport="tls")
        caller = self.phone(440, server=self.server.external, transport="tcp")
        self.talk(agent, caller, 440, 880)

    def test_who_is_held_hears_music_and_then_the_agent_again(self) -> None:
        agent = self.phone(880, server=self.server.internal, agent=self.server.agents[0])
        caller = self.phone(440, server=self.server.external)
        self.connected(agent, caller)
        time.sleep(1.5)
        agent.tell("hold")
        time.sleep(3)
        agent.tell("resume")
        time.sleep(2)
        agent.hang_up()
        caller.wait("CALL_CLOSED")
        heard = caller.heard()
        talks = [sound.share(heard.part(at / 4, at / 4 + 0.25), 880, heard.rate) > 0.8 for at in range(int(heard.seconds * 4))]
        story = "".join("t" if talk else "m" for talk in talks)
        self.assertRegex(story, r"t{3,}m{8,14}t{4,}m*$", "talk, two to three seconds of music, talk")
        music = story.index("m", story.index("ttt")) / 4
        self.assertGreater(sound.level(heard.part(music + 1, music + 2)), 100, "held in music, not in silence")
