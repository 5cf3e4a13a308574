"""A server of our own for a test: started on spare ports, watched, stopped or killed; and what it leaves behind."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import sound
from ports import spare_port, spare_range

BINARY = Path(os.environ["CORDBOARD_BIN"])
ROOT = Path(os.environ["CORDBOARD_ROOT"])
SCENARIOS = ROOT / "tools" / "sipp"

T = TypeVar("T")


def until(what: str, condition: Callable[[], T], seconds: float = 30, step: Callable[[], None] | None = None) -> T:
    """Waits for a condition and gives what it gave; fails, with the name of the wait, when the time is over."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:g} s in vain: {what}")
        (step or (lambda: time.sleep(0.02)))()


def way_out(carrier: str, *keys: str) -> str:
    """The sections of a trunk at this address, with keys of its own, by which every number is reached."""
    return "\n".join(
        [
            "",
            "[[trunk]]",
            'name = "carrier"',
            f'server = "{carrier}"',
            "options_s = 0",
            *keys,
            "[[outbound]]",
            'number = "+*"',
            'trunks = ["carrier"]',
            "",
        ]
    )


@dataclass(frozen=True)
class Agent:
    user: str
    password: str
    name: str


@dataclass(frozen=True)
class Recording:
    """The files of one segment."""

    stereo: Path
    customer: Path
    agent: Path

    @property
    def conversation(self) -> str:
        return self.stereo.name.split("_")[0]

    @property
    def sounds(self) -> tuple[Path, Path, Path]:
        return self.stereo, self.customer, self.agent


class Server:
    """`cordboard demo` in a directory of its own."""

    def __init__(self, *options: str) -> None:
        self.data = Path(tempfile.mkdtemp(prefix="cordboard-live-"))
        self.log = self.data / "server.log"
        self.options = options
        self.internal, self.external, self.http = (spare_port() for _ in range(3))
        self.rtp = spare_range(400)
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[object]:
        """What is started."""
        ports = ["--sip-port", self.internal, "--external-port", self.external, "--http-port", self.http]
        ports += ["--rtp-ports", f"{self.rtp.start}-{self.rtp.stop - 1}"]
        return [BINARY, "demo", "--data", self.data / "demo", *ports, *self.options]

    def start(self) -> Self:
        """Starts it, again too, and waits until it is well."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([str(word) for word in self.command()], stdout=log, stderr=log)
        try:
            until("the server is well", self._is_well, 60)
        except AssertionError as late:
            said = self.said()[-4000:]
            self.remove()
            raise AssertionError(f"the server did not start:\n{said}") from late
        return self

    def _is_well(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"exit code {self.process.returncode}")
        try:
            return self.get("/healthz")[0] == 200 and self.has_begun()
        except (OSError, http.client.HTTPException):
            return False

    def has_begun(self) -> bool:
        """Whether what tests look for is there."""
        return (self.data / "demo" / "demo.json").exists()

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of a page of the HTTP port."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def terminate(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """As a power cut would: nothing is said or closed."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def exit_code(self, seconds: float = 30) -> int:
        assert self.process is not None
        return self.process.wait(seconds)

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def remove(self) -> None:
        """Ends what runs and forgets the directory, unless CORDBOARD_KEEP wants it to be looked at."""
        if self.is_running():
            self.kill()
        if "CORDBOARD_KEEP" in os.environ:
            print(f"kept: {self.data}")
        else:
            shutil.rmtree(self.data, ignore_errors=True)

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def agents(self) -> list[Agent]:
        known = json.loads((self.data / "demo" / "demo.json").read_text())
        return [Agent(agent["user"], agent["password"], agent["name"]) for agent in known["agents"]]

    @property
    def recordings_dir(self) -> Path:
        return self.data / "demo" / "recordings"

    @property
    def database(self) -> Path:
        return self.data / "demo" / "cordboard.db"

    def recordings(self) -> list[Recording]:
        """Finished recordings, oldest first: those whose journal is gone."""
        found = []
        for customer in sorted(self.recordings_dir.rglob("*-customer.wav")):
            base = str(customer).removesuffix("-customer.wav")
            files = Recording(Path(f"{base}.wav"), customer, Path(f"{base}-agent.wav"))
            journal = Path(f"{base}.segment.json")
            if not journal.exists() and all(path.exists() for path in files.sounds):
                found.append(files)
        return found

    def calls(self) -> list[dict[str, Any]]:
        """The records of ended conversations."""
        path = self.data / "demo" / "calls.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def is_settled(self) -> bool:
        """Whether every call so far has ended and all that is kept of it is written."""
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as database:
            begun = database.execute("SELECT count(*) FROM conversations").fetchone()[0]
            talks = database.execute("SELECT count(*) FROM conversations WHERE connected_us IS NOT NULL").fetchone()[0]
        journals = list(self.recordings_dir.rglob("*.segment.json"))
        recorded = len(self.recordings()) if "--no-recording" not in self.options else talks
        return not journals and len(self.calls()) == begun and recorded == talks

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels; 0 if it is not there."""
        lines = re.findall(rf"^{name}(?:\{{[^}}]*\}})? (\S+)$", self.get("/metrics")[1], re.MULTILINE)
        return sum(float(line) for line in lines)


class ConfiguredServer(Server):
    """`cordboard run` with a configuration of its own: what every test needs of one, and before that what `sections` says.

    Callers come over UDP and TCP to `external`, on `address`; every number reaches the queue *Support*.
    """

    people: tuple[Agent, ...] = (Agent("1001", "a password of 1001", "Ada"),)
    address = "127.0.0.1"
    network = "127.0.0.0/8"

    def sections(self) -> str:
        """The listeners of the phones, and whatever else the test is about."""
        return ""

    def media_keys(self) -> str:
        """Where media is, and what peers are told of it."""
        return f'address = "{self.address}"'

    def server_keys(self) -> str:
        """Keys of the server besides its directory and its HTTP port."""
        return ""

    def http_address(self) -> str:
        """Where pages are served."""
        return f"127.0.0.1:{self.http}"

    def recording_keys(self) -> str:
        """Keys of what is recorded."""
        return ""

    def agent_keys(self) -> str:
        """Keys of every agent besides the user, the password and the name."""
        return ""

    def trunk_keys(self) -> str:
        """Keys of the trunk that is every caller's."""
        return ""

    def queue_keys(self) -> str:
        """Keys of the queue besides its name and its music."""
        return ""

    def command(self) -> list[object]:
        (self.data / "demo").mkdir(exist_ok=True)
        agents = [
            f'[[agent]]\nuser = "{agent.user}"\npassword = "{agent.password}"\nname = "{agent.name}"\n{self.agent_keys()}'
            for agent in self.people
        ]
        config = self.data / "cordboard.toml"
        config.write_text(
            f"""
[server]
data_dir = "demo"
http = "{self.http_address()}"
{self.server_keys()}
[media]
{self.media_keys()}
ports = "{self.rtp.start}-{self.rtp.stop - 1}"
[account]
name = "demo"
[recording]
enabled = true
{self.recording_keys()}
{self.sections()}
[[listener]]
profile = "external"
bind = "{self.address}:{self.external}"
[[queue]]
name = "Support"
music = {{ file = "{ROOT / "media" / "hold-music.wav"}" }}
{self.queue_keys()}
[[trunk]]
name = "callers"
from = ["{self.network}"]
{self.trunk_keys()}
[[route]]
number = "*"
to = {{ queue = "Support" }}
"""
            + "\n".join(agents)
        )
        return [BINARY, "run", "--config", config]

    def has_begun(self) -> bool:
        return True

    @property
    def agents(self) -> list[Agent]:
        return list(self.people)


class LiveTest(unittest.TestCase):
    """A test with a server for its class, and a directory for its files."""

    options: tuple[str, ...] = ("--no-greeting",)
    server: Server

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Server(*cls.options).start()
        cls.addClassCleanup(cls.server.remove)

    def setUp(self) -> None:
        if hasattr(self, "server") and self.server.is_running():
            until("the calls of the last test are filed", self.server.is_settled, 60)
        self.files = Path(tempfile.mkdtemp(prefix="cordboard-test-"))
        self.addCleanup(shutil.rmtree, self.files, ignore_errors=True)

    def tearDown(self) -> None:
        said = self.server.said()
        self.assertNotIn("panicked at", said, "the server panicked")

    def recorded(self, number: int = 1) -> list[Recording]:
        """Waits for as many finished recordings, and gives them."""

        def enough() -> list[Recording] | None:
            found = self.server.recordings()
            return found if len(found) >= number else None

        return until(f"{number} recordings are finished", enough, 15)

    def assert_complete(self, recording: Recording, caller: str, interrupted: bool = False) -> None:
        """The three files of a call belong together, and everything that is written of them agrees."""
        sounds = [sound.read(path) for path in recording.sounds]
        self.assertEqual([len(file.channels) for file in sounds], [2, 1, 1])
        self.assertEqual(len({len(file.channels[0]) for file in sounds}), 1, "one length")
        conversation, agent, customer, began = recording.stereo.stem.split("_")
        self.assertIn(caller, customer)
        self.assertIn(agent, [agent.name for agent in self.server.agents])
        self.assertRegex(began, r"^20\d{12}$")
        for path, file in zip(recording.sounds, sounds):
            about = json.loads(path.with_suffix(".json").read_text())
            self.assertEqual(about["conversation_id"], conversation)
            self.assertEqual(about["agent"]["name"], agent)
            self.assertIn(caller, about["customer"])
            self.assertAlmostEqual(about["milliseconds"], file.seconds * 1000, delta=1.5)
            self.assertEqual(about["interrupted"], interrupted)
            self.assertLess(about["start"], about["end"])
        self.assert_in_store(recording)

    def assert_in_store(self, recording: Recording) -> None:
        """The conversation is one line of calls.jsonl and one row, its files are three rows."""
        name = recording.conversation

        def lines() -> list[dict[str, Any]]:
            return [call for call in self.server.calls() if call["id"] == name]

        def rows(query: str) -> list[tuple[Any, ...]]:
            with contextlib.closing(sqlite3.connect(f"file:{self.server.database}?mode=ro", uri=True)) as database:
                return database.execute(query, (name,)).fetchall()

        until("the call's line in calls.jsonl", lines)
        self.assertEqual(len(lines()), 1, "one line in calls.jsonl")
        ended = "SELECT cause FROM conversations WHERE id = ? AND ended_us IS NOT NULL"
        until("the conversation's row", lambda: rows(ended))
        paths = until("the rows of the files", lambda: rows("SELECT path FROM files WHERE call = ? ORDER BY path"))
        expected = sorted(str(path.relative_to(self.server.recordings_dir)) for path in recording.sounds)
        self.assertEqual(sorted(path for (path,) in paths), expected)


class Sipp:
    """A SIPp that runs a scenario of tools/sipp, or of a path."""

    def __init__(
        self,
        scenario: str,
        port: int,
        number: str,
        folder: Path,
        *options: str,
        tcp: bool = False,
    ) -> None:
        self.errors = folder / f"{scenario}-errors.log"
        command = ["sipp", f"127.0.0.1:{port}", "-sf", str(SCENARIOS / f"{scenario}.xml"), "-s", number]
        own = options[options.index("-p") + 1] if "-p" in options else str(spare_port())
        self.port = int(own)
        command += ["-i", "127.0.0.1", "-p", own, "-mp", str(spare_port(2)), "-m", "1", "-nostdin"]
        command += ["-trace_err", "-error_file", str(self.errors), "-timeout", "60", "-timeout_error", *options]
        command += ["-t", "t1"] if tcp else []
        self.scenario = scenario
        self.screen = folder / f"{scenario}-screen.log"
        with self.screen.open("wb") as screen:
            self.process = subprocess.Popen(command, cwd=folder, stdout=screen, stderr=screen)

    def is_running(self) -> bool:
        return self.process.poll() is None

    def listens(self) -> bool:
        """Whether it can be called yet. To try it by binding would take its port away."""
        return f":{self.port:04X} " in Path("/proc/net/udp").read_text()

    def wait(self, seconds: float = 30) -> None:
        """Waits for its end, and fails if a message was not as the scenario wants it."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.stop()
            raise AssertionError(f"{self.scenario} did not end: {self._said()}") from None
        assert code == 0, f"{self.scenario}: SIPp says {code}: {self._said()}"

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def _said(self) -> str:
        if self.errors.exists():
            return self.errors.read_text(errors="replace")[:2000]
        return self.screen.read_text(errors="replace")[-1500:]


def invite(port: int, number: str, seconds: float = 5) -> str:
    """Sends a bare INVITE over UDP and gives the final answer, acknowledged; for what a phone would hide."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.settimeout(seconds)
        here = f"127.0.0.1:{phone.getsockname()[1]}"
        uri = f"sip:{number}@127.0.0.1:{port}"
        body = f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {spare_port()} RTP/AVP 0\r\n"

        def request(method: str, to: str, content: str) -> bytes:
            head = [
                f"{method} {uri} SIP/2.0",
                f"Via: SIP/2.0/UDP {here};rport;branch=z9hG4bK{here}",
                "Max-Forwards: 70",
                f"From: <sip:4930666@127.0.0.1>;tag={here}",
                f"To: {to}",
                f"Call-ID: {here}",
                f"CSeq: 1 {method}",
                f"Contact: <sip:4930666@{here}>",
                f"Content-Type: application/sdp\r\nContent-Length: {len(content)}",
            ]
            return ("\r\n".join(head) + "\r\n\r\n" + content).encode()

        phone.sendto(request("INVITE", f"<{uri}>", body), ("127.0.0.1", port))
        while True:
            answer = phone.recv(65_535).decode()
            if not answer.startswith("SIP/2.0 1"):
                break
        to = next(line[3:].strip() for line in answer.splitlines() if line.lower().startswith("to:"))
        phone.sendto(request("ACK", to, ""), ("127.0.0.1", port))
        return answer


def raw_tone(path: Path, law: str = "ul", frequency: int = 440, seconds: int = 10) -> Path:
    """A file of bare G.711, as SIPp plays it."""
    command = ["sox", "-n", "-r", "8000", "-c", "1", "-t", law, str(path)]
    subprocess.run([*command, "synth", str(seconds), "sine", str(frequency), "gain", "-6"], check=True)
    return path
