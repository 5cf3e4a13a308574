"""The command line, the HTTP port, and the load generator that comes with the server."""

from __future__ import annotations

import json
import re
import subprocess
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

from centre import BINARY, ROOT, LiveTest, Server
from test_api import PASSWORD, Client


def run(*words: object, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=seconds)


class CommandLine(unittest.TestCase):
    def test_demo_call_makes_a_call_and_three_files(self) -> None:
        with TemporaryDirectory() as folder:
            done = run(BINARY, "demo", "--call", "--data", Path(folder) / "data")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            files = sorted(Path(folder).rglob("*.wav"))
            recorded = [path for path in files if "recordings" in path.parts]
            self.assertEqual(len(recorded), 3, files)
            for path in recorded:
                self.assertIn(path.name, done.stdout)

    def test_help_is_everywhere(self) -> None:
        for words in ([], ["demo"], ["run"], ["check-config"]):
            done = run(BINARY, *words, "--help")
            self.assertEqual(done.returncode, 0)
            self.assertIn("Usage", done.stdout)

    def test_a_wrong_key_is_an_error_with_file_line_and_mend(self) -> None:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "wrong.toml"
            path.write_text('[server]\n\ndata_dirr = "data"\n')
            done = run(BINARY, "check-config", path)
            said = done.stdout + done.stderr
            self.assertNotEqual(done.returncode, 0)
            self.assertRegex(said, re.escape(str(path)) + r".{0,10}\b3\b", "file and line")
            self.assertIn("data_dirr", said)
            self.assertRegex(said, r"\bdata_dir\b", "the mend")

    def test_the_example_is_fine(self) -> None:
        with TemporaryDirectory() as folder:
            # A copy: its speech is rendered beside the file, and that is not to lie in the repository.
            (Path(folder) / "media").symlink_to(ROOT / "media")
            (Path(folder) / "tools").mkdir()
            example = Path(folder) / "tools" / "example.toml"
            example.write_text((ROOT / "tools" / "example.toml").read_text())
            done = run(BINARY, "check-config", example)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class RelativeServer(Server):
    """A demo that was told where its data are from where it was started."""

    def command(self) -> list[object]:
        words = super().command()
        words[words.index(self.data / "demo")] = "demo"
        return ["env", "-C", self.data, *words]


class Settings(unittest.TestCase):
    def test_r148_what_is_exported_is_fine_and_comes_in_again_wherever_the_data_are(self) -> None:
        server = RelativeServer().start()
        self.addCleanup(server.remove)
        admin = Client(server)
        found = re.search(r"/setup/[\w-]+", server.said())
        assert found
        self.assertEqual(admin.ask("POST", found[0], {"name": "root", "password": PASSWORD})[0], 201)
        admin.take_session(admin.ask("POST", "/api/v1/session", {"name": "root", "password": PASSWORD})[2])
        key = admin.ask("POST", "/api/v1/keys", {"name": "ops", "scopes": ["settings:read", "settings:write"]})[1]["key"]
        (server.data / "key").write_text(key)
        reach = ["--http", f"127.0.0.1:{server.http}", "--key-file", server.data / "key"]
        exported = run(BINARY, "settings", "export", *reach)
        self.assertEqual(exported.returncode, 0, exported.stderr)
        document = server.data / "settings.toml"
        document.write_text(exported.stdout)
        checked = run(BINARY, "settings", "check", document, "--data-dir", server.data / "demo")
        self.assertEqual(checked.returncode, 0, checked.stderr)
        same = run(BINARY, "settings", "import", document, "--dry-run", *reach)
        self.assertIn("nothing would change", same.stdout, same.stderr)
        document.write_text(exported.stdout.replace('"Support"', '"Helpdesk"'))
        changed = run(BINARY, "settings", "import", document, *reach)
        self.assertIn('"Support" → "Helpdesk"', changed.stdout, changed.stderr)
        self.assertIn("in force as revision", changed.stdout)


class Http(LiveTest):
    def test_healthz_says_well(self) -> None:
        status, _ = self.server.get("/healthz")
        self.assertEqual(status, 200)

    def test_metrics_are_prometheus_text(self) -> None:
        status, text = self.server.get("/metrics")
        self.assertEqual(status, 200)
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        self.assertTrue(lines)
        for line in lines:
            self.assertRegex(line, r"^[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})? [-+0-9.eEInfNa]+$")

    def test_another_page_is_not_found(self) -> None:
        self.assertEqual(self.server.get("/nothing")[0], 404)


class Load(LiveTest):
    """A small load: every stream hears its own peer and nobody else."""

    options = ("--no-greeting", "--agents", "20")

    def load(self, mode: str, *options: object) -> None:
        tool = BINARY.with_name("cordboard-load")
        if not tool.exists():
            self.skipTest("cordboard-load is not built")
        done = run(tool, "--json", "--server", self.server.data / "demo" / "demo.json", mode, *options)
        self.assertTrue(done.stdout, done.stderr)
        result = json.loads(done.stdout)
        brief = {key: result[key] for key in ("calls", "media")}
        self.assertTrue(result["clean"], json.dumps(brief, indent=1))

    def test_music(self) -> None:
        self.load("music", "--calls", 20, "--seconds", 4)

    def test_bridge(self) -> None:
        self.load("bridge", "--calls", 20, "--seconds", 4)

    def test_bridge_to_desks_in_the_callers_codec(self) -> None:
        self.load("bridge", "--calls", 10, "--seconds", 4, "--desks", "g711")

    def test_bridge_to_desks_in_opus(self) -> None:
        self.load("bridge", "--calls", 10, "--seconds", 4, "--desks", "opus")

    def test_setup(self) -> None:
        self.load("setup", "--calls", 200, "--warm-up", 10)

    def test_setup_at_desks(self) -> None:
        self.load("bridged-setup", "--calls", 10, "--warm-up", 2, "--rate", 2, "--agents", 10, "--desks", "g711")
