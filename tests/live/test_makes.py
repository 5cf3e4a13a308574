"""Phones of other makes, as agent and as caller, from another host: baresip and Linphone."""

from __future__ import annotations

import time
import unittest
from pathlib import Path
from typing import Any

import network
import sound
from baresip import Baresip
from centre import LiveTest
from linphone import Linphone
from network import Network, NetworkServer
from sound import Sound

WITHOUT_BARESIP, WITHOUT_LINPHONE = network.why_not("baresip"), network.why_not("linphonec")


class AnotherHost(LiveTest):
    network: Network
    server: NetworkServer
    kind: type[NetworkServer] = NetworkServer

    @classmethod
    def setUpClass(cls) -> None:
        cls.network = Network()
        cls.addClassCleanup(cls.network.remove)
        cls.server = cls.kind(cls.network).start()
        cls.addClassCleanup(cls.server.remove)

    def voice(self, tone: float) -> Path:
        return sound.write(self.files / f"{tone:g}.wav", sound.tone(tone, 20))

    def baresip(self, tone: float, **kind: Any) -> Baresip:
        phone = Baresip(self.network, self.files, self.voice(tone), **kind)
        self.addCleanup(phone.close)
        return phone

    def linphone(self, tone: float, **kind: Any) -> Linphone:
        phone = Linphone(self.network, self.files, self.voice(tone), **kind)
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
        self.assert_heard(agent.heard(), said)
        self.assert_heard(caller.heard(), answered)
        self.assert_recorded(said, answered)

    def answered_by_linphone(self, agent: Linphone, caller: Baresip) -> None:
        caller.dial("5000")
        agent.wait("Media streams established", 30)
        # Its sound may begin late.
        time.sleep(5)
        caller.hang_up()
        agent.wait("ended (No error)")
        self.assert_heard(agent.heard(), 440)
        self.assert_heard(caller.heard(), 880)
        self.assert_recorded(440, 880)

    def assert_heard(self, heard: Sound, tone: float) -> None:
        self.assertGreater(sound.best_second(heard.channels[0], tone, heard.rate), 0.8, f"{tone} Hz is heard")

    def assert_recorded(self, said: float, answered: float) -> None:
        stereo = sound.read(self.recorded(len(self.server.calls()))[-1].stereo)
        for channel, tone in ((0, said), (1, answered)):
            share = sound.mostly(stereo.part(0.5, stereo.seconds - 0.5, channel), tone)
            self.assertGreater(share, 0.8, f"{tone} Hz is recorded")


class SecureNetworkServer(NetworkServer):
    """Its agents' phones must be secure, its callers may be."""

    def agent_keys(self) -> str:
        return 'srtp = "required"\n'

    def trunk_keys(self) -> str:
        return 'srtp = "preferred"\n'


@unittest.skipIf(WITHOUT_BARESIP, WITHOUT_BARESIP)
class SecureBaresip(AnotherHost):
    """SRTP of libsrtp, with the keys in the signalling; for the agent that is TLS."""

    kind = SecureNetworkServer

    def test_both_are_secure(self) -> None:
        agent = self.baresip(880, server=self.server.tls, agent=self.server.agents[0], transport="tls", keys="mediaenc=srtp-mand")
        caller = self.baresip(440, server=self.server.external, transport="tcp", keys="mediaenc=srtp-mand")
        self.talk(agent, caller, 440, 880)

    def test_a_plain_caller_and_a_secure_agent(self) -> None:
        agent = self.baresip(880, server=self.server.tls, agent=self.server.agents[0], transport="tls", keys="mediaenc=srtp-mand")
        caller = self.baresip(440, server=self.server.external)
        self.talk(agent, caller, 440, 880)


@unittest.skipIf(WITHOUT_BARESIP or WITHOUT_LINPHONE, WITHOUT_BARESIP or WITHOUT_LINPHONE)
class SecureLinphone(AnotherHost):
    kind = SecureNetworkServer

    def test_linphone_answers_over_tls_with_srtp(self) -> None:
        agent = self.linphone(880, server=self.server.tls, agent=self.server.agents[0], transport="tls", srtp=True)
        self.answered_by_linphone(agent, self.baresip(440, server=self.server.external, keys="mediaenc=srtp-mand"))


@unittest.skipIf(WITHOUT_BARESIP, WITHOUT_BARESIP)
class TwoOfBaresip(AnotherHost):
    def test_over_udp_in_a_law(self) -> None:
        agent = self.baresip(880, server=self.server.internal, agent=self.server.agents[0], keys="audio_codecs=pcma/8000/1")
        caller = self.baresip(440, server=self.server.external, keys="audio_codecs=pcma/8000/1")
        self.talk(agent, caller, 440, 880)

    def test_over_tcp_and_over_tls(self) -> None:
        agent = self.baresip(880, server=self.server.tls, agent=self.server.agents[0], transport="tls")
        caller = self.baresip(440, server=self.server.external, transport="tcp")
        self.talk(agent, caller, 440, 880)

    def test_who_is_held_hears_music_and_then_the_agent_again(self) -> None:
        agent = self.baresip(880, server=self.server.internal, agent=self.server.agents[0])
        caller = self.baresip(440, server=self.server.external)
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


@unittest.skipIf(WITHOUT_BARESIP or WITHOUT_LINPHONE, WITHOUT_BARESIP or WITHOUT_LINPHONE)
class LinphoneAndBaresip(AnotherHost):
    def test_linphone_answers_over_tcp(self) -> None:
        agent = self.linphone(880, server=self.server.internal, agent=self.server.agents[0], transport="tcp")
        self.answered_by_linphone(agent, self.baresip(440, server=self.server.external))

    def test_linphone_answers_over_tls(self) -> None:
        agent = self.linphone(880, server=self.server.tls, agent=self.server.agents[0], transport="tls")
        self.answered_by_linphone(agent, self.baresip(440, server=self.server.external, transport="tcp"))

    def test_linphone_calls_over_udp(self) -> None:
        agent = self.baresip(880, server=self.server.internal, agent=self.server.agents[0])
        caller = self.linphone(440, server=self.server.external)
        caller.dial("5000")
        agent.wait("CALL_ESTABLISHED", 30)
        time.sleep(3)
        caller.hang_up()
        agent.wait("CALL_CLOSED")
        self.assert_heard(agent.heard(), 440)
        self.assert_heard(caller.heard(), 880)
        self.assert_recorded(440, 880)
