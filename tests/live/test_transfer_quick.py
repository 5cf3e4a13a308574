"""How quickly a call is passed on: the way out begins, and the network is heard."""

from __future__ import annotations

import time

import phones
import pjsua2 as pj
import wire
from phones import Phone
from test_transfer import AGENT_TONE, OUTSIDE, Transfers, TransferServer


class Quickness(Transfers):
    """How long it takes: what is sent and heard is known to the kernel's clock, so that no phone has a share in it."""

    #: Of a slow machine with much else to do; what is to be is 20 ms and 60 ms.
    SETS_OUT, SWITCHES = 0.1, 0.25

    def test_r134_the_way_out_begins_at_once_and_the_network_is_heard_at_once(self) -> None:
        self.server = TransferServer()
        self.server.start()
        self.addCleanup(self.server.remove)
        self.ada = self.phone("agent", AGENT_TONE, Phone(self.server.internal, self.server.agents[0]))
        caller, far = wire.Caller(), wire.FarNetwork(self.server.carrier)
        self.addCleanup(caller.close)
        self.addCleanup(far.close)
        caller.dial(self.server.external, "100")
        self.first = self.ada.next_call()
        phones.wait("they talk", lambda: self.first.is_up)
        phones.live(1)
        asked = time.time()
        self.first.xfer(f"sip:{OUTSIDE}@127.0.0.1:{self.server.internal}", pj.CallOpParam())
        sets_out = far.invited() - asked
        phones.wait("the agent has left", lambda: self.first.is_over)
        far.progresses()
        phones.live(1)
        said = 0x2A
        spoke = far.speak(said, 1)
        sound_of_far = bytes([said]) * wire.BYTES
        heard = caller.heard()
        theirs = [at for at, packet in heard if packet == sound_of_far]
        self.assertGreater(len(theirs), 40, "the network is heard, as it is")
        before = [at for at, _ in heard if at < theirs[0]]
        after = [packet for at, packet in heard if at > theirs[0] + self.SWITCHES]
        self.assertLess(theirs[0] - before[-1], self.SWITCHES, "no silence between music and network")
        self.assertEqual(set(after), {sound_of_far}, "and music is heard no more")
        switches = theirs[0] - spoke
        print(f"\nthe way out begins after {1000 * sets_out:.1f} ms, the network is heard after {1000 * switches:.1f} ms")
        self.assertLess(sets_out, self.SETS_OUT)
        self.assertLess(switches, self.SWITCHES)
        far.answers()
        caller.hang_up()
        far.is_left()
        self.assertEqual(self.transfer_of(self.records())["outcome"], "taken")
