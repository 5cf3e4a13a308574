"""Chromium for tests: with a tone as its microphone, ears on what it receives, and eyes: axe, and pictures of what is shown."""

from __future__ import annotations

import json
import os
import unittest
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

ROOT = Path(os.environ["CORDBOARD_ROOT"])
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
SHOTS = TARGET / "pages"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--auto-select-desktop-capture-source=Entire screen",
]

# As patient as clicks are: on a busy machine a page takes its time.
expect.set_options(timeout=30_000)

# The microphone speaks one tone. Chromium's own fake one beeps, whatever file it is given; and what browsers do for speech
# would take a tone for noise.
VOICE = """
const devices = navigator.mediaDevices;
const open = devices?.getUserMedia.bind(devices);
if (open) devices.getUserMedia = async (wanted) => {
  const stream = await open(wanted);
  if (!wanted.audio) return stream;
  for (const track of stream.getAudioTracks()) track.stop();
  const context = new AudioContext();
  await context.resume();
  const voice = context.createOscillator();
  const volume = context.createGain();
  const microphone = context.createMediaStreamDestination();
  voice.frequency.value = FREQUENCY;
  volume.gain.value = 0.25;
  voice.connect(volume).connect(microphone);
  voice.start();
  return new MediaStream([...microphone.stream.getAudioTracks(), ...stream.getVideoTracks()]);
};
"""

# Keeps what every peer connection of a page receives, for `hear` and `sees`.
EARS = """
window.__tracks = [];
window.__peers = [];
const Peer = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Peer {
  constructor(...args) {
    super(...args);
    window.__peers.push(this);
    this.addEventListener('track', ({ track }) => window.__tracks.push(track));
  }
};
"""

HEAR = """
async ([seconds]) => {
  const track = window.__tracks.filter((t) => t.kind === 'audio' && t.readyState === 'live').at(-1);
  if (!track) return null;
  const context = new AudioContext({ sampleRate: 16000 });
  await context.resume();
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const ear = context.createScriptProcessor(1024, 1, 1);
  const heard = [];
  ear.onaudioprocess = ({ inputBuffer }) => heard.push(...inputBuffer.getChannelData(0));
  source.connect(ear).connect(context.destination);
  await new Promise((done) => setTimeout(done, seconds * 1000));
  source.disconnect();
  await context.close();
  return heard.map((sample) => Math.round(sample * 32767));
}
"""

FRAMES = """
async () => {
  let frames = 0;
  for (const peer of window.__peers) {
    if (peer.connectionState === 'closed') continue;
    for (const stats of (await peer.getStats()).values()) {
      if (stats.type === 'inbound-rtp' && stats.kind === 'video') frames += stats.framesDecoded ?? 0;
    }
  }
  return frames;
}
"""

# The way that a page's sound takes now: by what, and where to.
PATH = """
async () => {
  for (const peer of window.__peers.toReversed()) {
    if (peer.connectionState !== 'connected') continue;
    const report = await peer.getStats();
    const transport = [...report.values()].find(({ type }) => type === 'transport');
    const pair = report.get(transport?.selectedCandidatePairId);
    const remote = report.get(pair?.remoteCandidateId);
    if (remote) return [remote.protocol, remote.address, remote.port];
  }
  return null;
}
"""

HEARD_RATE = 16000


class Person:
    """A browser of its own: who speaks says one tone."""

    def __init__(self, playwright: Playwright, voice: float | None = None, flags: Sequence[str] = ()) -> None:
        self.voice = voice
        self.browser: Browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])

    def context(self, **options: Any) -> BrowserContext:
        options = {"locale": "en-GB", "ignore_https_errors": True, **options}
        context = self.browser.new_context(**options)
        context.add_init_script(EARS)
        if self.voice is not None:
            context.add_init_script(VOICE.replace("FREQUENCY", str(self.voice)))
        return context

    def page(self, **options: Any) -> Page:
        return self.context(**options).new_page()

    def close(self) -> None:
        self.browser.close()


def hear(page: Page, seconds: float = 1.0) -> list[int]:
    """What the page receives now, at `HEARD_RATE`."""
    heard: list[int] | None = page.evaluate(HEAR, [seconds])
    assert heard is not None, "the page receives no sound"
    return heard


def receives(page: Page) -> bool:
    """Whether sound comes to the page at all."""
    found: bool = page.evaluate("window.__tracks.some((track) => track.kind === 'audio' && track.readyState === 'live')")
    return found


def frames(page: Page) -> int:
    """Pictures that the page has decoded so far."""
    count: int = page.evaluate(FRAMES)
    return count


def path(page: Page) -> tuple[str, str, int] | None:
    """By what the sound of the page travels, and where to."""
    found = page.evaluate(PATH)
    return found and tuple(found)


def violations(page: Page) -> list[str]:
    """What axe finds wrong with the page as it is."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run({ resultTypes: ['violations'] })).violations")
    told = []
    for each in found:
        nodes = [f"{node['target']}: {node['failureSummary']}" for node in each["nodes"][:4]]
        told.append(f"{each['id']}: {each['help']}\n  " + "\n  ".join(nodes))
    return told


def shoot(page: Page, name: str) -> None:
    """A picture of the page, to be looked at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SHOTS / f"{name}.png"), full_page=True, animations="disabled")


class BrowserTest(unittest.TestCase):
    """A test with browsers, which are gone after it."""

    playwright: Playwright
    #: How long a page takes to show what it has been given.
    settles_ms = 150

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        manager = sync_playwright()
        cls.playwright = manager.start()
        cls.addClassCleanup(cls.playwright.stop)

    def person(self, voice: float | None = None, flags: Sequence[str] = ()) -> Person:
        """`flags`: more of Chromium's; of two of a kind the last one counts."""
        person = Person(self.playwright, voice, flags)
        self.addCleanup(person.close)
        return person

    def assert_accessible(self, page: Page, name: str) -> None:
        found = violations(page)
        self.assertEqual(found, [], f"{name}: axe says\n" + "\n".join(found))

    def look(self, page: Page, name: str) -> None:
        """One state: no fault, and pictures in light and dark, wide and as on a phone."""
        page.wait_for_timeout(self.settles_ms)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.set_viewport_size({"width": 1280, "height": 800})
            self.assert_accessible(page, f"{name}, {scheme}")
            shoot(page, f"{name}-{scheme}")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 390, "height": 780})
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        self.assertLessEqual(overflow, 0, f"{name} is wider than a phone")
        shoot(page, f"{name}-phone")
        page.set_viewport_size({"width": 1280, "height": 800})

    def watch(self, page: Page) -> None:
        """A page that throws, or breaks its own policy, fails the test."""
        said: list[str] = []
        page.on("pageerror", lambda error: said.append(str(error)))

        def console(message: Any) -> None:
            if message.type == "error" and "Content Security Policy" in message.text:
                said.append(message.text)

        page.on("console", console)
        self.addCleanup(lambda: self.assertEqual(said, [], "the page has thrown"))


def answer(body: Any, status: int = 200) -> Callable[[Any], None]:
    """A route that answers with JSON."""
    return lambda route: route.fulfill(status=status, content_type="application/json", body=json.dumps(body))
