"""Callbacks: a caller presses a code, hears that it is kept, is hung up on, and is called back by an agent."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from pathlib import Path

import phones
import sound
from centre import ROOT, ConfiguredServer, LiveTest, Sipp, until
from phones import Phone
from ports import spare_port

NUMBER = "+4930555"
ANNOUNCEMENT, CONFIRMATION, AGENT = 700, 1000, 880


class CallbackServer(ConfiguredServer):
    """A server with one carrier, whose callers may ask to be called back after a second of music."""

    def __init__(self, sounds: Path, carrier: int) -> None:
        super().__init__()
        self.carrier = carrier
        self.announcement = sound.write(sounds / "announcement.wav", sound.tone(ANNOUNCEMENT, 4))
        self.confirmation = sound.write(sounds / "confirmation.wav", sound.tone(CONFIRMATION, 2))

    def sections(self) -> str:
        return f"""
[[listener]]
profile = "internal"
bind = "127.0.0.1:{self.internal}"
[[queue]]
name = "Calls"
music = {{ file = "{ROOT / "media" / "hold-music.wav"}" }}
[queue.announcement]
file = "{self.announcement}"
every_s = 1
codes = [{{ digits = "*1", callback = "Later" }}]
[[callback]]
name = "Later"
confirmation = {{ file = "{self.confirmation}" }}
[[route]]
number = "4711"
to = {{ queue = "Calls" }}
[[trunk]]
name = "carrier"
server = "127.0.0.1:{self.carrier}"
[[outbound]]
number = "+*"
trunks = ["carrier"]
"""

    def callbacks(self) -> list[tuple[str, int]]:
        """What the database has: the status and the number of attempts of each."""
        query = "SELECT status, json_extract(body, '$.attempts') FROM callbacks ORDER BY id"
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as database:
            return list(database.execute(query))


class Callbacks(LiveTest):
    server: CallbackServer

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="cordboard-callbacks-")
        self.addCleanup(folder.cleanup)
        self.server = CallbackServer(Path(folder.name), spare_port())
        self.server.start()
        self.addCleanup(self.server.remove)
        super().setUp()

    def calls_back(self) -> None:
        """The customer's phone is there, an agent's comes: it rings, and they hear each other."""
        options = ("-p", str(self.server.carrier), "-rtp_echo")
        customer = Sipp("callee", self.server.internal, NUMBER, self.files, *options)
        self.addCleanup(customer.stop)
        agent = Phone(self.server.internal, self.server.agents[0])
        self.addCleanup(agent.close)
        # It rings as soon as it is registered.
        call = agent.next_call(30)
        phones.wait("the agent's phone is answered", lambda: call.is_up and call.media is not None)
        call.play(sound.write(self.files / "agent.wav", sound.tone(AGENT, 10)))
        self.assertIn(NUMBER, call.getInfo().remoteUri)
        until("they talk", lambda: "the number outside answers" in self.server.said(), 20, lambda: phones.live(0.1))
        phones.live(3)
        call.hang_up()
        phones.wait("the agent's call is over", lambda: call.is_over)
        customer.wait()
        # The customer's phone sends back what it hears: the agent, and only if both ways are up.
        recording = self.recorded()[0]
        self.assertIn(NUMBER.strip("+"), recording.customer.name)
        heard = sound.read(recording.customer).channels[0]
        self.assertGreater(sound.best_second(heard, AGENT), 0.9)
        until("it is done", lambda: self.server.callbacks() == [("done", 1)])

    def test_a_code_by_telephone_events_is_promised_and_kept(self) -> None:
        caller = Sipp("caller-code", self.server.external, "4711", self.files, "-d", "2500")
        self.addCleanup(caller.stop)
        caller.wait()
        self.assertEqual(self.server.callbacks(), [("in_queue", 0)])
        until("it is counted", lambda: self.server.metric("cordboard_callbacks_promised_total") == 1)
        self.calls_back()

    def test_a_code_by_info_is_promised_and_kept_by_the_next_start(self) -> None:
        caller = Sipp("caller-code-info", self.server.external, "4711", self.files, "-d", "2500")
        self.addCleanup(caller.stop)
        caller.wait()
        self.server.kill()
        self.server.start()
        self.calls_back()

    def test_the_caller_hears_so_and_no_key_is_in_the_log(self) -> None:
        caller = Phone(self.server.external, user=NUMBER)
        self.addCleanup(caller.close)
        caller.plays = sound.write(self.files / "440.wav", sound.tone(440, 10, 2000))
        caller.records = self.files / "caller.wav"
        call = caller.dial("4711")
        phones.wait("the caller is up", lambda: call.is_up)
        phones.live(2.5)
        call.dialDtmf("*1")
        phones.wait("the caller is hung up on", lambda: call.is_over)
        heard = phones.heard(self.files / "caller.wav").channels[0]
        self.assertGreater(sound.best_second(heard, ANNOUNCEMENT), 0.9)
        self.assertGreater(sound.best_second(heard, CONFIRMATION), 0.9)
        log = self.server.said()
        self.assertIn("asks to be called back", log)
        self.assertNotIn("*1", log)
        self.assertNotIn(NUMBER, log)
