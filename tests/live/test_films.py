"""Recorded pictures (R88, R92): what a browser's camera shows is decoded from the file by another reader, at its time."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import av
import sound
from centre import until
from test_api import ApiServer
from test_browser_media import AGENT, CALLER, AtPages
from webrtc import Page


def shade(frame: av.VideoFrame) -> int:
    """How light the middle of a picture is."""
    plane = frame.planes[0]
    line = plane.height // 2 * plane.line_size
    return bytes(plane)[line + plane.width // 2]


class FilmServer(ApiServer):
    def recording_keys(self) -> str:
        return "video = true"


class Films(AtPages):
    kind = FilmServer

    def talk(self, codec: str) -> tuple[Page, str, Page, str]:
        """A call with the customer's camera on, which the agent sees."""
        desk, customer = self.desk(), self.customer()
        call = customer.call()
        ringing = desk.accept()
        until("the agent is heard", lambda: customer.share(AGENT) > 0.9, 20)
        customer.show(call, codec)
        desk.show(ringing, codec)
        until("pictures at the desk", lambda: desk.pictures > 30, 40)
        return customer, call, desk, ringing

    def films(self, ending: str) -> list[Path]:
        """Finished films of customers, oldest first: those that are described."""
        found = sorted(self.server.recordings_dir.rglob(f"*-customer-video.{ending}"))
        return [film for film in found if film.with_suffix(".json").exists()]

    def assert_shows(self, film: Path) -> None:
        """The camera's wall grows lighter with time: 15 shades a second, each at its own."""
        with av.open(str(film)) as container:
            assert container.duration is not None
            lasts = container.duration / 1e6
            frames = [(frame.time, shade(frame)) for frame in container.decode(video=0)]
        self.assertGreater(len(frames), 20)
        wav = sound.read(Path(str(film).rsplit("-video", 1)[0] + ".wav"))
        spoken = len(wav.channels[0]) / sound.RATE
        self.assertAlmostEqual(lasts, spoken, delta=0.3, msg="as long as the sound")
        self.assertGreater(frames[0][0], 0.5, "the camera came later than the talk")
        self.assertLess(frames[-1][0], spoken + 0.3)
        steps = [(b - a, (bright_b - bright_a) % 256) for (a, bright_a), (b, bright_b) in zip(frames, frames[10:])]
        near = [abs(seconds - shades / 15) < 0.25 for seconds, shades in steps]
        self.assertGreater(sum(near), 0.8 * len(near), steps)

    def served(self, film: Path) -> None:
        """The API lists it, and gives it whole and in parts."""

        def listed() -> list[dict[str, Any]]:
            found = self.ok("GET", "/api/v1/recordings?limit=100")
            found = found["recordings"] if isinstance(found, dict) else found
            return [each for each in found if each["name"] == film.name]

        [row] = until("it is listed", listed, 20)
        self.assertEqual(row["content"], "customer_video")
        self.assertEqual(row["bytes"], film.stat().st_size)
        url = f"http://127.0.0.1:{self.server.http}/api/v1/recordings/{row['id']}/audio"
        ranged = urllib.request.Request(url, headers={"Cookie": self.admin.headers["Cookie"], "Range": "bytes=0-3"})
        with urllib.request.urlopen(ranged, timeout=10) as answer:
            self.assertEqual((answer.status, answer.read()), (206, bytes.fromhex("1a45dfa3")))
            self.assertIn(answer.headers["Content-Type"], ("video/webm", "video/matroska"))

    def records(self, codec: str, ending: str) -> None:
        before = len(self.films(ending))
        customer, call, desk, ringing = self.talk(codec)
        customer.say(type="hang_up", call=call)
        desk.wait_for(ringing, "over")
        film = until("a film", lambda: self.films(ending)[before:], 30)[-1]
        self.assert_shows(film)
        told = json.loads(film.with_suffix(".json").read_text())
        self.assertEqual((told["content"], told["pictures"]["width"], told["gaps"]), ("customer_video", 320, False))
        self.served(film)

    def test_r92_vp8_is_recorded_as_webm(self) -> None:
        self.records("VP8", "webm")

    def test_r92_h264_is_recorded_as_matroska(self) -> None:
        self.records("H264", "mkv")

    def test_f1_what_was_shown_before_a_kill_is_there_after_the_next_start(self) -> None:
        before = len(self.films("webm"))
        self.talk("VP8")
        self.server.kill()
        self.server.start()
        film = until("the film is finished", lambda: self.films("webm")[before:], 30)[-1]
        with av.open(str(film)) as container:
            self.assertGreater(sum(1 for _ in container.decode(video=0)), 20)
        self.assertTrue(json.loads(film.with_suffix(".json").read_text())["interrupted"])
