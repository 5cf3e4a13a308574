"""Calls while PostgreSQL is there, gone, and back (F3)."""

from __future__ import annotations

import unittest

import phones
import postgres
import sound
from centre import ConfiguredServer, LiveTest, until
from phones import Call, Phone


class StoredServer(ConfiguredServer):
    """Its records go to PostgreSQL."""

    def __init__(self, database: str) -> None:
        super().__init__()
        self.database_url = database

    def server_keys(self) -> str:
        return f'database = "{self.database_url}"'

    def sections(self) -> str:
        return f'[[listener]]\nprofile = "internal"\nbind = "127.0.0.1:{self.internal}"'


@unittest.skipIf(postgres.programs() is None, "not installed: PostgreSQL")
class PostgresIsAway(LiveTest):
    """The database dies in a call, a second call begins and ends without it, and then it comes back."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.database = postgres.Postgres()
        cls.addClassCleanup(cls.database.remove)
        cls.database.start()

    def setUp(self) -> None:
        super().setUp()
        self.server = StoredServer(self.database.url).start()
        self.addCleanup(self.server.remove)
        self.agent = Phone(self.server.internal, self.server.agents[0])
        self.addCleanup(self.agent.close)
        self.caller = Phone(self.server.external)
        self.addCleanup(self.caller.close)
        self.agent.plays = sound.write(self.files / "880.wav", sound.tone(880, 5))
        self.caller.plays = sound.write(self.files / "440.wav", sound.tone(440, 5))

    def talk(self, name: str) -> Call:
        self.agent.records = self.files / f"agent-{name}.wav"
        self.caller.records = self.files / f"caller-{name}.wav"
        outside = self.caller.dial("5000")
        inside = self.agent.next_call(30)
        phones.wait("both are up", lambda: outside.is_up and inside.is_up)
        return outside

    def hang_up(self, call: Call, name: str) -> None:
        call.hang_up()
        phones.wait("all is over", lambda: all(each.is_over for each in self.agent.calls + self.caller.calls))
        for party, right in (("agent", 440), ("caller", 880)):
            heard = phones.heard(self.files / f"{party}-{name}.wav").channels[0]
            self.assertGreater(sound.best_second(heard, right), 0.9, f"{party}, {name}: {right} Hz")

    def test_calls_go_on_and_every_record_is_written_once(self) -> None:
        first = self.talk("first")
        phones.live(1)
        self.database.kill()
        phones.live(3)
        self.hang_up(first, "first")
        second = self.talk("second")
        phones.live(2)
        self.hang_up(second, "second")
        recordings = self.recorded(2)
        for recording in recordings:
            stereo = sound.read(recording.stereo)
            self.assertGreater(sound.mostly(stereo.part(0.5, stereo.seconds - 0.5, 0), 440), 0.85)
            self.assertGreater(sound.mostly(stereo.part(0.5, stereo.seconds - 0.5, 1), 880), 0.85)
        self.assertEqual(self.server.get("/healthz")[0], 503, "the database is missed")

        self.database.start()
        until("the server is well", lambda: self.server.get("/healthz")[0] == 200, 30)
        ended = "SELECT count(*) FROM conversations WHERE ended_us IS NOT NULL AND connected_us IS NOT NULL"
        until("both records have arrived", lambda: self.database.ask(ended) == ["2"], 30)
        self.assertEqual(self.database.ask("SELECT count(*) FROM conversations"), ["2"])
        self.assertEqual(self.database.ask("SELECT count(*) FROM legs"), ["4"])
        self.assertEqual(len({call["id"] for call in self.server.calls()}), len(self.server.calls()))
        self.assertEqual(len(self.server.calls()), 2)
        names = {recording.conversation for recording in recordings}
        self.assertEqual(set(self.database.ask("SELECT id FROM conversations")), names)
