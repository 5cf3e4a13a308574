"""Pages that are lost and come back, with real sockets and sound: the call goes on, the other party hears music, nothing is recorded twice."""

from __future__ import annotations

import phones
import sound
from centre import until
from phones import Phone
from test_api import PASSWORD, ApiServer, ApiTest, Client
from webrtc import Page

CALLER, AGENT = 500.0, 900.0


class Signalling(ApiTest):
    server: ApiServer

    def setUp(self) -> None:
        super().setUp()
        self.pages: list[Page] = []

    def cookie(self) -> str:
        """Ada's session: she is an agent and a user."""
        self.admin.ask("POST", "/api/v1/users", {"name": "ada", "role": "agent", "password": PASSWORD, "agent": 1})
        ada = Client(self.server)
        status, _, headers = ada.ask("POST", "/api/v1/session", {"name": "ada", "password": PASSWORD})
        self.assertEqual(status, 200)
        ada.take_session(headers)
        cookie: str = ada.headers["Cookie"]
        return cookie

    def page(self, cookie: str | None, tone: float) -> Page:
        page = Page(self.server.http, tone, cookie=cookie)
        self.pages.append(page)
        self.addCleanup(self.closes, page)
        return page

    def closes(self, page: Page) -> None:
        """As when the tab is closed; of no effect on one that is."""
        if page in self.pages:
            self.pages.remove(page)
            page.close()

    def offers_anew(self, page: Page, call: str) -> None:
        page._begin()
        page.say(type="offer", call=call, sdp=page._offer())
        page._take(page.expect("an answer", lambda message: message["type"] in ("answer", "error"))["sdp"])

    def hears(self, page: Page, frequency: float) -> None:
        def heard() -> bool:
            phones.live(0.1)
            return page.share(frequency) > 0.9

        until(f"{frequency:g} Hz is heard", heard, 15)

    def test_a_desk_that_is_loaded_anew_goes_on_in_the_same_call(self) -> None:
        before, cookie = len(self.server.recordings()), self.cookie()
        desk = self.page(cookie, AGENT)
        hello = desk.hello()
        caller = Phone(self.server.external)
        self.addCleanup(caller.close)
        outside = caller.dial("7000")
        phones.wait("the call is up", lambda: outside.is_up)
        call = desk.accept()
        outside.play(sound.write(self.files / "caller.wav", sound.tone(CALLER, 1)))
        self.hears(desk, CALLER)
        self.closes(desk)
        file = self.files / "telephone.wav"
        outside.record(file)
        phones.live(3)
        self.assertFalse(outside.is_over, "the caller is kept")
        again = self.page(cookie, AGENT)
        back = again.hello(resume=hello["resume"], seen=0)
        self.assertFalse(back["resumed"], "it knows nothing, and is told")
        self.assertEqual(again.wait_for(call, "talking")["call"], call)
        self.offers_anew(again, call)
        self.hears(again, CALLER)
        phones.live(2)
        again.say(type="hang_up", call=call)
        phones.wait("the caller's leg is over", lambda: outside.is_over)
        heard = phones.heard(file).channels[0]
        meanwhile, after = heard[8000:20_000], heard[-12_000:-4000]
        self.assertGreater(sound.level(meanwhile), 100, "music meanwhile")
        self.assertLess(sound.mostly(meanwhile, AGENT), 0.5)
        self.assertGreater(sound.mostly(after, AGENT), 0.9)
        until("one recording", lambda: len(self.server.recordings()) == before + 1, 20)

    def test_the_caller_of_a_desk_that_does_not_come_back_has_another_agent(self) -> None:
        self.ok("PUT", "/api/v1/settings/timeouts", {"page_s": 5})
        desk = self.page(self.cookie(), AGENT)
        desk.hello()
        caller = Phone(self.server.external)
        self.addCleanup(caller.close)
        outside = caller.dial("7000")
        phones.wait("the call is up", lambda: outside.is_up)
        desk.accept()
        phones.live(1)
        self.closes(desk)
        phones.live(6)
        self.assertFalse(outside.is_over, "the caller waits again")
        agent = Phone(self.server.internal, self.server.people[0])
        self.addCleanup(agent.close)
        inside = agent.next_call(20)
        phones.wait("they talk", lambda: inside.is_up)
        outside.hang_up()
        phones.wait("all is over", lambda: inside.is_over)

    def test_a_second_tab_is_the_desk_and_the_first_is_told_so(self) -> None:
        cookie = self.cookie()
        first = self.page(cookie, AGENT)
        first.hello()
        second = self.page(cookie, AGENT)
        second.hello()
        first.expect("it is superseded", lambda message: message["type"] == "superseded")
        status = second.expect("the agent as they are", lambda message: message["type"] == "agent")
        self.assertEqual(status["agent"]["agent"], 1)
