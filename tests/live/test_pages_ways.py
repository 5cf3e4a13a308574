"""Browsers that the usual way does not reach: over IPv6, and by a connection where a firewall lets no UDP through."""

from __future__ import annotations

import socket
import ssl
import urllib.error
import urllib.request

from browser import path
from centre import until
from playwright.sync_api import Page
from ports import has_ipv6
from test_pages import CUSTOMER, AtCentre, Centre

# As behind a firewall: the page hears of no candidate like this.
FIREWALL = """
const Open = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Open {
  setRemoteDescription({ type, sdp }) {
    const lines = sdp.split('\\r\\n').filter((line) => !/^a=candidate:.* PATTERN/.test(line));
    return super.setRemoteDescription({ type, sdp: lines.join('\\r\\n') });
  }
};
"""


class Ways(AtCentre):
    def customer_behind(self, pattern: str, link: str) -> Page:
        """A customer for whom ways like this lead nowhere."""
        customer = self.person(CUSTOMER).page()
        self.watch(customer)
        customer.add_init_script(FIREWALL.replace("PATTERN", pattern))
        customer.goto(link)
        customer.get_by_role("button", name="Start audio call").click()
        return customer

    def goes_by(self, page: Page, *way: str | int) -> None:
        """Chromium takes the first way that it finds, and then the best."""
        taken: list[tuple[str, str, int] | None] = [None]

        def found() -> bool:
            taken[0] = path(page)
            return taken[0] is not None and taken[0][: len(way)] == way

        try:
            until(f"the page goes by {way}", found, 20, lambda: page.wait_for_timeout(100))
        except AssertionError as late:
            raise AssertionError(f"it went by {taken[0]}") from late

    def talks(self, desk: Page, customer: Page) -> None:
        """All that a call has: sound both ways, pictures."""
        self.talk(desk, customer)
        customer.get_by_role("button", name="Camera on").click()
        self.sees(desk, "the customer")
        self.both_hear(desk, customer, "with the camera on")


class SixCentre(Centre):
    """Pages and media over IPv6 as well as over IPv4."""

    def media_keys(self) -> str:
        return 'address = "::"\nadvertised = "127.0.0.1"\nalso_advertised = "::1"'

    def server_keys(self) -> str:
        return "allow_public = true"

    def http_address(self) -> str:
        return f"[::]:{self.http}"

    def url(self, path: str) -> str:
        return f"http://[::1]:{self.http}{path}"


class OverSix(Ways):
    kind = SixCentre

    def setUp(self) -> None:
        if not has_ipv6():
            self.skipTest("no IPv6 on this machine")
        super().setUp()

    def test_a_page_of_each_ip_version_and_the_sound_of_each(self) -> None:
        cookie = self.admin()
        desk = self.desk()
        link = self.link(cookie)
        self.assertIn("[::1]", link)
        customer = self.customer_behind("(udp|tcp) [0-9]+ 127", link.replace("[::1]", "127.0.0.1"))
        self.talks(desk, customer)
        self.goes_by(customer, "udp", "::1")

    def test_rfc_6544_a_connection_over_ipv6(self) -> None:
        cookie = self.admin()
        desk = self.desk()
        customer = self.customer_behind("(udp |tcp [0-9]+ 127)", self.link(cookie))
        self.talks(desk, customer)
        self.goes_by(customer, "tcp", "::1", self.server.http)


class NoUdp(Ways):
    def test_rfc_6544_who_has_no_udp_connects_to_the_port_of_http(self) -> None:
        cookie = self.admin()
        desk = self.desk()
        customer = self.customer_behind("udp", self.link(cookie))
        self.talks(desk, customer)
        self.goes_by(customer, "tcp", "127.0.0.1", self.server.http)
        # Who has the choice takes UDP.
        self.goes_by(desk, "udp")
        desk.get_by_role("button", name="Camera on").click()
        self.sees(customer, "the agent")
        customer.reload()
        customer.get_by_role("heading", name="You are talking to").wait_for()
        self.both_hear(desk, customer, "after a reload")
        customer.get_by_role("button", name="Hang up").click()
        desk.get_by_role("button", name="I am done").wait_for()

    def test_h1_h11_who_says_nothing_or_nonsense_at_the_port_hurts_no_call(self) -> None:
        cookie = self.admin()
        desk = self.desk()
        customer = self.customer_behind("udp", self.link(cookie))
        self.talk(desk, customer)
        for noise in (b"", b"\x00", b"\x00\x14" + bytes(20), b"\x03\xff" + b"x" * 500, b"\x00\x00", b"\x02\x00" + bytes(600)):
            for _ in range(20):
                stream = socket.create_connection(("127.0.0.1", self.server.http), timeout=5)
                self.addCleanup(stream.close)
                stream.sendall(noise)
        self.both_hear(desk, customer, "with strangers at the port")
        self.assertEqual(self.server.get("/healthz")[0], 200)


class TlsCentre(Centre):
    def server_keys(self) -> str:
        return "http_tls = true"

    def url(self, path: str) -> str:
        return f"https://127.0.0.1:{self.http}{path}"

    def opener(self) -> urllib.request.OpenerDirector:
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        return urllib.request.build_opener(urllib.request.HTTPSHandler(context=trusting))

    def get(self, path: str) -> tuple[int, str]:
        try:
            with self.opener().open(self.url(path), timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


class BesideTls(NoUdp):
    """The same at the port of HTTPS, which is what firewalls let through."""

    kind = TlsCentre
