"""Recordings reach a real SFTP server and a real object store through a network that cuts, slows, refuses and corrupts: all of them, whole, once (F4)."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
from pathlib import Path
from typing import Any

import asyncssh

from centre import BINARY, until
from ports import spare_port
from test_api import PASSWORD, ApiServer, Client

# CORDBOARD_DELIVERIES=300 is the long run: ten minutes for each kind of storage.
FILES = int(os.environ.get("CORDBOARD_DELIVERIES", "24"))
PATIENCE = 10 * max(FILES, 24)
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def call_id(number: int) -> str:
    """An id as the server makes them."""
    value, text = ((1_790_000_000_000 + number) << 20) | number, ""
    for _ in range(13):
        text = ALPHABET[value % 32] + text
        value //= 32
    return text


def wav(samples: bytes) -> bytes:
    size = len(samples)
    head = b"RIFF" + (size + 36).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    head += b"\x01\0\x01\0" + (8000).to_bytes(4, "little") + (16000).to_bytes(4, "little") + b"\x02\0\x10\0"
    return head + b"data" + size.to_bytes(4, "little") + samples


def fabricate(data: Path, count: int) -> dict[str, str]:
    """Recordings as a server leaves them: by path, their hashes."""
    hashes = {}
    day = data / "recordings" / "demo" / "2026" / "03" / "04"
    day.mkdir(parents=True)
    for number in range(count):
        sound = wav(random.randbytes(2 * random.randrange(800, 80_000)))
        name = f"{call_id(number)}_Ada_+4930{number}_20260304050607-customer"
        (day / f"{name}.wav").write_bytes(sound)
        sha256 = hashlib.sha256(sound).hexdigest()
        hashes[f"demo/2026/03/04/{name}.wav"] = sha256
        told = {
            "conversation_id": call_id(number),
            "segment": 1,
            "call_ids": [f"{number}@host"],
            "account": "demo",
            "customer": f"+4930{number}",
            "called": "100",
            "agent": {"id": 1, "name": "Ada"},
            "content": "customer",
            "start": "2026-03-04T05:06:07Z",
            "end": "2026-03-04T05:06:17Z",
            "milliseconds": (len(sound) - 44) // 16,
            "channels": 1,
            "sample_rate": 8000,
            "gaps": False,
            "interrupted": False,
            "sha256": sha256,
        }
        (day / f"{name}.json").write_text(json.dumps(told))
    return hashes


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def do(self, work: Any) -> Any:
        async def wait() -> Any:
            return await work

        return asyncio.run_coroutine_threadsafe(wait(), self.loop).result(30)


class Proxy:
    """Passes TCP on; every connection may be refused, cut, slowed or corrupted: four of `kindness` and four. One that is harmed lasts for some of `lasts` bytes."""

    def __init__(self, loop: Loop, target: int, kindness: int, lasts: tuple[int, int]) -> None:
        self.target, self.kindness, self.lasts, self.faults, self.harm = target, kindness, lasts, {"none": 0}, True
        self.dice = random.Random(7)
        self.is_away = False
        self.open: set[asyncio.StreamWriter] = set()
        self.loop = loop
        self.server = loop.do(asyncio.start_server(self.meet, "127.0.0.1", 0))
        self.port: int = self.server.sockets[0].getsockname()[1]

    def go_away(self, away: bool) -> None:
        """Nobody gets through, and whoever did is cut off; or as before."""

        async def cut() -> None:
            self.is_away = away
            for writer in self.open if away else ():
                writer.transport.abort()

        self.loop.do(cut())

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_away:
            writer.transport.abort()
            return
        self.open.add(writer)
        try:
            await self.pass_both(reader, writer)
        finally:
            self.open.discard(writer)

    async def pass_both(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kinds = ["refuse", "cut", "slow", "corrupt", *["none"] * self.kindness]
        fault = self.dice.choice(kinds) if self.harm else "none"
        self.faults[fault] = self.faults.get(fault, 0) + 1
        if fault == "refuse":
            writer.close()
            return
        with contextlib.suppress(OSError):
            other_reader, other_writer = await asyncio.open_connection("127.0.0.1", self.target)
            limit = self.dice.randrange(*self.lasts) if fault != "none" else None
            there = asyncio.create_task(self.pass_on(reader, other_writer, fault, limit))
            back = asyncio.create_task(self.pass_on(other_reader, writer, "none", None))
            await asyncio.wait([there, back], return_when=asyncio.FIRST_COMPLETED)
            if fault in ("cut", "slow"):
                back.cancel()
            await asyncio.wait([there, back], timeout=5)
        writer.close()

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: str, limit: int | None) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while piece := await reader.read(8_192):
                if fault in ("cut", "slow") and limit is not None and passed + len(piece) > limit:
                    writer.transport.abort()
                    return
                if fault == "corrupt" and limit is not None and passed <= limit < passed + len(piece):
                    at = limit - passed
                    piece = piece[:at] + bytes([piece[at] ^ 0xFF]) + piece[at + 1 :]
                if fault == "slow":
                    await asyncio.sleep(0.002)
                passed += len(piece)
                writer.write(piece)
                await writer.drain()
            writer.write_eof()


class SftpServer:
    """asyncssh's, in a folder, with a password."""

    def __init__(self, loop: Loop) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="cordboard-sftp-"))
        key = asyncssh.generate_private_key("ssh-ed25519")
        self.fingerprint = key.get_fingerprint()
        root = self.root

        class Door(asyncssh.SSHServer):
            def begin_auth(self, username: str) -> bool:
                return True

            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                return (username, password) == ("cordboard", "a long password")

        class Files(asyncssh.SFTPServer):
            def __init__(self, chan: Any) -> None:
                super().__init__(chan, chroot=str(root).encode())

        self.listener = loop.do(asyncssh.create_server(Door, "127.0.0.1", 0, server_host_keys=[key], sftp_factory=Files))
        self.port: int = self.listener.get_port()

    def found(self) -> dict[str, bytes]:
        return {str(path.relative_to(self.root)): path.read_bytes() for path in self.root.rglob("*") if path.is_file()}


class S3Server:
    """moto's, which believes every signature."""

    def __init__(self) -> None:
        self.port = spare_port()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until("moto is there", self._is_there, 60)
        self.ask("PUT", "/recordings")

    def _is_there(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def ask(self, method: str, path: str) -> bytes | None:
        """What it answers; `None` where nothing is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, headers={"Authorization": "AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x"})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status < 300 or answer.status == 404, (answer.status, body)
        return body if answer.status < 300 else None

    def found(self) -> dict[str, bytes]:
        names: list[str] = []
        marker = ""
        while True:
            text = (self.ask("GET", f"/recordings?list-type=2&max-keys=1000{marker}") or b"").decode()
            names += [part.split("</Key>")[0] for part in text.split("<Key>")[1:]]
            if "<NextContinuationToken>" not in text:
                break
            marker = "&continuation-token=" + text.split("<NextContinuationToken>")[1].split("<")[0]
        # What has a temporary name may be gone by now.
        found = {name: self.ask("GET", "/recordings/" + urllib.parse.quote(name)) for name in names}
        return {name: sound for name, sound in found.items() if sound is not None}


class DeliveringServer(ApiServer):
    """Recordings lie here already; the storage is what the test says."""

    storage = ""

    def sections(self) -> str:
        return f"""
[[listener]]
profile = "internal"
bind = "127.0.0.1:{self.internal}"
[storage]
path = "in"
{self.storage}
"""

    def command(self) -> list[object]:
        command = super().command()
        config = self.data / "cordboard.toml"
        text = config.read_text()
        if "storage_networks" not in text:
            config.write_text(text.replace("[server]", '[server]\nstorage_networks = ["127.0.0.0/8"]', 1))
        return command

    def metric(self, name: str) -> float:
        lines = self.get("/metrics")[1].splitlines()
        return next((float(line.split()[-1]) for line in lines if line.startswith(name + " ")), 0.0)


class Delivery(unittest.TestCase):
    def prepare(self, storage: str, count: int = FILES) -> tuple[DeliveringServer, dict[str, str]]:
        server = DeliveringServer()
        self.addCleanup(server.remove)
        server.storage = storage
        data = server.data / "demo"
        data.mkdir(exist_ok=True)
        hashes = fabricate(data, count)
        done = subprocess.run([BINARY, "recordings", "repair", "--data", data], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"{count} segments were missing", done.stdout)
        return server, hashes

    def deliver(self, server: DeliveringServer, proxy: Proxy, there: Any, hashes: dict[str, str]) -> None:
        """Starts it, kills it half way, starts it again, and waits for all."""
        server.start()

        def sounds() -> dict[str, bytes]:
            return {name: sound for name, sound in there.found().items() if name.endswith(".wav")}

        until("some are there", lambda: len(sounds()) >= FILES // 4, PATIENCE, lambda: time.sleep(0.5))
        server.kill()
        self.assert_whole(there, hashes)
        server.start()
        until("half of them are there", lambda: len(sounds()) >= FILES // 2, PATIENCE, lambda: time.sleep(0.5))
        proxy.harm = False
        # What failed often waits long: the rest may take as long as that.
        until("all are there", lambda: len(sounds()) == FILES, PATIENCE + 300, lambda: time.sleep(0.5))
        until("nothing waits", lambda: server.metric("cordboard_deliveries_waiting") == 0, 60, lambda: time.sleep(0.5))
        self.assert_whole(there, hashes)
        described = [name for name in there.found() if name.endswith(".json")]
        self.assertEqual(len(described), FILES)
        told = json.loads(there.found()[described[0]])
        self.assertEqual(told["agent"]["name"], "Ada")
        left = [name for name in there.found() if name.endswith(".part")]
        self.assertEqual(left, [])
        harmed = {kind: count for kind, count in proxy.faults.items() if kind != "none"}
        self.assertGreaterEqual(len(harmed), 3, f"the network was too kind: {proxy.faults}")

    def assert_whole(self, there: Any, hashes: dict[str, str]) -> None:
        """No final name has anything but a whole recording."""
        for name, sound in there.found().items():
            if name.endswith(".wav"):
                self.assertEqual(hashlib.sha256(sound).hexdigest(), hashes[name.removeprefix("in/")], name)

    def test_sftp(self) -> None:
        loop = Loop()
        there = SftpServer(loop)
        # One connection is for many files here: none of them lasts.
        proxy = Proxy(loop, there.port, kindness=0, lasts=(100_000, 900_000))
        server, hashes = self.prepare(
            f'kind = "sftp"\nhost = "127.0.0.1"\nport = {proxy.port}\nuser = "cordboard"\npassword = "a long password"\nhost_key = "{there.fingerprint}"'
        )
        self.deliver(server, proxy, there, hashes)

    def test_s3(self) -> None:
        there = S3Server()
        self.addCleanup(there.process.kill)
        # Each file takes several connections here.
        proxy = Proxy(Loop(), there.port, kindness=20, lasts=(2_000, 300_000))
        server, hashes = self.prepare(
            f'kind = "s3"\nendpoint = "http://127.0.0.1:{proxy.port}"\nbucket = "recordings"\nuser = "key"\npassword = "secret"\nkeep_local = false'
        )
        self.deliver(server, proxy, there, hashes)
        here = [path for path in (server.data / "demo" / "recordings").rglob("*.wav")]
        self.assertEqual(here, [], "what is there is not here any more, as it is set")

    def test_what_is_deleted_goes_from_an_sftp_server_that_was_away(self) -> None:
        loop = Loop()
        there = SftpServer(loop)
        proxy = Proxy(loop, there.port, kindness=1, lasts=(1, 2))
        storage = f'kind = "sftp"\nhost = "127.0.0.1"\nport = {proxy.port}\nuser = "cordboard"\npassword = "a long password"\nhost_key = "{there.fingerprint}"'
        self.delete(there, proxy, storage)

    def test_what_is_deleted_goes_from_an_object_store_that_was_away(self) -> None:
        there = S3Server()
        self.addCleanup(there.process.kill)
        proxy = Proxy(Loop(), there.port, kindness=1, lasts=(1, 2))
        storage = f'kind = "s3"\nendpoint = "http://127.0.0.1:{proxy.port}"\nbucket = "recordings"\nuser = "key"\npassword = "secret"\nkeep_local = false'
        self.delete(there, proxy, storage)

    def delete(self, there: Any, proxy: Proxy, storage: str) -> None:
        """Deletes one of three while the storage is away and over a kill: it goes there too, the others stay, and it is known who did it."""
        proxy.harm = False
        server, hashes = self.prepare(storage, 3)
        server.start()
        admin = Client(server)
        status, _, headers = admin.ask("POST", server.set_up(), {"name": "root", "password": PASSWORD})
        self.assertEqual(status, 201)
        admin.take_session(headers)
        until("all are there", lambda: len(there.found()) == 6, 120, lambda: time.sleep(0.2))
        until("nothing waits", lambda: server.metric("cordboard_deliveries_waiting") == 0, 60, lambda: time.sleep(0.2))
        found = admin.ask("GET", "/api/v1/recordings")[1]["recordings"]
        gone = found[1]
        path = next(path for path in hashes if path.endswith(gone["name"]))
        proxy.go_away(True)
        self.assertEqual(admin.ask("DELETE", f"/api/v1/recordings/{gone['id']}")[0], 204)
        self.assertEqual(admin.ask("GET", f"/api/v1/recordings/{gone['id']}/audio")[0], 410)
        here = server.data / "demo" / "recordings" / path
        until("it is not here any more", lambda: not here.exists() and not here.with_suffix(".json").exists(), 60)
        until("the storage is missed", lambda: '"storage_ok":false' in server.get("/healthz")[1], 120, lambda: time.sleep(0.2))
        self.assertEqual(len(there.found()), 6, "nobody gets through")
        server.kill()
        proxy.go_away(False)
        server.start()
        until("it is gone there", lambda: len(there.found()) == 4, 240, lambda: time.sleep(0.2))
        left = {name.removeprefix("in/") for name in there.found()}
        self.assertFalse({path, path.removesuffix(".wav") + ".json"} & left, left)
        kept = {one["name"]: one for one in admin.ask("GET", "/api/v1/recordings?deleted=true")[1]["recordings"]}
        self.assertEqual(kept[gone["name"]]["deleted"]["by"], "user root")
        until("that is known", lambda: admin.ask("GET", f"/api/v1/recordings/{gone['id']}")[1]["delivery"]["state"] == "removed", 60)
        log = [note["subject"] for note in admin.ask("GET", "/api/v1/audit")[1] if note["action"] == "recording.deleted"]
        self.assertEqual(log, [gone["id"]], "noted once")

    def test_r154_a_wrong_key_of_the_host_or_a_wrong_password_costs_nothing_and_is_told(self) -> None:
        loop = Loop()
        there = SftpServer(loop)
        for user, key, why in [("cordboard", "SHA256:" + "A" * 43, "another than host_key"), ("mallory", there.fingerprint, "does not let us in")]:
            with self.subTest(why):
                server = DeliveringServer()
                self.addCleanup(server.remove)
                server.storage = f'kind = "sftp"\nhost = "127.0.0.1"\nport = {there.port}\nuser = "{user}"\npassword = "a long password"\nhost_key = "{key}"'
                data = server.data / "demo"
                data.mkdir(exist_ok=True)
                hashes = fabricate(data, 1)
                subprocess.run([BINARY, "recordings", "repair", "--data", data], check=True, capture_output=True, timeout=60)
                server.start()
                until("the log says why", lambda: why in server.said(), 30)
                until("the health says so", lambda: '"storage_ok":false' in server.get("/healthz")[1], 30)
                self.assertEqual(server.get("/healthz")[0], 200, "calls go on")
                self.assertEqual(there.found(), {})
                self.assertNotIn("a long password", server.said())
                for path in hashes:
                    self.assertTrue((data / "recordings" / path).exists())
