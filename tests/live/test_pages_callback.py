"""A customer in a browser who does not want to wait (R66, R82, R83): a code on the page's keypad, a number typed, the promise heard and seen."""

from __future__ import annotations

from typing import Any

import sound
from browser import shoot
from centre import until
from test_pages import AtCentre, Centre

ANNOUNCEMENT, ASK, CONFIRMATION = 500.0, 900.0, 1200.0


class CallbackCentre(Centre):
    """Who waits is soon told of a code, and nobody is called back unless an agent says so."""

    def tone(self, name: str, frequency: float, seconds: float) -> Any:
        return sound.write(self.data / f"{name}.wav", sound.tone(frequency, seconds))

    def queue_keys(self) -> str:
        return f"""announcement = {{ file = "{self.tone("announcement", ANNOUNCEMENT, 3)}", every_s = 1, codes = [
    {{ digits = "*1", callback = "Later" }} ] }}"""

    def sections(self) -> str:
        return f"""{super().sections()}
[[callback]]
name = "Later"
type = "manual"
ask_number = {{ file = "{self.tone("ask", ASK, 3)}" }}
confirmation = {{ file = "{self.tone("confirmation", CONFIRMATION, 3)}" }}
[[trunk]]
name = "carrier"
server = "127.0.0.1:9"
[[outbound]]
number = "+*"
trunks = ["carrier"]
[dialling]
country = "49"
"""


class Callback(AtCentre):
    kind = CallbackCentre

    def test_a_code_on_the_keypad_is_a_callback(self) -> None:
        cookie = self.admin()
        customer = self.customer(self.link(cookie))
        customer.get_by_role("heading", name="You are in line").wait_for()
        self.hears(customer, ANNOUNCEMENT, "the customer is told of the code")
        customer.get_by_role("button", name="Keypad").click()
        keypad = customer.get_by_role("dialog")
        for key in "*1":
            keypad.get_by_role("button", name=f"Key {key}", exact=True).click()
        self.hears(customer, ASK, "the customer is asked for a number")
        # By the digits of the keyboard, which are what some people cannot do without.
        keypad.get_by_role("button", name="Key 0", exact=True).focus()
        customer.keyboard.type("030555666#", delay=20)
        self.hears(customer, CONFIRMATION, "the customer hears the promise")
        customer.get_by_role("heading", name="The call has ended").wait_for(timeout=15_000)
        customer.get_by_text("You will be called back").wait_for()
        shoot(customer, "real-link-callback")
        self.assert_accessible(customer, "a promised callback")

        def kept() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = self.server.ask("GET", "/api/v1/callbacks", None, cookie)
            return found

        [callback] = until("the callback is kept", kept)
        self.assertEqual((callback["number"], callback["status"], callback["type"]), ("+4930555666", "in_queue", "manual"))
        desk = self.desk()
        desk.get_by_role("tab", name="Callbacks").click()
        desk.get_by_text("+4930555666").wait_for()
        log = self.server.said()
        self.assertNotIn("555666", log, "no number is in the log")
