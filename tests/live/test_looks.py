"""Every state of every page as people see it: no fault that axe finds, in both languages' widths, dark and light.

The pages are those that the server serves. What it would say of calls is said by the test, so that each state can be had at once;
that the real server says so is for `test_pages`.
"""

from __future__ import annotations

import json
import os
from typing import Any

from browser import BrowserTest, answer
from centre import Server, until
from playwright.sync_api import Page, WebSocketRoute

CALL = "1hykxq0000001"
SDP = "v=0"


def call(state: str, **more: Any) -> dict[str, Any]:
    usual = {"type": "call", "call": CALL, "state": state, "waited_ms": 83_000, "talked_ms": 0, "muted": False, "video": False}
    return {**usual, **more}


AGENT = {
    "agent": 1,
    "name": "Ada Lovelace",
    "state": "available",
    "status": "available",
    "reason": None,
    "reachable": True,
    "call": None,
    "since": "2026-03-01T08:00:00Z",
    "until": None,
    "state_since": "2026-03-01T08:00:00Z",
}
ABOUT = {
    "agent": {"id": 1, "name": "Ada Lovelace", "user": "1001"},
    "reasons": ["Break", "Lunch"],
    "queues": [{"id": 1, "name": "Support", "serves": True}, {"id": 2, "name": "Sales", "serves": False}],
    "agents": [{"id": 2, "name": "Grace Hopper"}, {"id": 3, "name": "Konrad Zuse"}],
    "wrap_up": True,
    "extend_wrap_up": True,
    "numbers": ["+4989100", "+4989101"],
    "calls_out": True,
}
CONVERSATIONS = [
    {
        "id": f"1hykxq000000{n}", "direction": direction, "from": "+49301234567", "called": "+441632960111", "queue": queue,
        "began": "2026-03-01T08:00:00Z", "waited_ms": 12_000 * n, "talked_ms": 95_000 * n, "status": status, "end": None,
    }
    for n, (direction, queue, status) in enumerate(
        [("inbound", "Support", "open"), ("outbound", None, "solved"), ("inbound", "Sales", "waiting"), ("inbound", "Support", "closed")], 1
    )
]  # fmt: skip
CALLBACKS = [
    {
        "id": n, "number": "+493012345%02d" % n, "queue": 1, "type": kind, "status": status, "conversation": "open",
        "asked": "2026-03-01T08:00:00Z", "attempts": n - 1, "attempts_at_most": 4,
    }
    for n, (kind, status) in enumerate([("manual", "in_queue"), ("automated", "active"), ("manual", "no_reply"), ("automated", "done")], 1)
]  # fmt: skip
LINKS = [
    {
        "id": n, "title": "Support", "type": kind, "from": None, "until": "2026-03-01T08:00:00Z", "state": state, "used": 0,
        "created": "2026-03-01T08:00:00Z", "agent": 1,
    }
    for n, (kind, state) in enumerate([("one_time", "usable"), ("expiration", "link_expired"), ("time_frame", "link_not_yet_valid")], 1)
]  # fmt: skip
CONFIGURATIONS = [
    {
        "id": 0, "name": "Support", "types": ["one_time", "time_frame", "expiration"], "default_type": "one_time",
        "expires_after_s": 86_400, "video": True, "selected": True,
    }
]  # fmt: skip


# Nobody answers what the browser asks.
UNANSWERED = "() => { navigator.mediaDevices.getUserMedia = () => new Promise(() => {}); }"


class Looks(BrowserTest):
    server: Server
    sent: list[dict[str, Any]]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server = Server().start()
        cls.addClassCleanup(cls.server.remove)

    def setUp(self) -> None:
        self.browser = self.person()

    def url(self, path: str) -> str:
        # While pages are changed: `vite preview` has what was built last, without a server that is built anew.
        other = os.environ.get("CORDBOARD_LOOK_AT")
        return f"{other}{path}" if other else f"http://127.0.0.1:{self.server.http}{path}"

    def hears(self, page: Page, kind: str) -> dict[str, Any]:
        """The newest message of this kind that the page has sent, once it has."""

        def sent() -> list[dict[str, Any]]:
            return [message for message in self.sent if message["type"] == kind]

        return until(f"the page sends {kind}", sent, step=lambda: page.wait_for_timeout(20))[-1]


class PageOfLink(Looks):
    """The page of a call link."""

    def open(self, *messages: dict[str, Any], close: int | None = None, **options: Any) -> Page:
        page = self.browser.page(permissions=["microphone", "camera"], **options)
        self.watch(page)
        self.sent = []
        self.line: WebSocketRoute | None = None
        self.is_deaf = False

        def connected(line: WebSocketRoute) -> None:
            self.line = line

            def said(text: Any) -> None:
                message = json.loads(text)
                self.sent.append(message)
                if message["type"] == "hello" and not self.is_deaf:
                    for each in messages:
                        line.send(json.dumps({"seq": 0, **each}))
                    if close is not None:
                        line.close(code=close)

            line.on_message(said)

        page.route_web_socket("**/api/v1/page", connected)
        page.goto(self.url("/link#some-token"))
        return page

    def says(self, page: Page, message: dict[str, Any]) -> None:
        assert self.line is not None
        self.line.send(json.dumps({"seq": 0, **message}))
        page.wait_for_timeout(100)

    HELLO = {"type": "hello", "resume": "f00d", "resumed": False, "keeps_s": 30, "link": {"title": "Example Support", "video": True}}

    def test_r2_the_welcome_has_exactly_two_entry_buttons(self) -> None:
        page = self.open(self.HELLO)
        page.get_by_role("heading", name="Call Example Support").wait_for()
        entries = page.locator(".entries button")
        self.assertEqual(entries.all_inner_texts(), ["Start audio call", "Start video call"])
        self.assertEqual([message["type"] for message in self.sent], ["hello"], "R15: looking at it is no call")
        self.look(page, "link-welcome")
        page.get_by_role("button", name="Microphone and camera").click()
        page.get_by_role("button", name="Test the microphone").click()
        page.get_by_label("How loud you are").wait_for()
        self.look(page, "link-devices")

    def test_r12_each_state_of_a_link_is_a_page_of_its_own(self) -> None:
        seen = set()
        for code in ("link_used", "link_expired", "link_not_yet_valid", "link_revoked", "link_unknown", "too_many", "unavailable"):
            with self.subTest(code):
                page = self.open({"type": "error", "code": code, "message": "no"}, close=4003)
                page.locator(f"[data-code={code}]").wait_for()
                seen.add(page.locator("h1").inner_text())
                self.look(page, f"link-{code}")
                page.context.close()
        self.assertEqual(len(seen), 7, "each has words of its own")

    def test_the_call_from_the_line_to_the_end(self) -> None:
        page = self.open(self.HELLO)
        page.get_by_label("Your name").fill("Ada <b>Lovelace</b>")
        page.get_by_role("button", name="Start video call").click()
        begun = self.hears(page, "call")
        self.assertEqual(begun["name"], "Ada <b>Lovelace</b>")
        self.assertIn("m=audio", begun["sdp"])
        self.assertIn("m=video", begun["sdp"])
        self.says(page, call("waiting", position=3, estimate_s=190))
        self.assertIn("You are 3rd in line", page.locator("main").inner_text())
        self.look(page, "link-waiting")
        self.says(page, call("talking", **{"with": {"name": "<i>Grace</i> Hopper"}}, talked_ms=65_000))
        page.get_by_role("heading", name="You are talking to <i>Grace</i> Hopper").wait_for()
        self.look(page, "link-talking")
        page.get_by_role("button", name="Mute").click()
        self.assertEqual(self.hears(page, "mute"), {"type": "mute", "call": CALL, "on": True})
        page.get_by_role("button", name="Keypad").click()
        self.look(page, "link-keypad")
        page.keyboard.press("Escape")
        self.says(page, call("held", **{"with": {"name": "Grace Hopper"}}, talked_ms=65_000))
        self.look(page, "link-held")
        # The server is not there when the page comes back.
        assert self.line is not None
        self.is_deaf = True
        self.line.close(code=1011)
        page.get_by_text("The connection is lost").wait_for()
        self.look(page, "link-lost")
        self.assertTrue(page.get_by_text("The connection is lost").is_visible(), "it is what was looked at")
        self.is_deaf = False
        page.get_by_text("The connection is lost").wait_for(state="hidden")
        self.says(page, call("over", talked_ms=125_000, why="agent_hung_up"))
        page.get_by_role("heading", name="The call has ended").wait_for()
        self.look(page, "link-over")

    def test_while_the_browser_asks_for_devices_the_customer_is_told_so(self) -> None:
        for entry, name, words in (
            ("Start audio call", "link-asking", "Please allow the microphone"),
            ("Start video call", "link-asking-video", "Please allow microphone and camera"),
        ):
            page = self.open(self.HELLO)
            page.evaluate(UNANSWERED)
            page.get_by_role("button", name=entry).click()
            page.locator("h1").get_by_text(words).wait_for()
            self.look(page, name)
            page.context.close()

    def test_until_the_server_says_how_the_call_is_the_customer_sees_that_it_is_on_its_way(self) -> None:
        page = self.open(self.HELLO)
        page.get_by_role("button", name="Start video call").click()
        page.get_by_role("heading", name="Calling…").wait_for()
        self.hears(page, "call")
        page.get_by_role("button", name="Hang up").wait_for()
        self.look(page, "link-calling")

    def test_r83_whoever_is_to_be_called_back_reads_so_at_the_end(self) -> None:
        page = self.open(self.HELLO)
        page.get_by_role("button", name="Start audio call").click()
        page.get_by_role("toolbar").wait_for()
        self.says(page, call("waiting", position=2))
        self.says(page, call("over", why="callback_promised"))
        page.get_by_text("You will be called back").wait_for()
        self.look(page, "link-callback")

    def test_without_a_camera_the_customer_may_call_without(self) -> None:
        page = self.open(self.HELLO)
        page.evaluate(
            "() => { const { mediaDevices } = navigator; const open = mediaDevices.getUserMedia.bind(mediaDevices);"
            "mediaDevices.getUserMedia = async (wanted) => {"
            " if (wanted.video) throw new DOMException('no', 'NotFoundError'); return open(wanted); }; }"
        )
        page.get_by_role("button", name="Start video call").click()
        page.get_by_role("button", name="Try again").wait_for()
        self.look(page, "link-blocked-camera")
        page.get_by_role("button", name="without").click()
        self.assertIn("m=audio", self.hears(page, "call")["sdp"])
        page.get_by_role("button", name="Camera on").wait_for()

    def test_a_customer_who_drops_is_at_the_end_at_once(self) -> None:
        page = self.open(self.HELLO)
        page.get_by_role("button", name="Start audio call").click()
        page.get_by_role("toolbar").wait_for()
        self.says(page, call("waiting", position=1))
        page.get_by_text("You are next").wait_for()
        page.get_by_role("button", name="Hang up").click()
        page.get_by_role("heading", name="The call has ended").wait_for()
        self.assertEqual(self.hears(page, "hang_up"), {"type": "hang_up", "call": CALL})
        live = page.evaluate("window.__peers.filter((peer) => peer.connectionState !== 'closed').length")
        self.assertEqual(live, 0)

    def test_without_a_microphone_the_customer_is_helped(self) -> None:
        for name, words in {"NotAllowedError": "is not allowed", "NotFoundError": "No microphone", "NotReadableError": "cannot be used"}.items():
            page = self.open(self.HELLO)
            page.evaluate("name => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', name); }; }", name)
            page.get_by_role("button", name="Start audio call").click()
            page.get_by_role("button", name="Try again").wait_for()
            self.assertIn(words, page.locator("h1").inner_text())
            self.look(page, f"link-blocked-{name}")
            self.assertEqual([message["type"] for message in self.sent], ["hello"], "no call was begun")
            page.context.close()

    def test_the_page_speaks_german_to_whoever_wants_it(self) -> None:
        page = self.open(self.HELLO, locale="de-AT")
        page.get_by_role("heading", name="Example Support anrufen").wait_for()
        self.assertEqual(page.evaluate("document.documentElement.lang"), "de")
        self.look(page, "link-welcome-de")


class PageOfDesk(Looks):
    """The desk of an agent."""

    def open(self, *messages: dict[str, Any]) -> Page:
        page = self.browser.page(permissions=["microphone", "camera"])
        self.watch(page)
        self.sent = []
        self.asked: list[tuple[str, str, str | None]] = []

        def connected(line: WebSocketRoute) -> None:
            self.line = line

            def said(text: Any) -> None:
                message = json.loads(text)
                self.sent.append(message)
                if message["type"] == "hello":
                    hello = {"type": "hello", "resume": "f00d", "resumed": False, "keeps_s": 30, "agent": 1}
                    for each in (hello, *messages):
                        line.send(json.dumps({"seq": 0, **each}))

            line.on_message(said)

        def rest(route: Any) -> None:
            request = route.request
            path = request.url.split("/api/v1")[1].split("?")[0]
            if request.method != "GET":
                self.asked.append((request.method, path, request.post_data))
                made = {**LINKS[0], "url": "https://pbx.example/link#token"}
                return answer(made, 201)(route) if path == "/links" else route.fulfill(status=204)
            known = {
                "/session": {"kind": "user", "id": 1, "name": "ada", "role": "admin", "agent": 1},
                "/agents/1/desk": ABOUT,
                "/agents/1/conversations": CONVERSATIONS,
                "/callbacks": CALLBACKS,
                "/links": LINKS,
                "/contacts": [{"id": 9, "name": "Grace's office", "number": "+15550100"}],
                "/links/configurations": CONFIGURATIONS,
            }
            return answer(known.get(path, []))(route)

        page.route_web_socket("**/api/v1/page", connected)
        page.route("**/api/v1/**", rest)
        page.goto(self.url("/desk"))
        page.get_by_role("heading", name="Conversations").or_(page.get_by_role("tab", name="Conversations")).first.wait_for()
        # What is said before the hello is of another visit: the page forgets it.
        until("the page has said hello", lambda: self.sent, step=lambda: page.wait_for_timeout(20))
        return page

    def says(self, page: Page, message: dict[str, Any]) -> None:
        self.line.send(json.dumps({"seq": 0, **message}))
        page.wait_for_timeout(100)

    def asks(self, page: Page, method: str, path: str) -> str | None:
        """Waits until the page has asked for it, and gives the body."""

        def found() -> list[str | None]:
            return [body for *what, body in self.asked if what == [method, path]]

        return until(f"{method} {path}", found, step=lambda: page.wait_for_timeout(50))[-1]

    def agent(self, **change: Any) -> dict[str, Any]:
        return {"type": "agent", "agent": {**AGENT, **change}}

    def test_a_call_rings_is_taken_held_transferred_and_wrapped_up(self) -> None:
        page = self.open(self.agent())
        page.get_by_text("The next call rings here.").wait_for()
        self.look(page, "desk-idle")
        caller = {"with": {"name": "<b>Charles</b> Babbage", "number": "+441632960111"}, "queue": "Support"}
        self.says(page, self.agent(state="offered"))
        self.says(page, call("ringing", rings_ms=25_000, **caller))
        page.get_by_role("heading", name="<b>Charles</b> Babbage is calling").wait_for()
        self.assertEqual(page.evaluate("document.activeElement.innerText").strip(), "Accept", "Enter takes the call")
        until("the title tells of the call", lambda: "is calling" in page.title(), step=lambda: page.wait_for_timeout(50))
        self.look(page, "desk-ringing")
        page.keyboard.press("Enter")
        taken = self.hears(page, "accept")
        self.assertEqual(taken["call"], CALL)
        self.says(page, self.agent(state="talking"))
        self.says(page, call("talking", talked_ms=3_000, **caller))
        page.get_by_role("heading", name="Talking to <b>Charles</b> Babbage").wait_for()
        until("the title is as before", lambda: page.title().startswith("Desk"), step=lambda: page.wait_for_timeout(50))
        self.look(page, "desk-talking")
        page.get_by_role("button", name="Hold").click()
        self.assertEqual(self.hears(page, "hold"), {"type": "hold", "call": CALL, "on": True})
        self.says(page, call("holding", talked_ms=9_000, **caller))
        self.look(page, "desk-holding")
        page.get_by_role("button", name="Transfer").click()
        page.get_by_role("combobox", name="To whom").fill("gra")
        self.look(page, "desk-transfer")
        page.keyboard.press("Enter")
        self.assertEqual(self.hears(page, "transfer"), {"type": "transfer", "call": CALL, "to": {"agent": 2}})
        self.says(page, call("over", talked_ms=20_000, why="agent_hung_up", **caller))
        page.get_by_text("The customer goes on to Grace Hopper").wait_for()
        self.says(page, self.agent(state="wrap_up", until="2099-03-01T08:00:00Z"))
        page.get_by_role("button", name="+10 s").click()
        self.asks(page, "POST", "/agents/1/wrap-up/extensions")
        self.look(page, "desk-wrap-up")
        page.get_by_role("button", name="I am done").click()
        self.asks(page, "DELETE", "/agents/1/wrap-up")

    def until_said(self, page: Page, message: dict[str, Any]) -> None:
        until(f"the page says {message}", lambda: message in self.sent, step=lambda: page.wait_for_timeout(50))

    def test_b2_somebody_is_asked_before_the_customer_goes_on(self) -> None:
        caller = {"with": {"name": "Charles Babbage"}, "queue": "Support", "any_from": True}
        page = self.open(self.agent(state="talking"), call("talking", talked_ms=3_000, **caller))
        page.get_by_role("heading", name="Talking to Charles Babbage").wait_for()
        page.get_by_role("button", name="Transfer").click()
        page.get_by_role("combobox", name="To whom").fill("+49301234567")
        page.get_by_label("Number that is shown").select_option("+4989101")
        self.look(page, "desk-from")
        page.get_by_role("button", name="Ask first").click()
        self.until_said(page, {"type": "consult", "call": CALL, "to": {"number": "+49301234567"}, "from": "+4989101"})

        def asked(state: str) -> None:
            consult = {"who": {"name": "Grace Hopper"}, "with": state}
            self.says(page, call("talking", talked_ms=9_000, consult=consult, **caller))

        asked("dialling")
        page.get_by_role("heading", name="Calling Grace Hopper… Charles Babbage is on hold").wait_for()
        asked("asked")
        page.get_by_role("heading", name="Talking to Grace Hopper; Charles Babbage is on hold").wait_for()
        self.look(page, "desk-consulting")
        tools = page.get_by_role("toolbar", name="What becomes of Grace Hopper")
        for name, what in (("Swap", "swap"), ("All three", "join"), ("Let go", "cancel"), ("Leave", "complete")):
            tools.get_by_role("button", name=name).focus()
            page.keyboard.press("Enter")
            self.until_said(page, {"type": "consultation", "call": CALL, "what": what})
        asked("all")
        page.get_by_role("heading", name="Talking to Charles Babbage and Grace Hopper").wait_for()
        self.says(page, call("over", talked_ms=20_000, why="passed_on", **caller))
        page.get_by_text("The customer goes on to Grace Hopper").wait_for()

    def test_while_the_browser_asks_for_the_microphone_the_agent_is_told_so_and_the_call_rings_on(self) -> None:
        page = self.open(self.agent(state="offered"), call("ringing", rings_ms=25_000, **{"with": {"name": "Charles"}}, queue="Support"))
        page.evaluate(UNANSWERED)
        page.get_by_role("button", name="Accept").click()
        page.get_by_text("whether it may use your microphone.").wait_for()
        self.look(page, "desk-asking")
        page.get_by_role("button", name="Reject").click()
        self.hears(page, "reject")

    def test_until_the_server_says_how_the_call_is_the_agent_sees_that_it_is_on_its_way(self) -> None:
        page = self.open(self.agent())
        page.get_by_role("textbox", name="Number").fill("+49301234567")
        page.get_by_role("button", name="Call", exact=True).click()
        page.get_by_role("heading", name="Calling…").wait_for()
        self.hears(page, "call")
        self.look(page, "desk-calling")
        page.get_by_role("button", name="Hang up").click()
        page.get_by_text("The next call rings here.").wait_for()

    def test_a_colleague_is_called(self) -> None:
        page = self.open(self.agent())
        page.get_by_role("combobox", name="Colleague", exact=True).select_option("Konrad Zuse")
        page.get_by_role("button", name="Call colleague").click()
        sent = self.hears(page, "call")
        self.assertEqual((sent["agent"], "number" in sent), (3, False))

    def test_a_call_that_is_missed_is_told(self) -> None:
        page = self.open(self.agent())
        self.says(page, call("ringing", rings_ms=25_000, **{"with": {"name": "Charles"}}))
        page.get_by_role("button", name="Reject").wait_for()
        self.says(page, call("over", why="no_answer", **{"with": {"name": "Charles"}}))
        page.get_by_text("You missed the call of Charles").wait_for()
        self.look(page, "desk-missed")

    def test_status_with_a_reason(self) -> None:
        page = self.open(self.agent())
        page.get_by_label("Status", exact=True).first.select_option("not_ready Lunch")
        body = self.asks(page, "PUT", "/agents/1/status")
        self.assertEqual(json.loads(body or ""), {"status": "not_ready", "reason": "Lunch"})

    def test_lists_and_links(self) -> None:
        page = self.open(self.agent())
        page.get_by_text("+441632960111").first.wait_for()
        page.get_by_role("tab", name="Callbacks").click()
        page.get_by_role("button", name="Call now").wait_for()
        self.look(page, "desk-callbacks")
        page.get_by_role("button", name="Call now").click()
        self.assertEqual(self.asks(page, "POST", "/agents/1/callbacks"), '{"callback":1}')
        page.get_by_role("tab", name="My links").click()
        page.get_by_role("button", name="Take back").first.wait_for()
        self.look(page, "desk-links")
        page.get_by_role("button", name="Share a call link").click()
        page.get_by_label("Good for").select_option("time_frame")
        self.look(page, "desk-new-link")
        page.get_by_role("button", name="Create the link").click()
        page.get_by_role("button", name="Copy").wait_for()
        self.look(page, "desk-made-link")

    def test_b18_another_tab_is_the_desk(self) -> None:
        page = self.open(self.agent())
        self.says(page, {"type": "superseded"})
        page.get_by_role("heading", name="Your desk is in another tab").wait_for()
        self.look(page, "desk-superseded")

    def test_a_number_that_is_none_is_not_called(self) -> None:
        page = self.open(self.agent())
        page.get_by_role("textbox", name="Number").fill("0301234")
        page.get_by_role("button", name="Call", exact=True).click()
        page.get_by_text("must be a number with its country").wait_for()
        page.get_by_role("textbox", name="Number").fill("0049 (30) 123-4567")
        page.get_by_role("button", name="Call", exact=True).click()
        self.hears(page, "call")
        self.assertEqual([m["number"] for m in self.sent if m["type"] == "call"], ["+49301234567"])

    def test_b10_what_is_not_for_the_recording_is_silence_there(self) -> None:
        page = self.open(self.agent(state="talking"), call("talking", talked_ms=3_000, recording="on"))
        page.get_by_role("button", name="Do not record").wait_for()
        self.look(page, "desk-recorded")
        page.get_by_role("button", name="Do not record").click()
        self.assertEqual(json.loads(self.asks(page, "PUT", f"/agents/1/calls/{CALL}/recording") or ""), {"masked": True})
        self.says(page, call("talking", talked_ms=4_000, recording="masked"))
        page.get_by_text("What is said now is not recorded").wait_for()
        self.look(page, "desk-masked")
        page.get_by_role("button", name="Record again").click()
        until("it is asked for", lambda: len(self.asked) == 2, step=lambda: page.wait_for_timeout(50))
        self.assertEqual(json.loads(self.asked[-1][2] or ""), {"masked": False})

    def test_r151_agents_say_how_their_conversations_stand(self) -> None:
        page = self.open(self.agent())
        choice = page.get_by_label("Status of the conversation with").first
        self.assertEqual(choice.input_value(), "open")
        choice.select_option("Solved")
        body = self.asks(page, "PUT", "/agents/1/conversations/1hykxq0000001/status")
        self.assertEqual(json.loads(body or ""), {"status": "solved"})
        self.assertEqual(page.get_by_role("link", name="Story").first.get_attribute("href"), "/call#1hykxq0000001")


class PagesOfPeople(Looks):
    """Logging in, and the first start."""

    def test_a_wrong_password_is_told_beside_the_form(self) -> None:
        page = self.browser.page()
        self.watch(page)
        page.goto(self.url("/"))
        page.get_by_role("heading", name="Log in to Cordboard").wait_for()
        self.look(page, "login")
        page.get_by_label("Name").fill("nobody")
        page.get_by_label("Password").fill("wrong wrong wrong")
        page.get_by_role("button", name="Log in").click()
        page.get_by_text("Name or password is wrong.").wait_for()
        self.look(page, "login-wrong")

    def test_a_set_up_address_that_is_not_valid(self) -> None:
        page = self.browser.page()
        self.watch(page)
        page.goto(self.url("/setup/none"))
        page.get_by_label("Your name").fill("Ada")
        page.get_by_label("Password", exact=True).fill("a very long password")
        page.get_by_label("Password, once more").fill("another long password")
        page.get_by_role("button", name="Create the administrator").click()
        page.get_by_text("is not the same as above").wait_for()
        self.look(page, "setup-differs")
        page.get_by_label("Password, once more").fill("a very long password")
        page.get_by_role("button", name="Create the administrator").click()
        page.get_by_text("This set-up address is not valid").wait_for()
        self.look(page, "setup-refused")


LIVE = {
    "seq": 7,
    "at": "2026-03-01T08:00:00Z",
    "queues": [],
    "callers": [],
    "agents": [],
    "calls": [],
    "calls_in_all": 0,
}


class PagesOfStaff(Looks):
    """The settings."""

    def open(self, path: str, role: str, known: dict[str, Any], refuse: bool = True) -> Page:
        page = self.browser.page(timezone_id="UTC")
        self.watch(page)
        page.clock.set_fixed_time("2026-03-01T08:00:00Z")
        self.asked: list[tuple[str, str, str | None]] = []
        document = self.server.get("/api/v1/openapi.json")[1]

        def rest(route: Any) -> None:
            request = route.request
            path = request.url.split("/api/v1")[1].split("?")[0]
            if request.method != "GET":
                self.asked.append((request.method, path, request.post_data))
                if not refuse:
                    return route.fulfill(status=202)
                wrong = [{"field": "agent_s", "mend": "must be 3 to 60: the least is 3"}]
                return answer({"title": "x", "status": 422, "detail": "A field is wrong.", "errors": wrong}, 422)(route)
            if path == "/openapi.json":
                return route.fulfill(content_type="application/json", body=document)
            if path == "/events":
                return route.fulfill(content_type="text/event-stream", body=": \n\n")
            session = {"kind": "user", "id": 1, "name": "root", "role": role, "agent": 1}
            return answer(session if path == "/session" else known.get(path, []))(route)

        page.route("**/api/v1/**", rest)
        page.goto(self.url(path))
        return page

    def test_b1_beside_an_agent(self) -> None:
        talking = {**AGENT, "agent": 3, "name": "<b>Konrad</b> Zuse", "state": "talking", "call": CALL}
        page = self.open("/supervisor", "supervisor", {"/live": {**LIVE, "agents": [AGENT, talking]}, "/history": {"intervals": [], "until": None, "in_time_s": 20, "rows": []}}, refuse=False)
        sent: list[dict[str, Any]] = []
        lines: list[WebSocketRoute] = []

        def connected(line: WebSocketRoute) -> None:
            lines.append(line)

            def said(text: Any) -> None:
                sent.append(json.loads(text))
                if sent[-1]["type"] == "hello":
                    line.send(json.dumps({"seq": 0, "type": "hello", "resume": "f00d", "resumed": False, "keeps_s": 30}))

            line.on_message(said)

        def says(message: dict[str, Any]) -> None:
            lines[-1].send(json.dumps({"seq": 0, **message}))

        def done(what: str, found: Any) -> Any:
            return until(what, found, step=lambda: page.wait_for_timeout(20))

        page.route_web_socket("**/api/v1/page", connected)
        page.get_by_role("button", name="Listen to <b>Konrad</b> Zuse").click()
        done("it is asked for", lambda: ("POST", f"/calls/{CALL}/supervise", '{"mode":"listen"}') in self.asked)
        self.assertTrue(sent[0]["supervisor"])
        self.look(page, "floor-asked")
        customer = {"with": {"name": "+441632960111"}}
        says(call("ringing", supervises="listen", **customer))
        done("the page answers by itself", lambda: [each for each in sent if each["type"] == "accept"])
        status = page.get_by_role("region", name="Supervision").get_by_role("status")
        for does, words in (("listen", "Nobody hears you"), ("whisper", "does not hear you"), ("barge", "You talk to <b>Konrad</b> Zuse and")):
            says(call("talking", supervises=does, **customer))
            status.get_by_text(words).wait_for()
            self.look(page, f"floor-{does}")
        says(call("talking", **customer))
        status.get_by_text("The call is yours").wait_for()
        self.look(page, "floor-taken-over")
        page.get_by_role("button", name="Hang up").click()
        done("it hangs up", lambda: {"type": "hang_up", "call": CALL} in sent)
        says(call("over", why="agent_hung_up"))
        page.get_by_role("button", name="Listen to <b>Konrad</b> Zuse").wait_for()
        self.look(page, "floor-alone-again")

    def test_r148_settings_have_range_default_and_effect_and_the_servers_own_error(self) -> None:
        queue = {
            "id": 1, "name": "Support", "agents": ["1001", "1002"], "greeting": {"text": "Welcome.", "voice": "en"},
            "announcement": {"text": "Press one.", "codes": [{"digits": "1", "callback": "Later"}]},
        }  # fmt: skip
        known = {
            "/settings/timeouts": {"agent_s": 30},
            "/settings/queues": [queue, {**queue, "id": 2, "name": "<b>Sales</b>"}],
            "/settings/queues/1": queue,
            "/users": [{"id": 1, "name": "root", "role": "admin", "agent": 1, "teams": [], "disabled": False}],
            "/settings/agents": [{"id": 1, "user": "1001", "name": "Ada"}],
        }
        page = self.open("/admin#timeouts", "admin", known)
        page.get_by_role("heading", name="Ringing").wait_for()
        field = page.get_by_label("An agent's phone rings for")
        field.fill("2")
        page.get_by_role("button", name="Save").click()
        page.get_by_text("must be 3 to 60: the least is 3").wait_for()
        self.assertIn("3 to 60 s", page.locator("form").inner_text())
        self.assertEqual(field.get_attribute("aria-invalid"), "true")
        self.look(page, "admin-timeouts")
        page.get_by_role("link", name="Queues").click()
        page.get_by_text("<b>Sales</b>").wait_for()
        self.look(page, "admin-queues")
        page.get_by_role("link", name="Support").click()
        page.get_by_role("heading", name="Support").wait_for()
        self.look(page, "admin-queue")
        page.get_by_role("link", name="Users").click()
        page.get_by_role("button", name="Change root").click()
        page.get_by_label("Is the agent").wait_for()
        self.look(page, "admin-user")
