"""A WebRTC peer that is no browser: aiortc behind the pages' protocol, with a tone as its microphone and ears on what comes."""

from __future__ import annotations

import asyncio
import fractions
import json
import threading
import time
from array import array
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import sound
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from av import AudioFrame, AudioResampler, VideoFrame
from centre import until
from websockets.asyncio.client import ClientConnection, connect

T = TypeVar("T")

FRAME = 960
RATE = 48_000


class Tone(MediaStreamTrack):
    """A microphone that hears one tone."""

    kind = "audio"

    def __init__(self, frequency: float) -> None:
        super().__init__()
        second = sound.tone(frequency, 1)
        self.frames = [second[at : at + FRAME // 6] for at in range(0, len(second), FRAME // 6)]
        self.count = 0
        self.start = time.monotonic()

    async def recv(self) -> AudioFrame:
        await asyncio.sleep(max(0, self.start + self.count * 0.02 - time.monotonic()))
        samples = self.frames[self.count % len(self.frames)]
        frame = AudioFrame(format="s16", layout="mono", samples=len(samples))
        frame.planes[0].update(array("h", (round(sample) for sample in samples)).tobytes())
        frame.sample_rate = sound.RATE
        frame.pts = self.count * len(samples)
        frame.time_base = fractions.Fraction(1, sound.RATE)
        self.count += 1
        return frame


class Camera(MediaStreamTrack):
    """A camera before a wall that grows lighter."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.start = time.monotonic()

    async def recv(self) -> VideoFrame:
        await asyncio.sleep(max(0, self.start + self.count / 15 - time.monotonic()))
        frame = VideoFrame(width=320, height=240, format="yuv420p")
        for plane in frame.planes:
            plane.update(bytes([self.count % 256]) * plane.buffer_size)
        frame.pts = self.count * 6000
        frame.time_base = fractions.Fraction(1, 90_000)
        self.count += 1
        return frame


class Page:
    """One page: its WebSocket, its connection, and what both have told."""

    def __init__(self, port: int, tone: float, *, cookie: str | None = None) -> None:
        self.tone = tone
        self.told: list[dict[str, Any]] = []
        self.heard: deque[int] = deque(maxlen=10 * sound.RATE)
        self.pictures = 0
        self.peer: RTCPeerConnection | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        headers = {"Origin": f"http://127.0.0.1:{port}"} | ({"Cookie": cookie} if cookie else {})
        url = f"ws://127.0.0.1:{port}/api/v1/page"
        self._socket: ClientConnection = self._do(connect(url, subprotocols=["cordboard.page.1"], additional_headers=headers).__aenter__())  # type: ignore[list-item]
        self._later(self._listen())

    def close(self) -> None:
        """As when the tab is closed."""

        async def all_of_it() -> None:
            if self.peer:
                await self.peer.close()
            await self._socket.close()

        self._do(all_of_it())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def say(self, **message: object) -> None:
        self._do(self._socket.send(json.dumps(message)))

    def expect(self, what: str, condition: Callable[[dict[str, Any]], bool], seconds: float = 15) -> dict[str, Any]:
        """The first message told so far, or from now on, of which this is true."""
        found = until(f"{what}; told: {self.told}", lambda: [each for each in list(self.told) if condition(each)], seconds)
        return found[0]

    def hello(self, **more: object) -> dict[str, Any]:
        self.say(type="hello", **more)
        return self.expect("a hello", lambda message: message["type"] == "hello")

    def call(self, **more: object) -> str:
        """Calls; the call's name."""
        self._begin()
        self.say(type="call", sdp=self._offer(), **more)
        answer = self.expect("an answer", lambda message: message["type"] in ("answer", "error"))
        assert answer["type"] == "answer", answer
        self._take(answer["sdp"])
        name: str = answer["call"]
        return name

    def accept(self, seconds: float = 20) -> str:
        """Waits until it rings, and takes it."""
        rings = self.expect("it rings", lambda message: message["type"] == "call" and message["state"] == "ringing", seconds)
        call: str = rings["call"]
        self._begin()
        self.say(type="accept", call=call, sdp=self._offer())
        answer = self.expect("an answer", lambda message: message["type"] in ("answer", "error"))
        assert answer["type"] == "answer", answer
        self._take(answer["sdp"])
        return call

    def show(self, call: str, codec: str = "VP8") -> None:
        """Turns the camera on: a new offer in the same call (R10)."""
        known = RTCRtpSender.getCapabilities("video").codecs

        async def look(peer: RTCPeerConnection) -> None:
            peer.addTrack(Camera())
            wanted = [each for each in known if each.mimeType == f"video/{codec}"]
            peer.getTransceivers()[-1].setCodecPreferences(wanted)

        assert self.peer
        self._do(look(self.peer))
        before = len(self._answers())
        self.say(type="offer", call=call, sdp=self._offer())
        until("an answer", lambda: len(self._answers()) > before)
        self._take(self._answers()[-1])

    def _answers(self) -> list[str]:
        return [message["sdp"] for message in list(self.told) if message["type"] == "answer"]

    def wait_for(self, call: str, state: str, seconds: float = 20) -> dict[str, Any]:
        return self.expect(f"{call} is {state}", lambda m: m["type"] == "call" and m["call"] == call and m["state"] == state, seconds)

    def share(self, frequency: float) -> float:
        """How much of what came in the last half second is this tone."""
        samples = array("h", list(self.heard)[-sound.RATE // 2 :])
        return sound.mostly(samples, frequency) if len(samples) >= sound.RATE // 2 else 0.0

    def port(self) -> int:
        """The server's port that browsers share, as the answer says it."""
        sdp = self.expect("an answer", lambda message: message["type"] == "answer")["sdp"]
        return int(sdp.split("m=audio ")[1].split()[0])

    def _begin(self) -> None:
        async def begin() -> RTCPeerConnection:
            peer = RTCPeerConnection()
            peer.addTrack(Tone(self.tone))
            peer.on("track", lambda track: asyncio.ensure_future(self._hear(track)))
            return peer

        self.peer = self._do(begin())

    def _offer(self) -> str:
        async def offer(peer: RTCPeerConnection) -> str:
            await peer.setLocalDescription(await peer.createOffer())
            sdp: str = peer.localDescription.sdp
            return sdp

        assert self.peer
        return self._do(offer(self.peer))

    def _take(self, sdp: str) -> None:
        assert self.peer
        self._do(self.peer.setRemoteDescription(RTCSessionDescription(sdp, "answer")))

    async def _hear(self, track: MediaStreamTrack) -> None:
        ears = AudioResampler(format="s16", layout="mono", rate=sound.RATE)
        try:
            while True:
                frame = await track.recv()
                if isinstance(frame, VideoFrame):
                    self.pictures += 1
                    continue
                for heard in ears.resample(frame):
                    self.heard.extend(array("h", bytes(heard.planes[0])[: 2 * heard.samples]))
        except Exception:  # noqa: BLE001: the track has ended
            return

    async def _listen(self) -> None:
        async for text in self._socket:
            self.told.append(json.loads(text))

    def _do(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(20)

    def _later(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop)
