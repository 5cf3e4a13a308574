"""What does not work is said by the pages, and mended from there: a trunk, a certificate, a webhook."""

from __future__ import annotations

import json
import sqlite3
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from centre import ConfiguredServer, until
from playwright.sync_api import expect
from ports import spare_port
from staff import Staff


class TroubledServer(ConfiguredServer):
    """With a trunk to a port where nobody is, and phones by TLS."""

    def server_keys(self) -> str:
        return 'webhook_networks = ["127.0.0.0/8"]'

    def sections(self) -> str:
        return f"""
[[trunk]]
name = "nowhere"
server = "127.0.0.1:{spare_port()}"
options_s = 5
[[listener]]
name = "phones"
profile = "internal"
bind = "127.0.0.1:{self.internal}"
transports = ["tls"]
"""


class Receiver:
    """Somebody who takes events."""

    def __init__(self) -> None:
        self.taken: list[dict[str, object]] = []
        taken = self.taken

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                taken.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_port}/events"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Troubles(Staff):
    make = TroubledServer

    def test_b25_a_trunk_that_does_not_answer_and_how_long_a_certificate_lasts_are_seen(self) -> None:
        page = self.open("system")
        trunks = page.get_by_role("row").filter(has_text="nowhere")
        expect(trunks).to_contain_text("not registered, or no answer", timeout=90_000)
        expect(page.get_by_role("row").filter(has_text="callers")).to_contain_text("works")
        certificate = page.get_by_role("listitem").filter(has_text="phones")
        expect(certificate).to_contain_text("signed by itself")
        expect(certificate).to_contain_text("days left")
        page.goto(self.url("/admin#trunks"))
        expect(page.get_by_role("link").filter(has_text="nowhere")).to_contain_text("not registered, or no answer")

    def test_b15_what_was_not_delivered_is_sent_once_more(self) -> None:
        receiver = Receiver()
        self.addCleanup(receiver.close)
        made = self.ask("POST", "/api/v1/webhooks", {"url": receiver.url, "kinds": ["callback.*"]})
        self.server.terminate()
        self.assertEqual(self.server.exit_code(), 0)
        # As eight tries in four hours would have left it.
        event = {"at": "2026-03-01T08:00:00Z", "type": "callback.taken"}
        letters = [(made["id"], seq, event["type"], json.dumps({"seq": seq, **event, "data": {"nth": seq}})) for seq in (1, 2)]
        with sqlite3.connect(self.server.database) as database:
            database.executemany("INSERT INTO dead_letters VALUES (?, ?, ?, ?, 8, 'answered 503', 0, 0)", letters)
        self.server.start()

        page = self.open("webhooks")
        page.get_by_role("button", name="Open").click()
        undelivered = page.get_by_role("region", name="Not delivered")
        expect(undelivered.get_by_role("row").filter(has_text="callback.taken")).to_have_count(2)
        expect(undelivered).to_contain_text("answered 503")
        undelivered.get_by_role("button", name="Once more 2").click()
        until("the second is taken", lambda: receiver.taken, 30, lambda: page.wait_for_timeout(50))
        self.assertEqual([event["data"] for event in receiver.taken], [{"nth": 2}])
        expect(undelivered.get_by_role("row").filter(has_text="callback.taken")).to_have_count(1, timeout=30_000)
        undelivered.get_by_role("button", name="Send all once more").click()
        expect(page.get_by_text("Everything was taken, or is still being tried.")).to_be_visible(timeout=30_000)
        until("both are taken", lambda: len(receiver.taken) == 2, 30, lambda: page.wait_for_timeout(50))
