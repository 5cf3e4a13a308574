"""A PostgreSQL server of a test, that can be killed and started again."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from centre import until
from ports import spare_port


def programs() -> Path | None:
    """Where PostgreSQL's programs are, outside of PATH too, as Debian has them."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


class Postgres:
    """A server with a fresh database; as root it runs as the user nobody, as PostgreSQL insists."""

    def __init__(self) -> None:
        found = programs()
        assert found is not None
        self.programs = found
        self.folder = Path(tempfile.mkdtemp(prefix="cordboard-postgres-"))
        self.port = spare_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.user: list[str] = []
        if os.getuid() == 0:
            shutil.chown(self.folder, "nobody")
            self.user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        options = ["--username=cordboard", "--auth=trust", "--encoding=UTF8", "--no-sync", "--locale=C"]
        make = [*self.user, str(self.programs / "initdb"), f"--pgdata={self.folder / 'data'}", *options]
        subprocess.run(make, check=True, capture_output=True, cwd=self.folder)

    @property
    def url(self) -> str:
        return f"postgres://cordboard@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Starts it, again too, and waits until it answers."""
        places = ["-D", str(self.folder / "data"), "-k", str(self.folder), "-h", "127.0.0.1", "-p", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            command = [*self.user, str(self.programs / "postgres"), *places]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        until("PostgreSQL answers", self._answers, 30)

    def _answers(self) -> bool:
        ask = [str(self.programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(ask, check=False).returncode == 0

    def kill(self) -> None:
        """At once, with every connection: SIGQUIT is its immediate shutdown."""
        assert self.process is not None
        self.process.send_signal(3)
        self.process.wait(30)

    def ask(self, sql: str) -> list[str]:
        """The rows of a query, their columns with bars between them."""
        command = [str(self.programs / "psql"), "-At", "-c", sql, self.url]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()

    def remove(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
