"""What peers may ask of a call, and outside one, besides making and ending it; over UDP and TCP."""

from __future__ import annotations

import socket
import uuid

from centre import LiveTest, Sipp
from wire import Ear


class Dialogs(LiveTest):
    def run_both(self, scenario: str, *options: str, internal: bool = False) -> None:
        port = self.server.internal if internal else self.server.external
        for tcp in (False, True):
            with self.subTest(scenario=scenario, transport="TCP" if tcp else "UDP"):
                Sipp(scenario, port, "5000", self.files, *options, tcp=tcp).wait()

    def test_a_caller_may_insist_on_reliable_provisionals_and_a_stray_prack_is_481(self) -> None:
        self.run_both("caller-100rel")

    def test_an_update_is_answered_with_and_without_an_offer(self) -> None:
        self.run_both("caller-update")

    def test_a_session_timer_is_agreed_on_whoever_refreshes(self) -> None:
        self.run_both("caller-timer")

    def test_a_session_that_is_too_brief_is_422(self) -> None:
        self.run_both("caller-timer-brief")

    def test_every_spelling_of_hold_is_silence_and_taking_it_up_again_is_sound(self) -> None:
        for tcp in (False, True):
            with self.subTest(transport="TCP" if tcp else "UDP"), Ear() as ear:
                options = ("-key", "ear", str(ear.port))
                Sipp("caller-holds", self.server.external, "5000", self.files, *options, tcp=tcp).wait()
                self.assertEqual(len(ear.spells()), 4, "the music plays four times, and three times it is held")

    def test_a_description_among_other_parts_is_understood_and_what_must_be_is_415(self) -> None:
        for tcp in (False, True):
            with self.subTest(transport="TCP" if tcp else "UDP"), Ear() as ear:
                options = ("-key", "ear", str(ear.port))
                Sipp("caller-parts", self.server.external, "5000", self.files, *options, tcp=tcp).wait()
                self.assertEqual(len(ear.spells()), 1, "the music plays")

    def test_an_offer_within_an_open_one_is_491(self) -> None:
        self.run_both("caller-glare")

    def test_a_bye_ends_a_change_that_is_open(self) -> None:
        self.run_both("caller-bye-in-change")

    def test_a_call_that_has_come_as_far_as_it_may_is_483(self) -> None:
        self.run_both("caller-last-hop")

    def test_nobody_is_called_because_a_caller_says_so(self) -> None:
        self.run_both("caller-refers")

    def test_the_place_of_an_unknown_call_is_not_to_be_had(self) -> None:
        self.run_both("caller-replaces")

    def test_what_is_not_served_is_refused_outside_a_call(self) -> None:
        self.run_both("unserved")

    def test_what_is_not_served_is_refused_in_a_call_and_the_call_goes_on(self) -> None:
        self.run_both("caller-unserved")

    def test_who_has_not_said_who_they_are_gets_401_for_whatever_is_asked(self) -> None:
        self.run_both("unserved-stranger", internal=True)

    def test_options_tells_the_truth_of_methods(self) -> None:
        said = listed(ask(self.server.external, "OPTIONS"), "Allow")
        self.assertLess({"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "PRACK", "UPDATE"}, said)
        others = {"REGISTER", "MESSAGE", "PUBLISH"}
        self.assertFalse(said & others)
        # To an ACK there is no answer, and an INVITE is a call.
        for method in sorted(said - {"ACK", "INVITE"}):
            with self.subTest(method):
                self.assertNotIn(status(ask(self.server.external, method)), (405, 501))
        for method in sorted(others):
            with self.subTest(method):
                answer = ask(self.server.external, method)
                self.assertEqual((status(answer), listed(answer, "Allow")), (405, said))

    def test_options_tells_the_truth_of_extensions_and_contents(self) -> None:
        answer = ask(self.server.external, "OPTIONS")
        self.assertEqual(listed(answer, "Accept"), {"application/sdp"})
        said = listed(answer, "Supported")
        self.assertLess({"100rel", "timer", "replaces"}, said)
        for option in sorted(said):
            with self.subTest(option):
                self.assertEqual(status(ask(self.server.external, "OPTIONS", f"Require: {option}")), 200)
        answer = ask(self.server.external, "OPTIONS", "Require: juggling")
        self.assertEqual((status(answer), listed(answer, "Unsupported")), (420, {"juggling"}))


def ask(port: int, method: str, *headers: str, seconds: float = 5) -> str:
    """Sends a request outside a dialog over UDP and gives the final answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.settimeout(seconds)
        here = f"127.0.0.1:{phone.getsockname()[1]}"
        call = uuid.uuid4().hex
        head = [
            f"{method} sip:5000@127.0.0.1:{port} SIP/2.0",
            f"Via: SIP/2.0/UDP {here};rport;branch=z9hG4bK{call}",
            "Max-Forwards: 70",
            f"From: <sip:4930666@127.0.0.1>;tag={call}",
            "To: <sip:5000@127.0.0.1>",
            f"Call-ID: {call}",
            f"CSeq: 1 {method}",
            f"Contact: <sip:4930666@{here}>",
            *headers,
            "Content-Length: 0",
        ]
        phone.sendto(("\r\n".join(head) + "\r\n\r\n").encode(), ("127.0.0.1", port))
        while True:
            answer = phone.recv(65_535).decode()
            if not answer.startswith("SIP/2.0 1"):
                return answer


def status(answer: str) -> int:
    return int(answer.split()[1])


def listed(answer: str, name: str) -> set[str]:
    """The values of a header that is a list."""
    lines = [line.partition(":") for line in answer.splitlines()]
    values = [value for key, _, value in lines if key.strip().lower() == name.lower()]
    return {one.strip() for value in values for one in value.split(",") if one.strip()}
