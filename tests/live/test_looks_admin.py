"""Every page of the settings as people see it: no fault that axe finds, dark and light, wide and as on a phone, in both languages."""

from __future__ import annotations

from browser import shoot
from playwright.sync_api import Page
from staff import Staff

MARKUP = "<b>Sales</b> <img src=x onerror=alert(1)>"

PLACES = [
    "queues",
    "queues/1",
    "strategies/new",
    "hours/1",
    "callback-configurations/new",
    "hold",
    "transfer",
    "agents/1",
    "routes/0",
    "trunks/new",
    "recording",
    "storage",
    "call-link-configurations/new",
    "sounds",
    "speech",
    "keys",
    "webhooks",
    "exchange",
    "system",
    "users",
]


class PagesOfSettings(Staff):
    # Forms have much to show.
    settles_ms = 500

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        week = [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "18:00"}]
        holidays = [{"date": "2026-12-25", "name": "Christmas"}]
        hours = {"name": "Office", "zone": "Europe/Berlin", "week": week, "holidays": holidays}
        cls.ask("POST", "/api/v1/settings/hours", hours)
        cls.ask("POST", "/api/v1/settings/callback-configurations", {"name": "Later"})
        queue = cls.ask("GET", "/api/v1/settings/queues/1")
        announcement = {"text": "You are the {position} in line.", "codes": [{"digits": "1", "callback": "Later"}]}
        cls.ask("POST", "/api/v1/settings/trunks", {"name": "Carrier", "server": "127.0.0.1:9"})
        cls.ask("POST", "/api/v1/settings/ways-out", {"number": "+*", "trunks": ["Carrier"]})
        max_wait = {"after_s": 600, "then": {"external": "+49 30 1234567"}}
        cls.ask("PUT", "/api/v1/settings/queues/1", {**queue, "hours": "Office", "announcement": announcement, "max_wait": max_wait})
        cls.ask("POST", "/api/v1/settings/queues", {"name": MARKUP})
        cls.ask("POST", "/api/v1/keys", {"name": "wallboard", "scopes": ["live:read"]})
        cls.ask("POST", "/api/v1/webhooks", {"url": "http://127.0.0.1:9/hook"})

    def test_each_page_in_english(self) -> None:
        page = self.open("queues")
        page.get_by_text(MARKUP).wait_for()
        for place in PLACES:
            with self.subTest(place):
                page.goto(self.url(f"/admin#{place}"))
                page.locator(f"[aria-current=page][href='#{place.split('/')[0]}']").wait_for(state="attached")
                self.look(page, f"admin-{place.replace('/', '-')}")

    def test_each_page_in_german_says_nothing_in_english(self) -> None:
        page = self.open("queues", locale="de-DE")
        for place in PLACES:
            with self.subTest(place):
                page.goto(self.url(f"/admin#{place}"))
                page.wait_for_timeout(500)
                said = page.locator("main").inner_text().lower()
                for word in ("takes effect", "default:", " the ", "needed"):
                    self.assertNotIn(word, said)
        shoot(page, "admin-german")

    def test_the_menu_of_a_phone_opens_and_closes(self) -> None:
        page = self.open("queues", viewport={"width": 390, "height": 780})
        opener = page.get_by_role("button", name="Settings: Queues")
        opener.click()
        shoot(page, "admin-menu-phone")
        page.get_by_role("link", name="Sounds", exact=True).click()
        page.get_by_role("heading", name="Sounds").wait_for()
        self.assertEqual(page.get_by_role("button", name="Settings: Sounds").get_attribute("aria-expanded"), "false")

    def test_a_setting_is_changed_with_the_keyboard_alone(self) -> None:
        page = self.open("timeouts")
        page.get_by_label("An agent's phone rings for").focus()
        page.keyboard.press("Control+A")
        page.keyboard.type("25")
        page.keyboard.press("Enter")
        page.get_by_text("Saved", exact=True).wait_for()
        self.assertEqual(self.ask("GET", "/api/v1/settings/timeouts")["agent_s"], 25)
