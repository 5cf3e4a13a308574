"""Customers and agents in browsers, with the real server between them: each hears the other, through reloads, cameras and keys."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import urllib.request
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import phones
import sound
from browser import HEARD_RATE, BrowserTest, frames, hear, receives, shoot
from centre import Agent, ConfiguredServer, until
from phones import Phone
from playwright.sync_api import Page, expect

CUSTOMER = 700.0
AGENT = 400.0
MUSIC = 0.2
PASSWORD = "a password of the root"


class Centre(ConfiguredServer):
    """A server whose agents have desks: made at the set-up address, as people do."""

    people: tuple[Agent, ...] = (Agent("1001", "a password of 1001", "Ada"),)

    def sections(self) -> str:
        return f"""
[[listener]]
profile = "internal"
bind = "127.0.0.1:{self.internal}"
[status]
not_ready = ["Break"]
[wrap_up]
enabled = true
default_s = 60
extend = true
"""

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.http}{path}"

    def setup_path(self) -> str:
        found = re.findall(r"/setup/[\w-]+", self.said())
        assert found, "the log tells no set-up address"
        return found[-1]

    def opener(self) -> urllib.request.OpenerDirector:
        return urllib.request.build_opener()

    def ask(self, method: str, path: str, body: Any = None, cookie: str = "") -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url(path), data, {"content-type": "application/json", "cookie": cookie}, method=method)
        with self.opener().open(request, timeout=10) as answer:
            self.cookie = (answer.headers.get("set-cookie") or "").split(";")[0]
            text = answer.read().decode()
            return json.loads(text) if text else None


class AtCentre(BrowserTest):
    """A centre of its own for each test, with its people."""

    kind: type[Centre] = Centre

    def setUp(self) -> None:
        self.server = self.kind().start()
        self.addCleanup(self.server.remove)
        self.files = Path(tempfile.mkdtemp(prefix="cordboard-test-"))
        self.addCleanup(shutil.rmtree, self.files, ignore_errors=True)

    def tearDown(self) -> None:
        self.assertNotIn("panicked at", self.server.said(), "the server panicked")

    def tone(self, name: str, frequency: float) -> Any:
        return sound.write(self.files / f"{name}.wav", sound.tone(frequency, 10))

    def admin(self) -> str:
        """The first administrator, who is agent 1: the session."""
        made = self.server.ask("POST", self.server.setup_path(), {"name": "root", "password": PASSWORD})
        cookie = self.server.cookie
        self.server.ask("PUT", f"/api/v1/users/{made['id']}", {"name": "root", "role": "admin", "agent": 1}, cookie)
        self.server.ask("POST", "/api/v1/session", {"name": "root", "password": PASSWORD})
        return self.server.cookie

    def link(self, cookie: str, **wanted: Any) -> str:
        made: str = self.server.ask("POST", "/api/v1/links", {"type": "expiration", **wanted}, cookie)["url"]
        return made

    def desk(self) -> Page:
        """An agent at their desk, who is available."""
        page = self.person(AGENT).page()
        self.watch(page)
        page.goto(self.server.url("/login#/desk"))
        page.get_by_label("Name").fill("root")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.get_by_label("Status").select_option("available")
        page.get_by_text("Ready for calls").wait_for()
        return page

    def customer(self, link: str, flags: Sequence[str] = ()) -> Page:
        page = self.person(CUSTOMER, flags).page()
        self.watch(page)
        page.goto(link)
        page.get_by_role("button", name="Start audio call").click()
        return page

    def hears(self, page: Page, frequency: float, what: str) -> None:
        def share() -> bool:
            return sound.share(hear(page, 0.5), frequency, HEARD_RATE) > 0.5

        # The first sound comes once the way is found.
        until(f"{what}: sound comes", lambda: receives(page), 30, lambda: page.wait_for_timeout(50))

        until(what, share, 30, lambda: page.wait_for_timeout(100))

    def talk(self, desk: Page, customer: Page) -> None:
        desk.get_by_role("button", name="Accept").click()
        customer.get_by_role("heading", name="You are talking to").wait_for()
        self.both_hear(desk, customer)

    def sees(self, page: Page, what: str) -> None:
        before = frames(page)
        until(f"pictures of {what} are decoded", lambda: frames(page) > before + 10, 20, lambda: page.wait_for_timeout(200))

    def both_hear(self, desk: Page, customer: Page, when: str = "") -> None:
        self.hears(desk, CUSTOMER, f"the agent hears the customer {when}")
        self.hears(customer, AGENT, f"the customer hears the agent {when}")


class Pages(AtCentre):
    def test_from_the_set_up_address_to_a_call_with_oneself(self) -> None:
        page = self.person(AGENT).page()
        self.watch(page)
        page.goto(self.server.url(self.server.setup_path()))
        page.get_by_label("Your name").fill("Ada Lovelace")
        for field in page.locator("input[type=password]").all():
            field.fill(PASSWORD)
        page.get_by_role("button", name="Create the administrator").click()
        page.get_by_role("heading", name="Can others reach you?").wait_for()
        line = page.locator(".facts-list > div").filter(has_text="Signalling of browsers")
        expect(line).to_contain_text("reaches the server")
        shoot(page, "setup-addresses")
        self.assert_accessible(page, "set-up, addresses")
        page.get_by_role("button", name="Go on").click()
        page.get_by_label("What callers hear first").fill("Welcome to the first queue.")
        with page.expect_response("**/api/v1/speech/preview") as heard:
            page.get_by_role("button", name="Listen").click()
        self.assertEqual(heard.value.status, 200)
        shoot(page, "setup-queue")
        self.assert_accessible(page, "set-up, queue")
        page.get_by_role("button", name="Save the queue").click()
        page.get_by_role("button", name="Prepare my desk and a call link").click()
        page.get_by_role("link", name="Open your desk").wait_for()
        shoot(page, "setup-yourself")
        self.assert_accessible(page, "set-up")
        link = page.get_by_role("link", name="Open the call link").get_attribute("href")
        with page.expect_popup() as opened:
            page.get_by_role("link", name="Open your desk").click()
        desk = opened.value
        desk.get_by_label("Status").select_option("available")
        desk.get_by_text("Ready for calls").wait_for()
        customer = self.customer(link or "")
        self.talk(desk, customer)
        customer.get_by_role("button", name="Hang up").click()
        desk.get_by_role("heading", name="After-call work").wait_for()

    def test_a_customers_page_is_light_until_the_call_and_in_it(self) -> None:
        cookie = self.admin()
        desk = self.desk()
        customer = self.customer(self.link(cookie))
        self.talk(desk, customer)
        loaded = "performance.getEntriesByType('resource').filter(each => each.name.endsWith('.js')).map(each => each.encodedBodySize)"
        sizes: list[int] = customer.evaluate(loaded)
        self.assertTrue(sizes and all(sizes), f"scripts were loaded: {sizes}")
        self.assertLess(sum(sizes), 60 * 1024, "bytes of script, as they come")

    def test_b18_a_call_outlives_the_reload_of_either_page(self) -> None:
        cookie = self.admin()
        desk = self.desk()
        customer = self.customer(self.link(cookie))
        self.talk(desk, customer)
        shoot(customer, "real-link-talking")
        shoot(desk, "real-desk-talking")
        customer.reload()
        customer.get_by_role("heading", name="You are talking to").wait_for()
        self.both_hear(desk, customer, "after the customer's page was loaded anew")
        desk.reload()
        desk.get_by_role("heading", name="Talking to").wait_for()
        self.both_hear(desk, customer, "after the desk was loaded anew")
        desk.get_by_role("button", name="Hang up").click()
        customer.get_by_role("heading", name="The call has ended").wait_for()

    def test_f8_a_change_of_network_restarts_ice_and_the_other_leg_does_not_notice(self) -> None:
        def fragment(page: Page) -> str:
            found: str = page.evaluate("window.__peers.at(-1).remoteDescription.sdp.match(/a=ice-ufrag:(\\S+)/)[1]")
            return found

        cookie = self.admin()
        desk = self.desk()
        customer = self.customer(self.link(cookie))
        self.talk(desk, customer)
        before, others = fragment(customer), fragment(desk)
        # With its next offer.
        customer.evaluate("window.__peers.at(-1).restartIce()")
        customer.get_by_role("button", name="Camera on").click()
        until("the server has new credentials", lambda: fragment(customer) != before, 20, lambda: customer.wait_for_timeout(100))
        self.both_hear(desk, customer, "after ICE began anew")
        self.sees(desk, "the camera")
        self.assertEqual(fragment(desk), others, "nothing was agreed anew with the other")
        desk.get_by_role("heading", name="Talking to").wait_for()

    def test_r9_r10_camera_and_screen_come_and_go_in_the_middle_of_a_call(self) -> None:
        cookie = self.admin()
        desk = self.desk()
        customer = self.customer(self.link(cookie))
        self.talk(desk, customer)
        customer.get_by_role("button", name="Camera on").click()
        self.sees(desk, "the camera")
        self.both_hear(desk, customer, "with the camera on")
        shoot(desk, "real-desk-video")
        customer.get_by_role("button", name="Share screen").click()
        customer.get_by_role("button", name="Stop sharing").wait_for()
        self.sees(desk, "the screen")
        self.both_hear(desk, customer, "with the screen shared")
        customer.get_by_role("button", name="Stop sharing").click()
        customer.get_by_role("button", name="Share screen").wait_for()
        self.both_hear(desk, customer, "without pictures")
        desk.get_by_role("button", name="Camera on").click()
        self.sees(customer, "the agent's camera")
        self.both_hear(desk, customer, "with the agent's camera on")

    def test_r9_the_other_camera_is_shown_where_there_are_several(self) -> None:
        def camera() -> str:
            name: str = customer.evaluate("document.querySelector('video[aria-label=You]')?.srcObject?.getVideoTracks()[0]?.label ?? ''")
            return name

        def flips() -> str:
            before = camera()
            flip.click()
            until("another camera is shown", lambda: camera() not in ("", before), 20, lambda: customer.wait_for_timeout(100))
            return camera()

        cookie = self.admin()
        desk = self.desk()
        customer = self.customer(self.link(cookie), ["--use-fake-device-for-media-stream=device-count=3"])
        self.talk(desk, customer)
        flip = customer.get_by_role("button", name="Switch camera")
        self.assertFalse(flip.is_visible(), "there is nothing to be switched yet")
        customer.get_by_role("button", name="Camera on").click()
        self.sees(desk, "the camera")
        # The second one of Chromium's is for depths: nobody encodes its pictures.
        cameras = [camera(), flips(), flips()]
        self.assertEqual(len(set(cameras)), 3, cameras)
        self.sees(desk, "the third camera")
        self.both_hear(desk, customer, "with the third camera")
        self.assertEqual(flips(), cameras[0], "and round")
        self.sees(desk, "the first camera")
        customer.get_by_role("button", name="Camera off").click()
        flip.wait_for(state="hidden")

    def test_r6_r15_a_one_time_link_is_used_by_the_call_and_not_by_the_look(self) -> None:
        cookie = self.admin()
        desk = self.desk()
        link = self.link(cookie, type="one_time")
        looker = self.person().page()
        looker.goto(link)
        looker.get_by_role("button", name="Start audio call").wait_for()
        customer = self.customer(link)
        self.talk(desk, customer)
        looker.get_by_role("button", name="Start audio call").click()
        looker.get_by_role("heading", name="This link has been used").wait_for()
        other = self.person().page()
        other.goto(link)
        other.get_by_role("heading", name="This link has been used").wait_for()
        other.goto(link[:-4] + "none")
        other.get_by_role("heading", name="This link is not known here").wait_for()
        customer.get_by_role("button", name="Hang up").click()

    def test_r6_of_two_who_call_by_a_one_time_link_at_once_one_is_served(self) -> None:
        link = self.link(self.admin(), type="one_time")
        people = [self.person(CUSTOMER).page() for _ in range(2)]
        for page in people:
            page.goto(link)
            page.get_by_role("button", name="Start audio call").wait_for()
        # Neither waits for what becomes of the other.
        for page in people:
            page.evaluate("[...document.querySelectorAll('button')].find((b) => b.textContent.includes('Start audio')).click()")
        used = [page.get_by_role("heading", name="This link has been used") for page in people]
        waits = [page.get_by_role("button", name="Hang up") for page in people]

        def decided() -> bool:
            return sum(each.is_visible() for each in used) == 1 and sum(each.is_visible() for each in waits) == 1

        until("one is served and one is told", decided, 30, lambda: people[0].wait_for_timeout(100))
        served = next(page for page, waits in zip(people, waits) if waits.is_visible())
        served.get_by_role("button", name="Hang up").click()
        served.get_by_role("heading", name="The call has ended").wait_for()
        # Loaded anew it is no way in any more.
        served.reload()
        served.get_by_role("heading", name="This link has been used").wait_for()

    def test_r12_each_state_of_a_link_has_its_page(self) -> None:
        cookie = self.admin()
        now = datetime.now(timezone.utc)
        day = timedelta(days=1)
        early = {"type": "time_frame", "from": (now + day).isoformat(), "until": (now + 2 * day).isoformat()}
        late = {"type": "expiration", "until": (now + timedelta(seconds=3)).isoformat()}
        gone = self.server.ask("POST", "/api/v1/links", {"type": "expiration"}, cookie)
        self.server.ask("DELETE", f"/api/v1/links/{gone['id']}", None, cookie)
        page = self.person().page()
        for link, heading, code in (
            (self.link(cookie, **early), "It is too early for this link", "link_not_yet_valid"),
            (self.link(cookie, **late), "This link has expired", "link_expired"),
            (gone["url"], "This link was withdrawn", "link_revoked"),
        ):
            if code == "link_expired":
                page.wait_for_timeout(4000)
            page.goto("about:blank")
            page.goto(link)
            page.get_by_role("heading", name=heading).wait_for()
            self.assertEqual(page.locator("[data-code]").get_attribute("data-code"), code)
            shoot(page, f"real-{code}")
            self.assert_accessible(page, code)

    def test_hold_mute_and_a_second_tab(self) -> None:
        cookie = self.admin()
        desk = self.desk()
        customer = self.customer(self.link(cookie))
        self.talk(desk, customer)
        desk.get_by_role("button", name="Hold").click()
        customer.get_by_text("will be right back").wait_for()
        until(
            "the customer does not hear the agent on hold",
            lambda: sound.share(hear(customer, 0.5), AGENT, HEARD_RATE) < MUSIC,
            15,
            lambda: customer.wait_for_timeout(100),
        )
        desk.get_by_role("button", name="Take back").click()
        self.both_hear(desk, customer, "after the hold")
        customer.get_by_role("button", name="Mute").click()
        desk.get_by_text("has switched the microphone off").wait_for()
        customer.get_by_role("button", name="Unmute").click()
        self.both_hear(desk, customer, "with the microphone on again")
        other = desk.context.new_page()
        other.goto(self.server.url("/desk"))
        desk.get_by_role("heading", name="Your desk is in another tab").wait_for()
        other.get_by_role("heading", name="Talking to").wait_for()
        self.both_hear(other, customer, "in the other tab")
        other.get_by_role("button", name="Hang up").click()
        other.get_by_role("button", name="+10 s").click()
        other.get_by_role("button", name="I am done").click()
        expect(other.get_by_text("Ready for calls")).to_be_visible()

    def test_a_telephone_caller_and_an_agent_in_a_browser_hear_each_other(self) -> None:
        self.admin()
        desk = self.desk()
        caller = Phone(self.server.external)
        self.addCleanup(caller.close)
        caller.plays = self.tone("caller", CUSTOMER)
        caller.records = self.files / "heard.wav"
        call = caller.dial("5000")
        accept = desk.get_by_role("button", name="Accept")

        def rings() -> bool:
            desk.wait_for_timeout(20)
            return accept.is_visible()

        phones.wait("the desk rings", rings, 15)
        accept.click()
        phones.wait("the caller is connected", lambda: call.is_up)
        phones.live(1)
        self.hears(desk, CUSTOMER, "the agent hears the caller")
        phones.live(3)
        desk.get_by_role("button", name="Hang up").click()
        phones.wait("the caller's phone is told (R11)", lambda: call.is_over)
        heard = phones.heard(caller.records)
        self.assertGreater(sound.best_second(heard.channels[0], AGENT), 0.8, "the caller hears the agent")
        [recording] = until("the call is recorded", self.server.recordings, 15)
        stereo = sound.read(recording.stereo)
        left, right = (stereo.part(0.5, stereo.seconds - 0.5, channel) for channel in (0, 1))
        self.assertGreater(sound.best_second(left, CUSTOMER, stereo.rate), 0.8, "the customer is left")
        self.assertGreater(sound.best_second(right, AGENT, stereo.rate), 0.8, "the agent is right")

    def test_a_customer_in_a_browser_and_an_agent_with_a_telephone_hear_each_other(self) -> None:
        cookie = self.admin()
        agent = Phone(self.server.internal, self.server.agents[0])
        self.addCleanup(agent.close)
        agent.plays = self.tone("agent", AGENT)
        agent.records = self.files / "heard.wav"
        customer = self.customer(self.link(cookie))
        call = agent.next_call()
        phones.wait("the agent talks", lambda: call.is_up)
        heading = customer.get_by_role("heading", name="You are talking to")

        def talks() -> bool:
            customer.wait_for_timeout(20)
            return heading.is_visible()

        phones.wait("the customer talks", talks, 15)
        self.hears(customer, AGENT, "the customer hears the agent")
        phones.live(1)
        customer.get_by_role("button", name="Hang up").click()
        phones.wait("the agent's phone is told (R11)", lambda: call.is_over)
        heard = phones.heard(agent.records)
        self.assertGreater(sound.best_second(heard.channels[0], CUSTOMER), 0.8, "the agent hears the customer")
