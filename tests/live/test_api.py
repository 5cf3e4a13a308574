"""The API, as an administrator meets it: from the set-up address in the log to a call that an agent answers whom the API has made."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import phones
import sound
from centre import BINARY, Agent, ConfiguredServer, LiveTest, Sipp, raw_tone, until
from phones import Phone

PASSWORD = "correct horse battery"
# A certificate of nobody here; its key is thrown away.
ANOTHER = b"""-----BEGIN CERTIFICATE-----
MIIBfDCCASGgAwIBAgIUT7JsWRUk/gDvhGBqncoUJHrVY2UwCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHYW5vdGhlcjAgFw0yNjExMjYwNDQ1NDZaGA8yMTI2MTEwMjA0
NDU0NlowEjEQMA4GA1UEAwwHYW5vdGhlcjBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABBlpq8+wLWXzGLnDJIDhbqcdIsHqQG9lYIlCzSs/TLK5HtUfSLt6CEy4Z0tB
KgwgApXTZDOgYmrA8MnBRJLEeU+jUzBRMB0GA1UdDgQWBBSsxXqcyppiwfUNhcNF
F8RKUeYHbjAfBgNVHSMEGDAWgBSsxXqcyppiwfUNhcNFF8RKUeYHbjAPBgNVHRMB
Af8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQCkRqO5OhbSPIWBzKJfVU9ne2xY
+p8Q+OD5LtJlT9NJ/wIhAP9oVcajqgRXVPDnQWpempyysvla8tWf3WIPplo+Q6y+
-----END CERTIFICATE-----
"""


class ApiServer(ConfiguredServer):
    """Phones register at `internal`; nobody has made an administrator."""

    def sections(self) -> str:
        return f"""
[[listener]]
profile = "internal"
bind = "127.0.0.1:{self.internal}"
"""

    def set_up(self) -> str:
        """The path that the log tells."""
        found = re.search(r"make one at https?://[^/\s]+(/setup/[\w-]+)", self.said())
        assert found, self.said()
        return found[1]


class Client:
    """Somebody who asks the API: first nobody, with a session after `log_in`."""

    def __init__(self, server: ApiServer) -> None:
        self.port = server.http
        self.headers: dict[str, str] = {}

    def ask(self, method: str, path: str, body: object = None, kind: str = "application/json") -> tuple[int, Any, http.client.HTTPMessage]:
        """Status, body (JSON where it is), headers."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = dict(self.headers) if data is None else {**self.headers, "Content-Type": kind}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return self._read(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return self._read(error.code, error.headers, error.read())

    def _read(self, status: int, headers: http.client.HTTPMessage, data: bytes) -> tuple[int, Any, http.client.HTTPMessage]:
        is_json = "json" in headers.get("Content-Type", "")
        return status, json.loads(data) if is_json else data, headers

    def take_session(self, headers: http.client.HTTPMessage) -> None:
        self.headers["Cookie"] = headers["Set-Cookie"].split(";")[0]

    def events(self, after: int, test: unittest.TestCase) -> http.client.HTTPResponse:
        """A stream of events, for as long as a test."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        test.addCleanup(connection.close)
        connection.request("GET", f"/api/v1/events?after={after}", headers={**self.headers, "Accept": "text/event-stream"})
        answer = connection.getresponse()
        assert answer.status == 200, answer.status
        return answer


def told(stream: http.client.HTTPResponse, until_kind: str) -> list[dict[str, Any]]:
    """Events of a stream up to the first of a kind."""
    seen: list[dict[str, Any]] = []
    while not seen or seen[-1]["type"] != until_kind:
        line = stream.readline().decode()
        assert line, "the stream goes on"
        if line.startswith("data:"):
            seen.append(json.loads(line.removeprefix("data:")))
    return seen


class ApiTest(LiveTest):
    """A server and an administrator of it."""

    server: ApiServer
    kind: type[ApiServer] = ApiServer

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = cls.kind()
        cls.server.start()
        cls.addClassCleanup(cls.server.remove)
        cls.admin = Client(cls.server)
        path = cls.server.set_up()
        status, _, headers = cls.admin.ask("POST", path, {"name": "root", "password": PASSWORD})
        assert status == 201, status
        cls.admin.take_session(headers)
        assert Client(cls.server).ask("POST", path, {"name": "eve", "password": PASSWORD})[0] == 404, "once"

    def ok(self, method: str, path: str, body: object = None) -> Any:
        status, answer, _ = self.admin.ask(method, path, body)
        self.assertLess(status, 300, answer)
        return answer


class Api(ApiTest):
    def test_an_agent_and_a_queue_of_the_api_take_a_call_and_the_events_tell_it(self) -> None:
        ben = Agent("1007", "a password of 1007", "Ben")
        self.ok("POST", "/api/v1/settings/agents", {"user": ben.user, "password": ben.password, "name": ben.name})
        self.ok("POST", "/api/v1/settings/queues", {"name": "Sales", "agents": [ben.user], "music": {"file": "hold-music.wav"}})
        self.ok("POST", "/api/v1/settings/routes?at=0", {"number": "7000", "to": {"queue": "Sales"}})
        snapshot = self.ok("GET", "/api/v1/live")
        stream = self.admin.events(snapshot["seq"], self)

        phone = Phone(self.server.internal, ben)
        self.addCleanup(phone.close)
        phone.plays = sound.write(self.files / "880.wav", sound.tone(880, 5))
        phone.records = self.files / "heard.wav"
        raw_tone(self.files / "tone.ul")
        caller = Sipp("caller-until-bye", self.server.external, "7000", self.files)
        self.addCleanup(caller.stop)
        call = phone.next_call()
        phones.wait("the agent talks", lambda: call.is_up)
        phones.live(3)
        number = next(agent["agent"] for agent in self.ok("GET", "/api/v1/agents") if agent["name"] == "Ben")
        self.assertEqual(self.ok("GET", f"/api/v1/agents/{number}")["state"], "talking")
        call.hang_up()
        phones.wait("the agent's call is over", lambda: call.is_over)
        caller.wait()
        heard = phones.heard(phone.records)
        self.assertGreater(sound.best_second(heard.channels[0], 440), 0.9, "the agent hears the caller")

        seen = told(stream, "call.ended")
        stream.close()
        kinds = [event["type"] for event in seen]
        wanted = ["call.arrived", "call.queued", "call.offered", "call.answered", "call.ended"]
        self.assertEqual([kind for kind in kinds if kind in wanted], wanted)
        # Cut in the middle and resumed: the same, nothing twice and nothing lost.
        middle = seen[len(seen) // 2]["seq"]
        again = self.admin.events(middle, self)
        rest = told(again, "call.ended")
        again.close()
        self.assertEqual(rest, [event for event in seen if event["seq"] > middle])

    def test_four_mebibytes_are_taken_and_one_byte_more_is_not(self) -> None:
        def noise(size: int) -> bytes:
            samples = os.urandom(size - 44)
            head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", size - 8, b"WAVE", b"fmt ", 16, 1, 1, 48_000, 96_000, 2, 16, b"data", size - 44)
            return head + samples

        def upload(size: int) -> tuple[int, Any]:
            status, body, _ = self.admin.ask("POST", "/api/v1/sounds?name=Noise", noise(size), "audio/wav")
            return status, body

        status, body = upload(4 * 1024 * 1024)
        self.assertEqual(status, 201, body)
        played, wave, headers = self.admin.ask("GET", f"/api/v1/sounds/{body['file']}")
        self.assertEqual((played, headers["Content-Type"], wave[:4]), (200, "audio/wav", b"RIFF"))
        status, body = upload(4 * 1024 * 1024 + 1)
        self.assertEqual(status, 413, body)

    def test_what_is_set_is_exported_imported_and_there_after_a_restart(self) -> None:
        made = self.ok("POST", "/api/v1/keys", {"name": "tool", "scopes": ["settings:read", "settings:write"]})
        key = self.files / "key"
        key.write_text(made["key"])

        def run(*words: object) -> str:
            command = [BINARY, "settings", "--key-file", key, "--http", f"127.0.0.1:{self.server.http}", *words]
            done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=30)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout

        document = self.files / "account.toml"
        document.write_text(run("export").replace("agent_s = 30", "agent_s = 25"))
        self.assertIn("timeouts.agent_s: 30 → 25", run("import", document, "--dry-run"))
        self.assertEqual(self.ok("GET", "/api/v1/settings/timeouts")["agent_s"], 30)
        self.assertIn("in force as revision", run("import", document))
        self.server.terminate()
        self.assertEqual(self.server.exit_code(), 0)
        self.server.start()
        self.assertEqual(self.ok("GET", "/api/v1/settings/timeouts")["agent_s"], 25, "also the session goes on")


class Described(ApiTest):
    def test_schemathesis_finds_no_server_error_and_no_answer_that_is_not_described(self) -> None:
        program = Path(sys.executable).with_name("schemathesis")
        address = f"http://127.0.0.1:{self.server.http}/api/v1/openapi.json"
        checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
        common = [str(program), "run", address, "--checks", checks, "--max-examples", "15", "--seed", "1", "--no-color"]
        common += ["--header", f"Cookie: {self.admin.headers['Cookie']}", "--generation-database", "none"]

        def run(*options: str) -> str:
            done = subprocess.run([*common, *options], capture_output=True, text=True, timeout=900, cwd=self.files)
            self.assertEqual(done.returncode, 0, done.stdout.partition(" FAILURES ")[2][:6000] or done.stdout[-6000:])
            return done.stdout

        # Streams never end; what ends the session comes last.
        others = run("--exclude-path-regex", "^/api/v1/(events|session|users)")
        self.assertNotIn("Authentication failed", others)
        run("--include-path-regex", "^/api/v1/users")


class NobodyYet(unittest.TestCase):
    """A server without an administrator."""

    def test_a_new_set_up_address_is_printed_for_who_may_write_into_the_data_directory(self) -> None:
        server = ApiServer()
        server.start()
        self.addCleanup(server.remove)
        first = server.set_up()
        command = [BINARY, "setup-url", "--data", server.data / "demo", "--http", f"127.0.0.1:{server.http}"]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        second = done.stdout.strip().removeprefix(f"http://127.0.0.1:{server.http}")
        person = Client(server)
        body = {"name": "root", "password": PASSWORD}
        self.assertEqual(person.ask("POST", first, body)[0], 404, "the new one has made it useless")
        self.assertEqual(person.ask("POST", second, body)[0], 201)
        again = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=30)
        self.assertNotEqual(again.returncode, 0)
        self.assertIn("users already", again.stderr)


class SecureServer(ApiServer):
    """The API over TLS, with the certificate that the server makes itself."""

    def command(self) -> list[object]:
        command = super().command()
        config = self.data / "cordboard.toml"
        config.write_text(config.read_text().replace("[server]\n", "[server]\nhttp_tls = true\n"))
        return command

    def get(self, path: str) -> tuple[int, str]:
        with contextlib.closing(self.connect()) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def connect(self) -> http.client.HTTPSConnection:
        certificate = self.data / "demo" / "tls" / "certificate.pem"
        if not certificate.exists():
            raise ConnectionError("not yet")
        context = ssl.create_default_context(cafile=str(certificate))
        return http.client.HTTPSConnection("127.0.0.1", self.http, context=context, timeout=10)


class Tls(unittest.TestCase):
    def test_over_tls_the_cookie_is_secure_and_nothing_is_said_in_plain(self) -> None:
        server = SecureServer()
        server.start()
        self.addCleanup(server.remove)
        connection = server.connect()
        self.addCleanup(connection.close)
        body = json.dumps({"name": "root", "password": PASSWORD})
        connection.request("POST", server.set_up(), body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        self.assertEqual(answer.status, 201, answer.read())
        cookie = answer.headers["Set-Cookie"]
        self.assertTrue(cookie.startswith("__Host-cordboard="), cookie)
        self.assertIn("; Secure", cookie)
        with socket.create_connection(("127.0.0.1", server.http), timeout=10) as plain:
            plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertNotIn(b"HTTP/1.1", plain.recv(4096))
        # One who connects and says nothing holds up nobody.
        with socket.create_connection(("127.0.0.1", server.http), timeout=10):
            until("another is served meanwhile", lambda: server.get("/healthz")[0] == 200)

    def test_commands_speak_tls_to_the_server_whose_certificate_they_are_given(self) -> None:
        server = SecureServer()
        server.start()
        self.addCleanup(server.remove)
        data = server.data / "demo"
        certificate = data / "tls" / "certificate.pem"

        def run(*words: object, **more: str) -> subprocess.CompletedProcess[str]:
            command = [BINARY, *words, "--http", f"127.0.0.1:{server.http}"]
            environment = {**os.environ, **more}
            return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=30, env=environment)

        well = run("health", "--tls", certificate)
        self.assertEqual(well.returncode, 0, well.stderr)
        plain = run("health")
        self.assertNotEqual(plain.returncode, 0)
        self.assertIn("--tls", plain.stderr, "the mend")
        other = self.enterContext(tempfile.NamedTemporaryFile(suffix=".pem"))
        other.write(ANOTHER)
        other.flush()
        stranger = run("health", "--tls", other.name)
        self.assertNotEqual(stranger.returncode, 0)
        self.assertIn("does not show the certificate", stranger.stderr)

        url = run("setup-url", "--data", data, "--tls", certificate)
        self.assertTrue(url.stdout.startswith("https://"), url.stderr)
        connection = server.connect()
        self.addCleanup(connection.close)

        def ask(path: str, body: object, cookie: str = "") -> tuple[int, Any, str]:
            headers = {"Content-Type": "application/json", "Cookie": cookie}
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text), answer.headers.get("Set-Cookie", "").split(";")[0]

        path = url.stdout.strip().removeprefix(f"https://127.0.0.1:{server.http}")
        status, _, cookie = ask(path, {"name": "root", "password": PASSWORD})
        self.assertEqual(status, 201)
        status, key, _ = ask("/api/v1/keys", {"name": "cli", "scopes": ["settings:read"]}, cookie)
        self.assertEqual(status, 201, key)
        exported = run("settings", "export", "--tls", certificate, CORDBOARD_KEY=key["key"])
        self.assertEqual(exported.returncode, 0, exported.stderr)
        self.assertIn("[[queue]]", exported.stdout)

        new = run("reset-password", "root", "--data", data, "--tls", certificate)
        self.assertEqual(new.returncode, 0, new.stderr)
        self.assertEqual(ask("/api/v1/session", {"name": "root", "password": PASSWORD})[0], 401, "the old one is over")
        status, _, _ = ask("/api/v1/session", {"name": "root", "password": new.stdout.strip()})
        self.assertEqual(status, 200)
        self.assertEqual(ask("/api/v1/keys", {"name": "x", "scopes": []}, cookie)[0], 401, "and so is the session")
        nobody = run("reset-password", "nobody", "--data", data, "--tls", certificate)
        self.assertIn("404", nobody.stderr)
