"""An administrator in front of the pages of a real server."""

from __future__ import annotations

import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from browser import ROOT, BrowserTest
from centre import Server, until
from playwright.sync_api import BrowserContext, Page, Route

PASSWORD = "a password of the root"


def fresh(context: BrowserContext) -> None:
    """While pages are changed: what was built last, with a server that was not built anew (CORDBOARD_FRESH_PAGES)."""
    if "CORDBOARD_FRESH_PAGES" not in os.environ:
        return

    def give(route: Route) -> None:
        name = route.request.url.split("/", 3)[3].split("#")[0].split("?")[0]
        path = ROOT / "web" / "dist" / (name if name.startswith("assets/") else f"{name.split('/')[0] or 'index'}.html")
        route.fulfill(path=path) if path.exists() and route.request.method == "GET" else route.continue_()

    context.route(re.compile(r"^http://[^/]+/(assets/.*|login|admin|desk|link|setup/.*)?(#.*)?$"), give)


class Staff(BrowserTest):
    """A server with one administrator: the demo's, unless a test needs one of its own."""

    make: Callable[[], Server] = Server
    server: Server
    cookie: str

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server = cls.make().start()
        cls.addClassCleanup(cls.server.remove)
        path = re.findall(r"/setup/[\w-]+", cls.server.said())[-1]
        cls.cookie = ""
        cls.ask("POST", path, {"name": "root", "password": PASSWORD})
        cls.ask("POST", "/api/v1/session", {"name": "root", "password": PASSWORD})

    @classmethod
    def ask(cls, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """What the API answers; its status where it refuses."""
        data = None if body is None else json.dumps(body).encode()
        said = headers or {"cookie": cls.cookie}
        request = urllib.request.Request(
            f"http://127.0.0.1:{cls.server.http}{path}", data, {"content-type": "application/json", **said}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                cookie = (answer.headers.get("set-cookie") or "").split(";")[0]
                cls.cookie = cookie or cls.cookie
                text = answer.read().decode()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as refused:
            return refused.code

    def setUp(self) -> None:
        self.browser = self.person()

    def tearDown(self) -> None:
        self.assertNotIn("panicked at", self.server.said(), "the server panicked")

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.http}{path}"

    def open(self, place: str = "", **options: Any) -> Page:
        """A page of the settings: what stands behind the `#`."""
        context = self.browser.context(**options)
        fresh(context)
        name, value = self.cookie.split("=", 1)
        context.add_cookies([{"name": name, "value": value, "url": self.url("/")}])
        page = context.new_page()
        self.watch(page)
        # Markup of others that comes to life would say so.
        page.on("dialog", lambda dialog: self.fail(f"a dialog: {dialog.message}"))
        page.goto(self.url(f"/admin#{place}"))
        page.locator("nav.menu").wait_for()
        return page

    def until_gone(self, page: Page, text: str) -> None:
        until(f"{text} is gone", lambda: page.get_by_text(text).count() == 0, 15, lambda: page.wait_for_timeout(50))

    def save(self, page: Page) -> None:
        page.get_by_role("button", name="Save", exact=True).click()
