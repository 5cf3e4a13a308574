"""Supervisors and agents in browsers, with the real server: a call is seen while it goes on, told when it is over, heard, and deleted."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import phones
import sound
from browser import HEARD_RATE, BrowserTest, hear, receives, shoot
from centre import Agent, until
from phones import Phone, pj
from playwright.sync_api import Page
from test_pages import Centre

CUSTOMER = 700.0
AGENT = 400.0
PASSWORD = "a password of the root"


class TwoAgents(Centre):
    """One of them talks, the other has nothing to do with it."""

    people = (Agent("1001", "a password of 1001", "Ada"), Agent("1002", "a password of 1002", "Grace"))


class Floor(BrowserTest):
    def setUp(self) -> None:
        self.server = TwoAgents().start()
        self.addCleanup(self.server.remove)
        self.files = Path(tempfile.mkdtemp(prefix="cordboard-test-"))
        self.addCleanup(shutil.rmtree, self.files, ignore_errors=True)
        made = self.server.ask("POST", self.server.setup_path(), {"name": "root", "password": PASSWORD})
        self.cookie = self.server.cookie
        self.server.ask("PUT", f"/api/v1/users/{made['id']}", {"name": "root", "role": "admin", "agent": 1}, self.cookie)
        self.server.ask("POST", "/api/v1/session", {"name": "root", "password": PASSWORD})
        self.cookie = self.server.cookie
        other = {"name": "grace", "password": PASSWORD, "role": "agent", "agent": 2}
        self.server.ask("POST", "/api/v1/users", other, self.cookie)

    def tearDown(self) -> None:
        self.assertNotIn("panicked at", self.server.said(), "the server panicked")

    def log_in(self, name: str, path: str, voice: float | None = None) -> Page:
        page = self.person(voice).page()
        self.watch(page)
        page.goto(self.server.url(f"/login#{path}"))
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("button", name="Log out").wait_for()
        return page

    def beside(self, page: Page, path: str) -> Page:
        """Another page of the same person."""
        other = page.context.new_page()
        self.watch(other)
        other.goto(self.server.url(path))
        return other

    def soon(self, page: Page, what: str, condition: Callable[[], Any], seconds: float = 20) -> None:
        """Waits while telephones and the page go on."""

        def holds() -> bool:
            page.wait_for_timeout(20)
            return bool(condition())

        phones.wait(what, holds, seconds)

    def says(self, page: Page, place: str, words: str) -> None:
        self.soon(page, f"{place} says {words!r}", lambda: words in page.locator(place).inner_text())

    def talk(self, desk: Page) -> phones.Call:
        """A telephone calls, the desk answers, and the agent hears the caller."""
        caller = Phone(self.server.external)
        self.addCleanup(caller.close)
        caller.plays = sound.write(self.files / "caller.wav", sound.tone(CUSTOMER, 10))
        call = caller.dial("5000")
        accept = desk.get_by_role("button", name="Accept")
        self.soon(desk, "the desk rings", accept.is_visible)
        accept.click()
        phones.wait("the caller is connected", lambda: call.is_up)
        self.soon(desk, "sound comes", lambda: receives(desk))
        self.soon(desk, "the agent hears the caller", lambda: sound.share(hear(desk, 0.5), CUSTOMER, HEARD_RATE) > 0.5)
        return call

    def ready(self) -> Page:
        desk = self.log_in("root", "/desk", AGENT)
        desk.get_by_label("Status", exact=True).select_option("available")
        desk.get_by_text("Ready for calls").wait_for()
        return desk

    def test_a_call_is_seen_while_it_goes_on_and_told_heard_and_deleted_when_it_is_over(self) -> None:
        desk = self.ready()
        floor = self.beside(desk, "/supervisor")
        floor.get_by_text("No call goes on.").wait_for()
        call = self.talk(desk)
        # Nothing is loaded anew: it comes by itself (B11), quality with it (B12).
        table = "section[aria-labelledby=calls]"
        self.says(floor, table, "Talking")
        self.says(floor, table, "Recorded")
        self.soon(floor, "both are heard well", lambda: floor.locator(table).inner_text().count("good") == 2)
        shoot(floor, "live-floor")
        desk.get_by_role("button", name="Do not record").click()
        self.says(floor, table, "Not recorded")
        desk.get_by_role("button", name="Record again").click()
        self.soon(floor, "it is recorded again", lambda: "Not recorded" not in floor.locator(table).inner_text())
        desk.get_by_role("button", name="Hold", exact=True).click()
        self.says(floor, table, "On hold")
        desk.get_by_role("button", name="Take back").click()
        self.soon(floor, "they talk again", lambda: "On hold" not in floor.locator(table).inner_text())
        call.press("7", pj.PJSUA_DTMF_METHOD_RFC2833)
        phones.live(1)
        running = self.beside(desk, "/supervisor")
        running.get_by_role("link", name="Story").first.click()
        self.says(running, "main", "Customer presses a key")
        self.says(running, ".row [role=status]", "Talking")
        desk.get_by_role("button", name="Hang up").click()
        phones.wait("the caller's phone is told", lambda: call.is_over)
        until("the files are written", self.server.recordings, 20)
        self.says(running, "main", "The call is over: the agent hung up")
        self.is_told(running)
        self.stands(desk)
        self.is_deleted(floor)

    def is_told(self, page: Page) -> None:
        """The story of a call that is over."""
        page.reload()
        page.locator(".step").first.wait_for()
        said = page.locator("main").inner_text()
        for words in ("Ada is rung", "is being recorded", "puts the other on hold", "What is said is not recorded", "Segment 1"):
            self.assertIn(words, said)
        self.assertIn("fewest conversations", page.locator(".because").first.inner_text(), "the decision has its reason")
        story = json.dumps(self.server.ask("GET", f"/api/v1/calls/{page.url.split('#')[1]}/story", cookie=self.cookie))
        self.assertNotIn('"digit": "7"', story, "which key it was is nobody's business")
        self.assertEqual(page.locator("section[aria-labelledby=legs] .tag.good").count(), 2, "B12: both were heard well")
        page.locator(".step").first.click()
        self.assertIn("INVITE sip:5000@", page.locator(".opened pre").inner_text())
        page.get_by_role("button", name="Listen").click()
        time = "document.querySelector('audio').currentTime"
        until("it is heard", lambda: page.evaluate(time) > 0.3, 20, lambda: page.wait_for_timeout(50))
        self.is_sought(page)
        marks = " ".join(page.locator(".flags li").all_inner_texts())
        for words in ("on hold", "talking again", "a key was pressed", "not recorded from here", "recorded again"):
            self.assertIn(words, marks)
        page.get_by_role("button", name="on hold").click()
        page.get_by_role("button", name="Customer", exact=True).click()
        until("one voice is heard", lambda: page.evaluate(time) > 0.3, 20, lambda: page.wait_for_timeout(50))
        shoot(page, "live-call")
        self.assert_accessible(page, "the story")

    def is_sought(self, page: Page) -> None:
        """R106: on the wave, which has a line for each voice, and by its slider."""
        page.get_by_role("button", name="Pause").click()
        wave = page.locator(".wave")
        wave.locator("canvas").nth(1).wait_for(state="attached")
        place = "(({ currentTime, duration }) => currentTime / duration)(document.querySelector('audio'))"
        box = wave.bounding_box()
        assert box is not None
        wave.click(position={"x": box["width"] * 0.75, "y": box["height"] * 0.9})
        until("it is at three quarters", lambda: abs(page.evaluate(place) - 0.75) < 0.03, 20, lambda: page.wait_for_timeout(50))
        cursor = "parseFloat(document.querySelector('.wave > div').shadowRoot.querySelector('.cursor').style.left)"
        until("so is the cursor", lambda: abs(page.evaluate(cursor) - 75) < 3, 20, lambda: page.wait_for_timeout(50))
        slider = page.get_by_label("Where in the recording")
        until("so is the slider", lambda: float(slider.input_value()) > 0.7 * float(slider.get_attribute("max") or 0), 20, lambda: page.wait_for_timeout(50))
        slider.press("Home")
        until("it is at its beginning", lambda: page.evaluate(place) < 0.03, 20, lambda: page.wait_for_timeout(50))
        shoot(page, "live-wave")
        page.get_by_role("button", name="Play", exact=True).click()

    def stands(self, desk: Page) -> None:
        """R151: the agent says how the conversation stands."""
        choice = desk.get_by_label("Status of the conversation with").first
        choice.select_option("Waiting")
        found = "/api/v1/agents/1/conversations"
        until("it is kept", lambda: self.server.ask("GET", found, cookie=self.cookie)[0]["status"] == "waiting", 20)

    def is_deleted(self, floor: Page) -> None:
        """One file goes, the others stay, and the audit log knows it (R109, R110)."""
        floor.get_by_role("tab", name="Recordings").click()
        floor.get_by_role("button", name="Delete for ever").nth(2).wait_for()
        row = floor.get_by_role("row").filter(has_text="Customer").filter(has=floor.get_by_role("button"))
        row.get_by_role("button", name="Delete for ever").click()
        floor.get_by_text("The file of the other side stays.").wait_for()
        floor.locator("dialog").get_by_role("button", name="Delete for ever").click()
        floor.locator("dialog").wait_for(state="detached")
        buttons = floor.get_by_role("button", name="Listen")
        until("two files are left", lambda: buttons.count() == 2, 20, lambda: floor.wait_for_timeout(50))
        floor.get_by_role("tab", name="Audit log").click()
        floor.get_by_text("recording.deleted").first.wait_for()
        floor.get_by_role("button", name="Check the chain").click()
        floor.get_by_text("The log is whole.").wait_for()
        floor.get_by_role("tab", name="History").click()
        floor.locator(".chart canvas").first.wait_for()
        tiles = dict(zip(floor.locator(".tile dt").all_inner_texts(), floor.locator(".tile dd").all_inner_texts()))
        self.assertEqual((tiles["Calls"], tiles["Answered"], tiles["Abandoned"]), ("1", "1", "0"))

    def test_h18_whoever_is_an_agent_sees_no_floor_and_no_story_of_others(self) -> None:
        desk = self.ready()
        call = self.talk(desk)
        desk.get_by_role("button", name="Hang up").click()
        phones.wait("the caller's phone is told", lambda: call.is_over)
        [known] = until("it is on record", lambda: self.server.ask("GET", "/api/v1/conversations", cookie=self.cookie), 20)
        grace = self.log_in("grace", "/desk")
        grace.goto(self.server.url("/supervisor"))
        grace.wait_for_url("**/desk")
        grace.goto(self.server.url(f"/call#{known['id']}"))
        grace.get_by_text("There is no such call, or it is not yours to see.").wait_for()
