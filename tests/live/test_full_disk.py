"""A disk that is full: calls go on, the recording says what is missing, somebody is told, and it goes on when there is room (F2)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import centre
import phones
import sound
from centre import LiveTest
from phones import Phone


class FullDisk(LiveTest):
    """Recordings lie on a small disk of their own."""

    @classmethod
    def setUpClass(cls) -> None:
        """The server of the test has another disk."""

    def setUp(self) -> None:
        super().setUp()
        self.server = centre.Server(*self.options)
        self.addCleanup(self.server.remove)
        disk = self.server.recordings_dir
        disk.mkdir(parents=True)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], capture_output=True, text=True)
        if mounted.returncode:
            self.skipTest(f"nothing can be mounted here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "--lazy", str(disk)], check=False)
        self.server.start()
        self.caller = Phone(self.server.external, user="4930777")
        self.agent = Phone(self.server.internal, self.server.agents[0])
        for phone in (self.caller, self.agent):
            self.addCleanup(phone.close)
        self.caller.plays = sound.write(self.files / "440.wav", sound.tone(440, 5))
        self.agent.plays = sound.write(self.files / "880.wav", sound.tone(880, 5))
        self.caller.records = self.files / "caller.wav"
        self.agent.records = self.files / "agent.wav"

    def fill(self) -> Path:
        """Takes all the room that is left."""
        filler = self.server.recordings_dir / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                return filler

    def health(self) -> dict[str, object]:
        told: dict[str, object] = json.loads(self.server.get("/healthz")[1])
        return told

    def test_calls_go_on_the_recording_has_a_marked_gap_and_goes_on_when_there_is_room(self) -> None:
        outside = self.caller.dial("5000")
        inside = self.agent.next_call(30)
        phones.wait("both are up", lambda: outside.is_up and inside.is_up)
        phones.live(4)
        filler = self.fill()
        phones.wait("the health says so", lambda: self.health()["recordings_ok"] is False, 60)
        self.assertIn("No space left", self.server.said())
        phones.live(4)
        self.assertTrue(outside.is_up and inside.is_up, "the call goes on")
        filler.unlink()
        phones.wait("the disk takes everything again", lambda: self.health()["recordings_ok"] is True, 90)
        phones.live(5)
        self.assertTrue(outside.is_up and inside.is_up)
        outside.hang_up()
        phones.wait("the call is over", lambda: inside.is_over)

        for path, tone in ((self.caller.records, 880), (self.agent.records, 440)):
            heard = phones.heard(path)
            self.assertGreater(sound.mostly(heard.part(1, heard.seconds - 1), tone), 0.8, "they hear each other all the time")
        [recording] = self.recorded()
        stereo = sound.read(recording.stereo)
        about = json.loads(recording.stereo.with_suffix(".json").read_text())
        self.assertTrue(about["gaps"], "it says that something is missing")
        self.assertEqual(len({len(sound.read(path).channels[0]) for path in recording.sounds}), 1, "one length")
        for channel, tone in ((0, 440), (1, 880)):
            self.assertGreater(sound.mostly(stereo.part(1, 3, channel), tone), 0.85, "before")
            end = stereo.seconds
            self.assertGreater(sound.mostly(stereo.part(end - 4, end - 0.5, channel), tone), 0.85, "and after")

        again = self.caller.dial("5000")
        next_call = self.agent.next_call(30)
        phones.wait("the next are up", lambda: again.is_up and next_call.is_up, 30)
        phones.live(3)
        again.hang_up()
        after = self.recorded(2)[-1]
        self.assertFalse(json.loads(after.stereo.with_suffix(".json").read_text())["gaps"], "the next one is whole")
