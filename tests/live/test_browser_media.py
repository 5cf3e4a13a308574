"""Browsers' media with a peer that is no browser (aiortc): both ways with phones, and with each other; every party is listened to."""

from __future__ import annotations

import socket
import time

import phones
import sound
from centre import until
from phones import Phone
from test_api import PASSWORD, ApiServer, ApiTest, Client
from webrtc import Page

CALLER, AGENT = 500.0, 900.0


class AtPages(ApiTest):
    """Pages by aiortc: Ada's desk, and whoever calls her by a link."""

    def desk(self) -> Page:
        """Ada's desk: she is an agent and a user."""
        users = self.ok("GET", "/api/v1/users")
        if not any(user["name"] == "ada" for user in users):
            self.admin.ask("POST", "/api/v1/users", {"name": "ada", "role": "agent", "password": PASSWORD, "agent": 1})
        ada = Client(self.server)
        status, _, headers = ada.ask("POST", "/api/v1/session", {"name": "ada", "password": PASSWORD})
        self.assertEqual(status, 200)
        ada.take_session(headers)
        desk = Page(self.server.http, AGENT, cookie=ada.headers["Cookie"])
        self.addCleanup(desk.close)
        desk.hello()
        return desk

    def customer(self) -> Page:
        """Somebody who has opened a link of Ada's."""
        link = self.ok("POST", "/api/v1/links", {"type": "one_time", "agent": 1})
        page = Page(self.server.http, CALLER)
        self.addCleanup(page.close)
        page.hello(link=link["url"].split("#")[1])
        return page


class BrowserMedia(AtPages):
    server: ApiServer

    def hears(self, page: Page, frequency: float) -> None:
        until(f"{frequency:g} Hz is heard", lambda: page.share(frequency) > 0.9, 15)

    def both_are_on_disk(self, before: int) -> None:
        """The call that has just ended is on disk: who said what, and both on their sides."""
        files = until("a recording", lambda: self.server.recordings()[before:], 20)[-1]
        stereo = sound.read(files.stereo)
        for channel, own, other in ((0, CALLER, AGENT), (1, AGENT, CALLER)):
            self.assertGreater(sound.best_second(stereo.channels[channel], own), 0.8)
            self.assertLess(sound.best_second(stereo.channels[channel], other), 0.1)

    def test_a_caller_by_telephone_and_an_agent_in_a_browser_hear_each_other(self) -> None:
        before, desk = len(self.server.recordings()), self.desk()
        caller = Phone(self.server.external)
        self.addCleanup(caller.close)
        call = caller.dial("7000")
        phones.wait("the call is up", lambda: call.is_up)
        name = desk.accept()
        file = self.files / "telephone.wav"
        call.play(sound.write(self.files / "caller.wav", sound.tone(CALLER, 1)))
        self.hears(desk, CALLER)
        call.record(file)
        phones.live(3)
        desk.say(type="hang_up", call=name)
        phones.wait("the caller's leg is over", lambda: call.is_over)
        self.assertGreater(sound.mostly(phones.heard(file).channels[0][8000:20_000], AGENT), 0.9)
        sdp = desk.expect("an answer", lambda message: message["type"] == "answer")["sdp"]
        self.assertRegex(sdp, r"m=audio \d+ UDP/TLS/RTP/SAVPF [08]\b", "what the caller speaks, so that nothing is transcoded")
        self.both_are_on_disk(before)

    def test_two_pages_hear_and_see_each_other_whatever_strangers_send(self) -> None:
        before, desk = len(self.server.recordings()), self.desk()
        customer = self.customer()
        call = customer.call()
        ringing = desk.accept()
        self.hears(customer, AGENT)
        self.hears(desk, CALLER)
        self.assertIn("opus/48000", customer.expect("an answer", lambda message: message["type"] == "answer")["sdp"])
        # R10: pictures both ways, and the sound stays.
        customer.show(call)
        desk.show(ringing)
        until("pictures at the desk", lambda: desk.pictures > 10, 20)
        until("pictures at the customer's", lambda: customer.pictures > 10, 20)
        self.hears(customer, AGENT)
        self.hears(desk, CALLER)
        self.floods(customer.port())
        self.hears(customer, AGENT)
        self.hears(desk, CALLER)
        customer.say(type="hang_up", call=call)
        desk.wait_for(ringing, "over")
        self.both_are_on_disk(before)

    def test_a_customer_in_a_browser_and_an_agent_with_a_phone_hear_each_other(self) -> None:
        before = len(self.server.recordings())
        agent = Phone(self.server.internal, self.server.people[0])
        self.addCleanup(agent.close)
        customer = self.customer()
        call = customer.call()
        at_phone = agent.next_call(20)
        phones.wait("the call is up", lambda: at_phone.is_up)
        at_phone.play(sound.write(self.files / "agent.wav", sound.tone(AGENT, 1)))
        file = self.files / "agent-hears.wav"
        at_phone.record(file)

        def heard() -> bool:
            phones.live(0.1)
            return customer.share(AGENT) > 0.9

        until("the agent is heard", heard, 15)
        phones.live(2)
        customer.say(type="hang_up", call=call)
        phones.wait("the agent's leg is over", lambda: at_phone.is_over)
        self.assertGreater(sound.best_second(phones.heard(file).channels[0], CALLER), 0.9)
        self.both_are_on_disk(before)

    def floods(self, port: int) -> None:
        """A second of garbage, STUN and hellos at the browsers' port, from somebody else (H1, H21)."""
        stun = bytes.fromhex("000100082112a442") + bytes(12) + bytes.fromhex("00060004") + b"me:u"
        hello = bytes.fromhex("16fefd0000000000000000002e010000220000000000000022fefd") + bytes(50)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            end = time.monotonic() + 1
            while time.monotonic() < end:
                for noise in (stun, hello, bytes([0x80, 111]) + bytes(40), bytes([200]) * 30, stun[:21]):
                    stranger.sendto(noise, ("127.0.0.1", port))
            stranger.settimeout(0.2)
            with self.assertRaises(TimeoutError, msg="a stranger gets no byte back"):
                stranger.recv(2000)
