"""Recorded pictures (R88, R92): what a browser's camera shows is decoded from the file by another reader, at its time."""

from __future__ import annotations

import hashlib
import io
import json
import time
import urllib.request
from pathlib import Path
from typing import Any

import av
import sound
from centre import until
from test_api import ApiServer
from test_browser_media import AGENT, CALLER, AtPages
from test_delivery import S3Server
from webrtc import Page


def shade(frame: av.VideoFrame) -> int:
    """How light the middle of a picture is."""
    plane = frame.planes[0]
    line = plane.height // 2 * plane.line_size
    return bytes(plane)[line + plane.width // 2]


class FilmServer(ApiServer):
    def recording_keys(self) -> str:
        return "video = true"


class DeliveringFilmServer(FilmServer):
    """What is recorded goes to an object store, and stays there alone."""

    storage: S3Server

    def server_keys(self) -> str:
        return 'storage_networks = ["127.0.0.0/8"]'

    def sections(self) -> str:
        return f"""{super().sections()}
[storage]
kind = "s3"
endpoint = "http://127.0.0.1:{self.storage.port}"
bucket = "recordings"
user = "key"
password = "secret"
keep_local = false
"""


class AtCameras(AtPages):
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

    def listed(self, name: str) -> dict[str, Any]:
        """What the API says of a file, once it has heard of it."""

        def found() -> list[dict[str, Any]]:
            recordings = self.ok("GET", "/api/v1/recordings?limit=100")["recordings"]
            return [each for each in recordings if each["name"] == name]

        return until("it is listed", found, 20)[0]


class Films(AtCameras):
    kind = FilmServer

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
        row = self.listed(film.name)
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


class DeliveredFilms(AtCameras):
    kind = DeliveringFilmServer

    @classmethod
    def setUpClass(cls) -> None:
        cls.there = DeliveringFilmServer.storage = S3Server()
        cls.addClassCleanup(cls.there.process.kill)
        super().setUpClass()

    def test_r99_pictures_go_to_the_storage_with_the_sound_and_go_from_there_alone(self) -> None:
        customer, call, desk, ringing = self.talk("VP8")
        customer.say(type="hang_up", call=call)
        desk.wait_for(ringing, "over")

        def there(*endings: str) -> dict[str, bytes]:
            return {name: data for name, data in self.there.found().items() if name.endswith(endings)}

        until("sound and pictures are there", lambda: len(there(".wav", ".webm")) >= 4, 90, lambda: time.sleep(0.2))
        until("nothing waits", lambda: self.server.metric("cordboard_deliveries_waiting") == 0, 60, lambda: time.sleep(0.2))
        [(name, film)] = there("-customer-video.webm").items()
        row = self.listed(Path(name).name)
        self.assertEqual((row["bytes"], row["sha256"]), (len(film), hashlib.sha256(film).hexdigest()))
        with av.open(io.BytesIO(film)) as container:
            self.assertGreater(sum(1 for _ in container.decode(video=0)), 20)
        told = json.loads(there("-customer-video.json").popitem()[1])
        self.assertEqual((told["content"], told["pictures"]["codec"]), ("customer_video", "vp8"))
        until("nothing of it is here any more", lambda: not list(self.server.recordings_dir.rglob("*.webm")), 20)

        sounds = there(".wav")
        self.assertEqual(self.admin.ask("DELETE", f"/api/v1/recordings/{row['id']}")[0], 204)
        until("it is gone there, and what told of it", lambda: not there("-customer-video.webm", "-customer-video.json"), 60, lambda: time.sleep(0.2))
        self.assertEqual(there(".wav"), sounds, "each file goes alone (R109)")
