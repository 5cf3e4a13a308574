"""A supervisor in a browser beside an agent in a browser: who hears whom, with the real server between them (B1)."""

from __future__ import annotations

import sound
from browser import HEARD_RATE, hear, receives, shoot
from centre import Agent, until
from playwright.sync_api import Page
from test_pages import AGENT, CUSTOMER, PASSWORD, AtCentre, Centre

SUPERVISOR = 1000.0
#: What is heard has at least so much of each tone in it; what is not heard, less than `NOTHING`.
HEARD = 0.15
NOTHING = 0.02


class TwoAgents(Centre):
    people = (Agent("1001", "a password of 1001", "Ada"), Agent("1002", "a password of 1002", "Eve"))


class Supervising(AtCentre):
    def setUp(self) -> None:
        super().setUp()
        self.server.remove()
        self.server = TwoAgents().start()
        self.addCleanup(self.server.remove)

    def supervisor(self, cookie: str) -> Page:
        """Eve, who is an agent, too, and looks at the floor."""
        eve = {"name": "eve", "role": "supervisor", "password": PASSWORD, "agent": 2}
        self.server.ask("POST", "/api/v1/users", eve, cookie)
        page = self.person(SUPERVISOR).page()
        self.watch(page)
        page.goto(self.server.url("/login#/supervisor"))
        page.get_by_label("Name").fill("eve")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("heading", name="Agents").wait_for()
        return page

    def ears(self, page: Page) -> set[float]:
        heard = hear(page, 0.5)
        return {tone for tone in (CUSTOMER, AGENT, SUPERVISOR) if sound.share(heard, tone, HEARD_RATE) > HEARD}

    def assert_ears(self, page: Page, who: str, expected: set[float]) -> None:
        # The first sound comes once the way is found.
        until(f"{who}: sound comes", lambda: receives(page), 20, lambda: page.wait_for_timeout(50))
        until(f"{who} hears {expected}", lambda: self.ears(page) == expected, 20, lambda: page.wait_for_timeout(100))

    def test_b1_listen_whisper_barge_and_take_over(self) -> None:
        cookie = self.admin()
        desk = self.desk()
        customer = self.customer(self.link(cookie))
        self.talk(desk, customer)
        page = self.supervisor(cookie)
        page.get_by_role("button", name="Listen to Ada").click()
        status = page.get_by_role("region", name="Supervision").get_by_role("status")
        status.get_by_text("Nobody hears you").wait_for()
        self.assert_ears(page, "the supervisor", {CUSTOMER, AGENT})
        for who, ears, other in (("the customer", customer, AGENT), ("the agent", desk, CUSTOMER)):
            heard = hear(ears, 1.0)
            self.assertLess(sound.share(heard, SUPERVISOR, HEARD_RATE), NOTHING, f"{who} does not hear who listens")
            self.assertGreater(sound.share(heard, other, HEARD_RATE), 0.5, f"{who} hears the other as before")
        shoot(page, "real-supervisor-listening")
        page.get_by_role("button", name="Whisper").click()
        status.get_by_text("You whisper to Ada").wait_for()
        self.assert_ears(desk, "the agent", {CUSTOMER, SUPERVISOR})
        self.assertLess(sound.share(hear(customer, 1.0), SUPERVISOR, HEARD_RATE), NOTHING, "a whisper is not for the customer")
        page.get_by_role("button", name="Barge in").click()
        status.get_by_text("You talk to Ada and").wait_for()
        self.assert_ears(customer, "the customer", {AGENT, SUPERVISOR})
        self.assert_ears(desk, "the agent", {CUSTOMER, SUPERVISOR})
        page.reload()
        status.get_by_text("You talk to Ada and").wait_for()
        self.assert_ears(customer, "the customer, after the supervisor's page was loaded anew,", {AGENT, SUPERVISOR})
        page.get_by_role("button", name="Take over").click()
        status.get_by_text("The call is yours").wait_for()
        desk.get_by_role("heading", name="After-call work").wait_for()
        self.assert_ears(customer, "the customer", {SUPERVISOR})
        self.assert_ears(page, "the supervisor", {CUSTOMER})
        page.get_by_role("button", name="Hang up").click()
        customer.get_by_role("heading", name="The call has ended").wait_for()
        self.assert_recorded(cookie)

    def assert_recorded(self, cookie: str) -> None:
        def audit() -> list[str] | None:
            log = self.server.ask("GET", "/api/v1/audit", None, cookie)
            actions = [each["action"] for each in log if each["who"] == "user eve"]
            return actions if "supervision.taken_over" in actions else None

        actions = until("the audit log knows of it", audit, 15)
        for deed in ("asked", "listened", "whispered", "barged", "taken_over"):
            self.assertIn(f"supervision.{deed}", actions)
        # Before the barge, with it, and after the take-over.
        recordings = until("three segments are recorded", lambda: len(found := self.server.recordings()) == 3 and found, 20)
        for number, recording in enumerate(sorted(recordings, key=lambda each: each.stereo.name)):
            stereo = sound.read(recording.stereo)
            left = stereo.part(0, stereo.seconds, 0)
            self.assertLess(sound.share(left, SUPERVISOR, stereo.rate), NOTHING, f"segment {number}: the customer's channel is the customer's")

    def test_b1_ending_it_leaves_the_two_alone(self) -> None:
        cookie = self.admin()
        desk = self.desk()
        customer = self.customer(self.link(cookie))
        self.talk(desk, customer)
        page = self.supervisor(cookie)
        page.get_by_role("button", name="Listen to Ada").focus()
        page.keyboard.press("Enter")
        stop = page.get_by_role("button", name="Stop supervising")
        stop.wait_for()
        until("the button to stop has the focus", lambda: stop.evaluate("it => it === document.activeElement"), step=lambda: page.wait_for_timeout(50))
        self.assert_ears(page, "the supervisor", {CUSTOMER, AGENT})
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Listen to Ada").wait_for()
        self.both_hear(desk, customer, "after the supervisor has left")
        desk.get_by_role("button", name="Hang up").click()
        customer.get_by_role("heading", name="The call has ended").wait_for()

