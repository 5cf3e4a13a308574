"""A supervisor who is bound to a team walks through the pages of a real server: there is their team, and nobody else."""

from __future__ import annotations

from typing import Any

import phones
import sound
from browser import shoot
from centre import ROOT, Agent, until
from phones import Phone
from playwright.sync_api import Page, Response, expect
from test_pages import CUSTOMER, PASSWORD, AtCentre, Centre

ZOE = Agent("1002", "a password of 1002", "Zoe")
#: Who calls the queue of Sales, and who calls the one of Service.
OURS, THEIRS = "49301111", "49302222"

# Every event from the first on, by WebSocket and as a stream.
FOLLOW = """
() => {
  window.__told = { socket: [], stream: [] };
  const socket = new WebSocket(`ws://${location.host}/api/v1/events/socket?after=0`);
  socket.onmessage = ({ data }) => window.__told.socket.push(data);
  void fetch('/api/v1/events?after=0', { headers: { accept: 'text/event-stream' } }).then(async ({ body }) => {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      window.__told.stream.push(value);
    }
  });
}
"""


class TwoTeams(Centre):
    """Ada of Sales has the queue Support, Zoe of Service the queue Faults."""

    def agent_keys(self) -> str:
        return 'teams = ["Sales"]'

    def queue_keys(self) -> str:
        return 'agents = ["1001"]'

    def sections(self) -> str:
        return f"""
{super().sections()}
[[agent]]
user = "{ZOE.user}"
password = "{ZOE.password}"
name = "{ZOE.name}"
teams = ["Service"]
[[queue]]
name = "Faults"
agents = ["1002"]
music = {{ file = "{ROOT / "media" / "hold-music.wav"}" }}
[[route]]
number = "6002"
to = {{ queue = "Faults" }}
"""


class BoundToATeam(AtCentre):
    kind = TwoTeams

    def setUp(self) -> None:
        super().setUp()
        self.cookie = self.admin()
        self.server.ask("POST", "/api/v1/users", {"name": "sue", "role": "supervisor", "password": PASSWORD, "teams": ["Sales"]}, self.cookie)

    def phone(self, server: int, agent: Agent | None = None, user: str = "") -> Phone:
        phone = Phone(server, agent, user=user)
        phone.plays = self.tone(user or "agent", CUSTOMER)
        self.addCleanup(phone.close)
        return phone

    def sue(self) -> Page:
        """Nothing that her pages ask for is refused, or broken."""
        page = self.person().page()
        self.watch(page)
        refused: list[str] = []

        def came(answer: Response) -> None:
            if answer.status >= 400 and answer.status != 404:
                refused.append(f"{answer.status} {answer.url}")

        page.goto(self.server.url("/login#/supervisor"))
        page.get_by_label("Name").fill("sue")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("heading", name="Agents").wait_for()
        page.on("response", came)
        self.addCleanup(lambda: self.assertEqual(refused, [], "what the pages ask for is theirs"))
        return page

    def soon(self, page: Page, what: str, condition: Any) -> None:
        """Waits while telephones and the page go on."""

        def holds() -> bool:
            page.wait_for_timeout(20)
            return bool(condition())

        phones.wait(what, holds, 30)

    def sees_their_own(self, page: Page, where: str) -> None:
        said = page.locator("body").inner_text()
        for word in ("Zoe", "Faults", THEIRS):
            self.assertNotIn(word, said, f"{where} names another team's {word}")

    def test_h18_the_pages_have_their_team_and_nobody_else(self) -> None:
        agents = [self.phone(self.server.internal, agent) for agent in (self.server.agents[0], ZOE)]
        self.all_are("not_ready", {"status": "not_ready", "reason": "Break"})
        page = self.sue()
        page.get_by_text("No call goes on.").wait_for()
        callers = [(self.phone(self.server.external, user=user), number) for user, number in ((THEIRS, "6002"), (OURS, "6001"))]
        # Nobody is ready at first: both wait, and give up.
        waits = [phone.dial(number) for phone, number in callers]
        self.on_the_wall(page, "section[aria-labelledby=waiting]", OURS)
        tiles = dict(zip(page.locator(".tile dt").all_inner_texts(), page.locator(".tile dd").all_inner_texts()))
        self.assertEqual(tiles["Waiting"], "1", "of two who wait")
        self.assertTrue(tiles["Agents ready"].endswith("/ 1"), tiles)
        shoot(page, "team-waiting")
        for call in waits:
            call.hang_up()
        self.soon(page, "the wallboard is told", lambda: page.get_by_text("No call goes on.").is_visible())
        self.all_are("available", {"status": "available"})
        talks = [phone.dial(number) for phone, number in callers]
        phones.wait("both talk", lambda: all(call.is_up for call in talks) and all(agent.calls for agent in agents), 20)
        self.on_the_wall(page, "section[aria-labelledby=calls]", "Talking")
        shoot(page, "team-wall")
        self.assert_accessible(page, "the wallboard of a team")
        phones.live(1)
        for call in talks:
            call.hang_up()
        found = until("both talks are filed", lambda: len(found := self.records()) == 4 and found, 30)
        until("their files are there", lambda: len(self.server.recordings()) == 2, 30)
        self.soon(page, "the wallboard is told", lambda: page.get_by_text("No call goes on.").is_visible())
        self.in_lists(page)
        of = {(each["from"].lstrip("+"), bool(each["connected"])): each["id"] for each in found}
        self.assertEqual(len(of), 4, found)
        self.in_stories(page, of)
        self.in_streams(page, of)
        page.goto(self.server.url("/admin"))
        page.wait_for_url("**/supervisor")

    def all_are(self, state: str, status: dict[str, str]) -> None:
        for agent in self.ids("agents").values():
            self.server.ask("PUT", f"/api/v1/agents/{agent}/status", status, self.cookie)

            def holds(agent: int = agent) -> bool:
                now: str = self.server.ask("GET", f"/api/v1/agents/{agent}", cookie=self.cookie)["state"]
                return now == state

            phones.wait(f"agent {agent} is {state}", holds, 20)

    def ids(self, section: str) -> dict[str, int]:
        return {each["name"]: each["id"] for each in self.server.ask("GET", f"/api/v1/settings/{section}", cookie=self.cookie)}

    def records(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.server.ask("GET", "/api/v1/conversations", cookie=self.cookie)
        return [each for each in found if each["ended"]]

    def on_the_wall(self, page: Page, place: str, words: str) -> None:
        """B11: it stays live, and has what is theirs."""
        self.soon(page, f"{place} says {words}", lambda: page.locator(place).count() and words in page.locator(place).inner_text())
        self.assertIn("Ada", page.locator("main").inner_text())
        self.sees_their_own(page, "the wallboard")

    def in_lists(self, page: Page) -> None:
        for tab, name in (("Conversations", "team-conversations"), ("Recordings", "team-recordings"), ("History", "team-history")):
            page.get_by_role("tab", name=tab).click()
            if tab == "History":
                page.locator(".chart canvas").first.wait_for()
            else:
                page.get_by_role("link", name="Story").first.wait_for()
            options = page.get_by_label("Queue").locator("option").all_inner_texts()
            self.assertIn("Support", options)
            self.sees_their_own(page, tab)
            shoot(page, name)
        tiles = dict(zip(page.locator(".tile dt").all_inner_texts(), page.locator(".tile dd").all_inner_texts()))
        self.assertEqual((tiles["Calls"], tiles["Answered"], tiles["Abandoned"]), ("2", "1", "1"), "of four calls")
        page.get_by_role("tab", name="Recordings").click()
        expect(page.get_by_role("button", name="Listen")).to_have_count(3)
        page.get_by_role("button", name="Listen").first.click()
        page.locator("dialog .wave canvas").first.wait_for(state="attached")
        time = "document.querySelector('dialog audio').currentTime"
        until("it is heard", lambda: page.evaluate(time) > 0.3, 20, lambda: page.wait_for_timeout(50))
        page.keyboard.press("Escape")

    def in_stories(self, page: Page, of: dict[tuple[str, bool], str]) -> None:
        for user in (OURS, THEIRS):
            for talked in (True, False):
                id = of[user, talked]
                page.goto(self.server.url(f"/call#{id}"))
                page.reload()
                if user == THEIRS:
                    page.get_by_text("There is no such call, or it is not yours to see.").wait_for()
                    status = "async (path) => (await fetch(path)).status"
                    for path in (f"calls/{id}/ladder", f"recordings/{id}-1-0", f"recordings/{id}-1-0/audio", f"recordings/{id}-1-0/peaks"):
                        self.assertEqual(page.evaluate(status, f"/api/v1/{path}"), 404, path)
                    continue
                page.locator(".step").first.wait_for()
                said = page.locator("main").inner_text()
                self.assertIn("Segment 1" if talked else "Nothing of this call was recorded.", said)
                self.sees_their_own(page, "a story")
        shoot(page, "team-call")
        log = self.server.ask("GET", "/api/v1/audit?who=sue&limit=100", cookie=self.cookie)
        read = {(each["action"], each["subject"]) for each in log}
        for talked in (True, False):
            for action in ("call.read", "call.ladder_read"):
                self.assertIn((action, of[OURS, talked]), read, "whoever reads of a call is in the audit log")
                self.assertNotIn((action, of[THEIRS, talked]), read)

    def in_streams(self, page: Page, of: dict[tuple[str, bool], str]) -> None:
        """B15: nothing of others is told, from the first event on."""
        page.goto(self.server.url("/supervisor"))
        page.get_by_role("heading", name="Agents").wait_for()
        page.evaluate(FOLLOW)
        others = [f'"agent":{self.ids("agents")["Zoe"]},', f'"queue":{self.ids("queues")["Faults"]},', THEIRS, *(of[THEIRS, talked] for talked in (True, False))]
        told = "(way) => window.__told[way].join('')"
        for way in ("socket", "stream"):
            until(f"the {way} tells", lambda way=way: page.evaluate(told, way).count("call.ended") >= 2, 20, lambda: page.wait_for_timeout(50))
            said = page.evaluate(told, way).replace(" ", "").replace("}", ",}")
            for talked in (True, False):
                self.assertIn(of[OURS, talked], said)
            for word in others:
                self.assertNotIn(word, said, way)
