"""Carriers and callers who want to know what is not theirs."""

from __future__ import annotations

import phones
from centre import LiveTest, Sipp, raw_tone, until
from phones import Phone


class AtSipp(LiveTest):
    def test_who_challenges_our_bye_is_told_nothing(self) -> None:
        agent = Phone(self.server.internal, self.server.agents[0])
        self.addCleanup(agent.close)
        raw_tone(self.files / "tone.ul")
        caller = Sipp("caller-challenges-bye", self.server.external, "5000", self.files)
        self.addCleanup(caller.stop)
        call = agent.next_call()
        phones.wait("the agent talks", lambda: call.is_up)
        phones.live(1)
        call.hang_up()
        phones.wait("the agent's call is over", lambda: call.is_over)
        caller.wait()
        until("the call is filed", self.server.is_settled)
