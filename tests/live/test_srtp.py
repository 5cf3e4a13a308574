"""Secure media: PJSIP with libsrtp at one end or both, over TLS where keys should be; and both ears."""

from __future__ import annotations

import pjsua2 as pj

import phones
import sound
from centre import ConfiguredServer, LiveTest
from phones import Phone
from ports import spare_port

MANDATORY = pj.PJMEDIA_SRTP_MANDATORY
OPTIONAL = pj.PJMEDIA_SRTP_OPTIONAL


class SecureServer(ConfiguredServer):
    """The agent's phone is over TLS; how secure both sides must be is a class's own."""

    agent_srtp = "required"
    trunk_srtp = "off"

    def __init__(self) -> None:
        super().__init__()
        self.tls = spare_port()

    def sections(self) -> str:
        return f"""
[[listener]]
profile = "internal"
name = "internal-tls"
transports = ["tls"]
bind = "127.0.0.1:{self.tls}"
"""

    def agent_keys(self) -> str:
        return f'srtp = "{self.agent_srtp}"\n'

    def trunk_keys(self) -> str:
        return f'srtp = "{self.trunk_srtp}"\n'


class SecureTrunkServer(SecureServer):
    agent_srtp = "preferred"
    trunk_srtp = "preferred"


class SecureTest(LiveTest):
    server: SecureServer
    kind: type[SecureServer] = SecureServer

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = cls.kind().start()
        cls.addClassCleanup(cls.server.remove)

    def phones(self, agent_srtp: int | None, caller_srtp: int | None) -> tuple[Phone, Phone]:
        agent = Phone(self.server.tls, self.server.agents[0], transport="tls", srtp=agent_srtp)
        self.addCleanup(agent.close)
        caller = Phone(self.server.external, srtp=caller_srtp)
        self.addCleanup(caller.close)
        agent.plays = sound.write(self.files / "880.wav", sound.tone(880, 5))
        caller.plays = sound.write(self.files / "440.wav", sound.tone(440, 5))
        agent.records, caller.records = self.files / "agent.wav", self.files / "caller.wav"
        return agent, caller

    def talk(self, agent: Phone, caller: Phone, secure: tuple[str, str]) -> None:
        """They talk, hold and talk again; each hears the other and all is on disk. `secure`: the suites, agent's and caller's."""
        before = len(self.server.recordings())
        outside = caller.dial("5000")
        inside = agent.next_call(30)
        phones.wait("both are up", lambda: outside.is_up and inside.is_up)
        phones.live(2)
        for call, suite in zip((inside, outside), secure):
            said = call.dump(True, "")
            self.assertIn(suite or "SRTP status: Not active", said)
        inside.setHold(pj.CallOpParam())
        phones.live(1)
        resume = pj.CallOpParam(True)
        resume.opt.flag = pj.PJSUA_CALL_UNHOLD
        inside.reinvite(resume)
        phones.live(0.5)
        # PJSIP takes a held call off its mixer, and does not put what played back.
        assert agent.plays is not None
        inside.play(agent.plays)
        phones.live(3)
        outside.hang_up()
        phones.wait("both are over", lambda: outside.is_over and inside.is_over)
        for path, right in ((agent.records, 440), (caller.records, 880)):
            assert path is not None
            heard = phones.heard(path).channels[0]
            self.assertGreater(sound.best_second(heard, right), 0.9, f"{path.name}: {right} Hz")
            self.assertGreater(sound.best_second(heard[-8000:], right), 0.8, f"{path.name}: {right} Hz after the hold")
        recording = self.recorded(before + 1)[-1]
        stereo = sound.read(recording.stereo)
        for channel, frequency in ((0, 440), (1, 880)):
            self.assertGreater(sound.best_second(stereo.channels[channel], frequency), 0.9, f"{frequency} Hz is recorded")
            self.assertGreater(sound.mostly(stereo.part(stereo.seconds - 2, stereo.seconds - 0.5, channel), frequency), 0.8)


class SecureAgent(SecureTest):
    """An agent whose phone must be secure, and callers who are not."""

    def test_a_secure_agent_and_a_plain_caller_hear_each_other(self) -> None:
        agent, caller = self.phones(MANDATORY, None)
        self.talk(agent, caller, ("AE", ""))

    def test_an_agent_that_may_be_secure_is(self) -> None:
        agent, caller = self.phones(OPTIONAL, None)
        self.talk(agent, caller, ("AE", ""))

    def test_a_caller_who_must_be_secure_is_refused_by_a_plain_trunk(self) -> None:
        caller = Phone(self.server.external, srtp=MANDATORY)
        self.addCleanup(caller.close)
        call = caller.dial("5000")
        phones.wait("the call is refused", lambda: call.is_over)
        self.assertEqual(call.status, 488)


class SecureTrunk(SecureTest):
    """Both sides may be secure."""

    kind = SecureTrunkServer

    def test_both_secure(self) -> None:
        agent, caller = self.phones(OPTIONAL, MANDATORY)
        self.talk(agent, caller, ("AE", "AE"))

    def test_a_caller_that_may_be_secure_is_and_a_plain_agent_hears(self) -> None:
        agent, caller = self.phones(None, OPTIONAL)
        self.talk(agent, caller, ("", "AE"))

    def test_who_has_none_speaks_plainly(self) -> None:
        agent, caller = self.phones(None, None)
        self.talk(agent, caller, ("", ""))
