"""Every state of the supervisor's pages and of the call page as people see it: no fault that axe finds, dark, light and as on a phone.

What the server would say is said by the test, so that each state can be had at once; that the real server says so is for `test_floor`.
"""

from __future__ import annotations

import json
import struct
from typing import Any

from browser import answer
from centre import until
from playwright.sync_api import Page
from test_looks import AGENT, CALL, Looks

MARKUP = "<img src=x onerror=alert(1)>"
QUALITY = {"received": 2_900, "sent": 2_950, "lost": 3, "jitter_ms": 2.5, "round_trip_ms": 31.0, "mos": 4.36}
POOR = {**QUALITY, "lost": 400, "jitter_ms": 60.0, "round_trip_ms": None, "mos": 2.41}
NOTHING = {"received": 0, "sent": 10, "lost": 0, "jitter_ms": 0.0, "round_trip_ms": None, "mos": None}


def instant(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"2026-03-01T07:{50 + int(minutes):02d}:{rest:06.3f}Z"


def running(number: int, state: str, **more: Any) -> dict[str, Any]:
    usual = {
        "call": f"1hykxq000000{number}", "direction": "inbound", "from": "+4930123456%d" % number, "called": "+441632960111", "queue": "Support",
        "agent": None, "state": state, "since": "2026-03-01T07:55:00Z", "talking_since": None, "recorded": False, "masked": False,
        "legs": [{"leg": 1, "role": "customer", "codec": "PCMA", "quality": QUALITY}],
    }  # fmt: skip
    return {**usual, **more}


LEGS = [
    {"leg": 1, "role": "customer", "codec": "PCMA", "quality": QUALITY},
    {"leg": 2, "role": "agent", "codec": "opus", "quality": POOR},
]
TALKS = {"agent": {"id": 3, "name": "Konrad Zuse"}, "talking_since": "2026-03-01T07:56:00Z", "legs": LEGS}
LIVE = {
    "seq": 7,
    "at": "2026-03-01T08:00:00Z",
    "queues": [
        {"queue": 1, "name": "Support", "waiting": 2, "longest_since": "2026-03-01T07:57:00Z"},
        {"queue": 2, "name": "Sales", "waiting": 0, "longest_since": None},
    ],
    "callers": [
        {"call": CALL, "queue": 1, "from": "+49301234567", "since": "2026-03-01T07:57:00Z", "offered": 2},
        {"call": "1hykxq0000002", "queue": 1, "from": "<b>+441632960111</b>", "since": "2026-03-01T07:59:10Z", "offered": None},
    ],
    "agents": [
        {**AGENT, "since": "2026-03-01T07:50:00Z", "state_since": "2026-03-01T07:50:00Z"},
        {**AGENT, "agent": 2, "name": "Grace Hopper", "state": "offered", "state_since": "2026-03-01T07:59:50Z", "until": "2026-03-01T08:00:20Z"},
        {**AGENT, "agent": 3, "name": "Konrad Zuse", "state": "talking", "state_since": "2026-03-01T07:56:00Z", "call": "1hykxq0000003"},
        {**AGENT, "agent": 4, "name": "Charles Babbage", "state": "wrap_up", "state_since": "2026-03-01T07:59:40Z", "until": "2026-03-01T08:00:25Z"},
        {**AGENT, "agent": 5, "name": "Mary Somerville", "state": "not_ready", "status": "not_ready", "reason": 0, "state_since": "2026-03-01T07:30:00Z"},
        {**AGENT, "agent": 6, "name": MARKUP, "state": "away", "reachable": False, "state_since": "2026-03-01T06:00:00Z"},
    ],
    "calls": [
        running(1, "ringing"),
        running(2, "waiting", **{"from": MARKUP}),
        running(3, "talking", recorded=True, **TALKS),
        running(4, "held", recorded=True, masked=True, direction="outbound", queue=None, **TALKS),
    ],
    "calls_in_all": 4,
}  # fmt: skip


def row(interval: int, queue: str | None, answered: int, abandoned: int, **more: Any) -> dict[str, Any]:
    usual = {
        "interval": interval, "queue": queue, "calls": answered + abandoned, "answered": answered, "in_time": max(0, answered - 1),
        "abandoned": abandoned, "promised": 0, "waited_ms": 14_000 * answered, "longest_ms": 61_000, "talked_ms": 95_000 * answered,
    }  # fmt: skip
    return {**usual, **more}


DAY = {
    "intervals": [f"2026-03-01T{hour:02d}:00:00Z" for hour in range(24)],
    "until": "2026-03-02T00:00:00Z",
    "in_time_s": 20,
    "rows": [row(hour, queue, (5 * hour + shift) % 13, (hour + shift) % 3) for hour in range(8) for shift, queue in enumerate(["Support", "Sales"])]
    + [row(3, None, 2, 0)],
}  # fmt: skip
LEG = {"began": instant(0), "answered": instant(1), "ended": instant(90), "sip_call_id": "a@b", "quality": QUALITY}
CONVERSATION = {
    "id": CALL, "account": "acme", "direction": "inbound", "from": "+49301234567", "called": "+441632960111", "trunk": "carrier",
    "diverted_by": None, "attempts": [], "queue": "Support", "began": instant(0), "connected": instant(25), "ended": instant(90),
    "waited_ms": 25_000, "talked_ms": 65_000, "agent": {"id": 3, "name": "Konrad Zuse"}, "status": "solved",
    "assigned": {"id": 3, "name": "Konrad Zuse"}, "offers": 2, "end": "customer_hung_up",
    "legs": [{**LEG, "id": 1, "role": "customer", "cause": {"protocol": "Q.850", "cause": 16, "text": MARKUP}}, {**LEG, "id": 2, "role": "agent", "quality": POOR}],
}  # fmt: skip
CONVERSATIONS = [
    {**CONVERSATION, "id": f"1hykxq000000{n}", "from": who, "status": status, "end": end, "ended": ended, "direction": direction}
    for n, (who, status, end, ended, direction) in enumerate(
        [
            ("+49301234567", "solved", "agent_hung_up", instant(90), "inbound"),
            (MARKUP, "open", "abandoned", instant(90), "inbound"),
            ("1001", "waiting", None, None, "outbound"),
        ],
        1,
    )
]
RECORDINGS = {
    "next": None,
    "recordings": [
        {
            "id": f"1hykxq0000001-1-{n}", "call": CALL, "segment": 1, "content": content, "name": "x.wav", "agent": {"id": 3, "name": "Konrad Zuse"},
            "customer": "+49301234567", "called": "+491", "queue": "Support", "direction": "inbound", "began": instant(25),
            "ended": instant(90), "milliseconds": 65_000, "bytes": 1, "gaps": n == 2, "interrupted": False, "encrypted": True,
            "deleted": None,
        }
        for n, content in enumerate(["stereo", "customer", "agent"])
    ],
}  # fmt: skip
WHY = "fewest conversations, idle for 4 min"
EVENTS = [
    {"seq": 100 + n, "at": instant(at), "type": kind, "data": {"call": CALL, **data}}
    for n, (at, kind, data) in enumerate(
        [
            (0, "call.arrived", {"from": "+49301234567", "called": "+441632960111"}),
            (1, "call.queued", {"queue": 1, "position": 2}),
            (1, "call.message", {"message": "greeting"}),
            (5, "call.music", {}),
            (9, "call.offered", {"agent": 2, "why": "longest idle among 3"}),
            (15, "call.offer_ended", {"agent": 2, "why": "no_answer", "status": None}),
            (15, "call.offered", {"agent": 3, "why": WHY}),
            (25, "call.answered", {"agent": 3, "waited_ms": 25_000}),
            (25, "recording.begun", {"segment": 1}),
            (33, "call.digit", {"by_agent": False}),
            (34, "call.digit", {"by_agent": False}),
            (40, "call.held", {"by_agent": True, "held": True}),
            (52, "call.held", {"by_agent": True, "held": False}),
            (60, "recording.masked", {"masked": True}),
            (66, "recording.masked", {"masked": False}),
            (90, "call.ended", {"end": "customer_hung_up", "talked_ms": 65_000}),
            (91, "recording.written", {"segment": 1, "files": 3}),
        ]
    )
]
STORY = {
    "call": CALL,
    "conversation": CONVERSATION,
    "now": None,
    "more": False,
    "names": {"agents": {"2": "Grace Hopper", "3": "Konrad Zuse"}, "queues": {"1": "Support"}, "trunks": {}},
    "events": EVENTS,
    "recordings": RECORDINGS["recordings"],
}


def step(at: float, to: int, back: bool, what: str, **more: Any) -> dict[str, Any]:
    usual = {
        "at": at, "time": instant(at), "from": to if back else 0, "to": 0 if back else to, "transport": "udp", "source": "192.0.2.1:5060",
        "destination": "192.0.2.9:5060", "sip_call_id": "a@b", "what": what, "cseq": "1 INVITE", "sound": None, "again": [], "after_gap": False,
        "message": f"{what}\r\nFrom: {MARKUP} <sip:a@b>\r\nCall-ID: a@b\r\n\r\n",
    }  # fmt: skip
    return {**usual, **more}


LADDER = {
    "call": CALL,
    "began": instant(0),
    "ended": 91.0,
    "missing": 0,
    "parties": [
        {"part": "cordboard", "name": "cordboard", "addresses": ["192.0.2.1:5060"]},
        {"part": "customer", "name": MARKUP, "addresses": ["192.0.2.9:5060"]},
        {"part": "agent", "name": "1003", "addresses": ["[2001:db8::7]:5061"]},
    ],
    "steps": [
        step(0, 1, True, "INVITE sip:100@example.com SIP/2.0"[:6], sound="PCMA/8000 sendrecv"),
        step(0.004, 1, False, "100 Trying"),
        step(0.01, 1, False, "200 OK", sound="PCMA/8000 sendrecv"),
        step(15, 2, False, "INVITE", again=[15.5, 16.5]),
        step(15.4, 2, True, "486 Busy Here"),
        step(90, 1, True, "BYE"),
    ],
}
AUDIT = [
    {"seq": n, "at": instant(n), "who": who, "action": action, "subject": subject, "detail": detail, "hash": "ab" * 32}
    for n, who, action, subject, detail in [
        (3, "user root", "recording.deleted", "1hykxq0000001-1-1", "x.wav"),
        (2, f"key {MARKUP}", "recording.heard", "1hykxq0000001-1-0", ""),
        (1, "user ada", "recording.described", "1hykxq0000001-1-0", ""),
    ]
]
PEAKS = {"channels": 2, "peaks": [[abs((n % 40) - 20) / 20 for n in range(400)]] * 2}
# As long as the recordings above are: a WAV file, as the server has it, but for its quality.
SECONDS, RATE = 65, 3_000
SILENCE = struct.pack("<4sI8sIHHIIHH4sI", b"RIFF", 36 + SECONDS * RATE, b"WAVEfmt ", 16, 1, 1, RATE, RATE, 1, 8, b"data", SECONDS * RATE) + bytes(
    [128]
) * (SECONDS * RATE)


class Staff(Looks):
    """A page of those who see what others do."""

    KNOWN: dict[str, Any] = {
        "/live": LIVE,
        "/history": DAY,
        "/conversations": CONVERSATIONS,
        "/recordings": RECORDINGS,
        "/audit": AUDIT,
        f"/calls/{CALL}/story": STORY,
        f"/calls/{CALL}/ladder": LADDER,
        **{f"/recordings/1hykxq0000001-1-{n}/peaks": PEAKS for n in range(3)},
    }

    def open(self, path: str, role: str = "supervisor", known: dict[str, Any] | None = None, agent: int | None = None, **options: Any) -> Page:
        page = self.browser.page(timezone_id="UTC", **options)
        self.watch(page)
        page.on("dialog", lambda dialog: self.fail(f"markup has run: {dialog.message}"))
        page.clock.set_fixed_time("2026-03-01T08:00:00Z")
        self.asked: list[tuple[str, str, str | None]] = []
        self.read: list[str] = []
        self.answers: dict[tuple[str, str], tuple[int, Any]] = {}
        known = {**self.KNOWN, **(known or {})}

        def rest(route: Any) -> None:
            request = route.request
            whole = request.url.split("/api/v1")[1]
            path = whole.split("?")[0]
            told = self.answers.get((request.method, path))
            if request.method != "GET":
                self.asked.append((request.method, path, request.post_data))
                status, body = told or (204, None)
                return route.fulfill(status=204) if body is None else answer(body, status)(route)
            self.read.append(whole)
            if told:
                return answer(told[1], told[0])(route)
            if path == "/events":
                return route.fulfill(content_type="text/event-stream", body=": \n\n")
            if path.endswith("/audio"):
                return route.fulfill(content_type="audio/wav", body=SILENCE)
            session = {"kind": "user", "id": 1, "name": "root", "role": role, "agent": agent}
            return answer(session if path == "/session" else known.get(path, []))(route)

        page.route("**/api/v1/**", rest)
        page.goto(self.url(path))
        return page

    def asks(self, page: Page, part: str) -> str:
        """Waits until the page has read what has this in its address."""
        return until(f"the page asks for {part}", lambda: [each for each in self.read if part in each], step=lambda: page.wait_for_timeout(50))[-1]

    def is_inert(self, page: Page) -> None:
        """H17: what others wrote is text, whatever is in it."""
        self.assertIn(MARKUP, page.locator("main").inner_text())
        self.assertEqual(page.locator("main img").count(), 0)


class PageOfSupervisor(Staff):
    """What goes on, what was, and what is kept of it."""

    def test_b11_b12_the_wallboard(self) -> None:
        page = self.open("/supervisor")
        page.get_by_role("heading", name="Who waits").wait_for()
        page.get_by_text("Today by the hour").wait_for()
        tiles = dict(zip(page.locator(".tile dt").all_inner_texts(), page.locator(".tile dd").all_inner_texts()))
        self.assertEqual(tiles["Waiting"], "2")
        self.assertEqual(tiles["Longest wait"], "3:00")
        abandoned = sum(each["abandoned"] for each in DAY["rows"] if each["queue"])
        self.assertEqual(tiles["Abandoned today"], str(abandoned))
        self.assertEqual(tiles["Agents ready"], "1 / 6")
        self.assertIn("<b>+441632960111</b>", page.locator("main").inner_text(), "H17: markup of others stays text")
        self.is_inert(page)
        calls = page.locator("section[aria-labelledby=calls]").inner_text()
        for words in ("4.4 good", "2.4 poor", "Not recorded", "Konrad Zuse", "On hold", "4:00"):
            self.assertIn(words, calls)
        self.assertEqual(page.locator("a[href='/call#1hykxq0000003']").first.inner_text().split()[0], "Story")
        self.look(page, "floor")
        empty = {"/live": {**LIVE, "queues": [], "callers": [], "agents": [], "calls": [], "calls_in_all": 0}, "/history": {**DAY, "rows": []}}
        page = self.open("/supervisor", known=empty)
        page.get_by_text("No call goes on.").wait_for()
        self.look(page, "floor-empty")

    def test_b16_conversations_are_found_and_taken_as_tables(self) -> None:
        page = self.open("/supervisor")
        page.get_by_role("tab", name="Conversations").click()
        page.get_by_role("link", name="Story").first.wait_for()
        self.is_inert(page)
        self.look(page, "floor-conversations")
        page.get_by_label("Agent").select_option("Konrad Zuse")
        page.get_by_label("Status").select_option("Open")
        found = self.asks(page, "status=open")
        self.assertIn("agent=3", found)
        self.assertIn("/conversations?", found)
        table = page.get_by_role("link", name="Conversations (CSV)").get_attribute("href") or ""
        self.assertIn("/api/v1/conversations.csv?", table)
        self.assertIn("status=open", table, "the table has what the list has")
        self.assertIn("/api/v1/legs.csv?", page.get_by_role("link", name="Legs (CSV)").get_attribute("href") or "")
        self.assertEqual(page.get_by_role("link", name="JSON").get_attribute("download"), "conversations.json")
        self.assertEqual(page.locator("a[href='/call#1hykxq0000001']").count(), 1)

    def test_r106_r107_recordings_are_found_by_every_filter_and_heard(self) -> None:
        page = self.open("/supervisor")
        page.get_by_role("tab", name="Recordings").click()
        page.get_by_role("button", name="Listen").first.wait_for()
        self.assertEqual(page.get_by_role("button", name="Delete for ever").count(), 0, "supervisors do not delete")
        self.look(page, "recordings")
        page.get_by_label("Seconds at most").fill("90")
        page.get_by_label("Seconds at most").press("Tab")
        page.get_by_label("Direction").select_option("Inbound")
        self.assertIn("shorter_s=90", self.asks(page, "direction=inbound"))
        page.get_by_role("button", name="Listen").first.click()
        page.locator(".wave canvas").nth(1).wait_for(state="attached")
        for part, of in (("region", "for how long it was on hold, and not recorded"), ("marker", "when keys were pressed")):
            shown = page.locator(f".wave [part~={part}]")
            until(of, lambda shown=shown: shown.count() == 2, step=lambda: page.wait_for_timeout(50))
        page.locator(".flag").first.wait_for()
        names = page.locator(".flags li").all_inner_texts()
        expected = ["a key was pressed", "a key was pressed", "on hold", "talking again", "not recorded from here", "recorded again"]
        self.assertEqual([name.split(" ", 1)[1] for name in names], expected)
        self.look(page, "recording")
        page.get_by_role("button", name="Agent", exact=True).click()
        self.asks(page, "/recordings/1hykxq0000001-1-2/audio")
        for control in ("Volume", "Where in the recording", "Speed"):
            self.assertEqual(page.get_by_label(control).count(), 1, control)
        page.get_by_role("button", name="Mute").click()
        until("it is silent", lambda: page.evaluate("document.querySelector('audio').muted"), step=lambda: page.wait_for_timeout(50))

    def test_r109_to_r112_one_file_is_deleted_after_it_was_said_what_stays(self) -> None:
        page = self.open("/supervisor", "admin")
        page.get_by_role("tab", name="Recordings").click()
        page.get_by_role("button", name="Delete for ever").nth(1).click()
        page.get_by_text("The file of the other side stays.").wait_for()
        self.assertIn("audit log", page.locator("dialog").inner_text())
        self.look(page, "recording-deletion")
        self.assertEqual(self.asked, [], "nothing is deleted before it was confirmed")
        gone = {"title": "Gone", "status": 410, "detail": "It was deleted at 2026-03-01T07:00:00Z by user ada."}
        self.answers["DELETE", "/recordings/1hykxq0000001-1-1"] = (410, gone)
        page.locator("dialog").get_by_role("button", name="Delete for ever").click()
        page.get_by_text("by user ada").wait_for()
        self.look(page, "recording-deletion-refused")
        self.answers.clear()
        page.locator("dialog").get_by_role("button", name="Delete for ever").click()
        page.locator("dialog").wait_for(state="detached")
        self.assertEqual([each[:2] for each in self.asked], [("DELETE", "/recordings/1hykxq0000001-1-1")] * 2)

    def test_b11_the_history_has_charts_and_says_the_same_in_tables(self) -> None:
        page = self.open("/supervisor")
        page.get_by_role("tab", name="History").click()
        page.locator(".chart canvas").nth(2).wait_for()
        tiles = dict(zip(page.locator(".tile dt").all_inner_texts(), page.locator(".tile dd").all_inner_texts()))
        calls = sum(each["calls"] for each in DAY["rows"] if each["queue"])
        self.assertEqual(tiles["Calls"], str(calls), "calls out are not those of customers")
        page.get_by_text("The charts as a table").click()
        self.look(page, "history")
        page.get_by_label("Queue").select_option("Sales")
        sales = sum(each["calls"] for each in DAY["rows"] if each["queue"] == "Sales")
        until("the queue alone", lambda: page.locator(".tile dd").first.inner_text() == str(sales), step=lambda: page.wait_for_timeout(50))
        page.get_by_label("Time", exact=True).select_option("The last 30 days")
        self.assertIn("zone=UTC", self.asks(page, "interval=day"))
        wrong = [{"field": "until", "mend": "must be later than from"}]
        self.answers["GET", "/history"] = (422, {"title": "x", "status": 422, "detail": "A field is wrong.", "errors": wrong})
        page.get_by_label("Time", exact=True).select_option("From … until …")
        page.get_by_text("must be later than from").wait_for()
        self.look(page, "history-refused")

    def test_the_audit_log_is_found_and_checked(self) -> None:
        page = self.open("/supervisor", "supervisor")
        page.get_by_role("tab", name="Now").wait_for()
        self.assertEqual(page.get_by_role("tab", name="Audit log").count(), 0, "for administrators alone")
        page = self.open("/supervisor", "admin")
        page.get_by_role("tab", name="Audit log").click()
        page.get_by_text("recording.deleted").wait_for()
        self.is_inert(page)
        page.get_by_label("Who").fill("ada")
        page.get_by_label("Who").press("Tab")
        self.asks(page, "who=ada")
        self.answers["POST", "/audit/checks"] = (200, {"whole": True, "records": 3, "head": 3, "hash": "ab" * 32})
        page.get_by_role("button", name="Check the chain").click()
        page.get_by_text("The log is whole. Records checked: 3.").wait_for()
        self.look(page, "audit")
        self.answers["POST", "/audit/checks"] = (200, {"whole": False, "first": 2, "why": "it was altered: its hash is another"})
        page.get_by_role("button", name="Check the chain").click()
        page.get_by_text("The first record that does not fit is number 2").wait_for()
        self.look(page, "audit-broken")


class PageOfCall(Staff):
    """The story of one call."""

    def test_b13_the_story_of_a_call(self) -> None:
        page = self.open(f"/call#{CALL}")
        page.get_by_role("heading", name="+49301234567 calls +441632960111").wait_for()
        events = page.locator(".events").inner_text()
        self.assertIn(WHY, events, "each decision has its reason")
        self.assertIn("Grace Hopper is no longer rung: no answer", events)
        self.assertIn("Customer presses a key × 2", events.replace("\n", " "))
        self.assertIn("Konrad Zuse", page.locator(".lanes").inner_text())
        page.locator(".step").nth(1).wait_for()
        self.look(page, "call")
        page.locator(".step").first.click()
        page.locator(".opened pre").wait_for()
        self.is_inert(page)
        page.get_by_role("button", name="Listen").click()
        page.locator(".flag").first.wait_for()
        self.look(page, "call-open")

    def test_a_call_that_goes_on_and_what_is_not_there(self) -> None:
        goes_on = {
            **STORY,
            "conversation": {**CONVERSATION, "ended": None, "end": None, "agent": None, "legs": [], "status": "open", "connected": None},
            "now": running(1, "talking", recorded=True, since=instant(0), **{**TALKS, "talking_since": instant(25)}),
            "events": EVENTS[:9],
            "recordings": [],
        }  # fmt: skip
        page = self.open(f"/call#{CALL}", known={f"/calls/{CALL}/story": goes_on})
        page.locator("main").get_by_role("status").get_by_text("Talking").wait_for()
        page.get_by_text("Nothing of this call was recorded.").wait_for()
        self.assertIn("9:35", page.locator(".facts").inner_text(), "they have talked since the 25th second")
        self.look(page, "call-going-on")
        missing = {"title": "Not Found", "status": 404, "detail": "There is no such call."}
        page = self.open("/supervisor")
        self.answers["GET", "/calls/1hykxq000000x/story"] = (404, missing)
        page.goto(self.url("/call#1hykxq000000x"))
        page.get_by_text("There is no such call, or it is not yours to see.").wait_for()
        self.look(page, "call-missing")
        page.close()
        page = self.open(f"/call#{CALL}")
        self.answers["GET", f"/calls/{CALL}/ladder"] = (404, {**missing, "detail": "No SIP messages are kept: set enabled = true in [trace]."})
        page.reload()
        page.get_by_text("No SIP messages are kept").wait_for()

    def test_the_pages_speak_german_to_whoever_wants_it(self) -> None:
        page = self.open(f"/call#{CALL}", locale="de-AT")
        page.get_by_role("heading", name="+49301234567 ruft +441632960111 an").wait_for()
        page.locator(".step").nth(1).wait_for()
        self.look(page, "call-de")
        page = self.open("/supervisor", "admin", locale="de-AT")
        page.get_by_role("heading", name="Laufende Anrufe").wait_for()
        page.get_by_text("Heute nach Stunden").wait_for()
        self.look(page, "floor-de")

    def test_r106_pictures_are_seen_in_step_with_the_sound(self) -> None:
        files = [{**RECORDINGS["recordings"][0], "id": f"{CALL}-1-{n}", "content": content} for n, content in enumerate(["stereo", "customer_video"])]
        page = self.open(f"/call#{CALL}", known={f"/calls/{CALL}/story": {**STORY, "recordings": files}})
        page.get_by_role("button", name="Listen").click()
        page.locator(".films video").wait_for()
        self.assertTrue(page.evaluate("document.querySelector('.films video').muted"), "the sound is heard once")
        self.assertIn("Customer's picture", page.locator(".films").inner_text())
        self.assertEqual(page.get_by_role("button", name="Full screen").count(), 1)
        self.asks(page, f"/recordings/{CALL}-1-1/audio")
        self.look(page, "call-pictures")

    def test_h18_agents_see_their_calls_without_what_sip_said(self) -> None:
        page = self.open(f"/call#{CALL}", "agent", agent=3)
        page.get_by_role("heading", name="Recordings").wait_for()
        self.assertEqual(page.get_by_role("heading", name="What SIP said").count(), 0)
        self.assertEqual([each for each in self.read if "ladder" in each], [])

