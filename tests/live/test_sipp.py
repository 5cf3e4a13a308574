"""The scenarios of tools/sipp, over UDP and TCP."""

from __future__ import annotations

from centre import LiveTest, Sipp, raw_tone, until


class Scenarios(LiveTest):
    def run_both(self, scenario: str, number: str = "5000", *options: str, internal: bool = False) -> None:
        port = self.server.internal if internal else self.server.external
        raw_tone(self.files / "tone.ul")
        raw_tone(self.files / "tone.al", "al")
        for tcp in (False, True):
            with self.subTest(scenario=scenario, transport="TCP" if tcp else "UDP"):
                Sipp(scenario, port, number, self.files, *options, tcp=tcp).wait()

    def test_caller(self) -> None:
        self.run_both("caller", "5000", "-d", "1500")

    def test_caller_no_media(self) -> None:
        self.run_both("caller-no-media", "9196", "-d", "100")

    def test_caller_cancel(self) -> None:
        self.run_both("caller-cancel")

    def test_caller_hold(self) -> None:
        self.run_both("caller-hold")

    def test_caller_late_offer(self) -> None:
        self.run_both("caller-late-offer")

    def test_caller_pcma(self) -> None:
        self.run_both("caller-pcma")

    def test_caller_no_codec(self) -> None:
        self.run_both("caller-no-codec")

    def test_options(self) -> None:
        self.run_both("options")

    def test_unknown_method(self) -> None:
        self.run_both("unknown-method")

    def test_register_bad_password(self) -> None:
        self.run_both("register-bad-password", "1001", internal=True)

    def test_every_ended_call_leaves_one_record(self) -> None:
        before = len(self.server.calls())
        Sipp("caller-no-media", self.server.external, "5000", self.files, "-d", "20", "-m", "20", "-r", "50").wait()
        until("twenty records", lambda: len(self.server.calls()) == before + 20)
        identities = [call["id"] for call in self.server.calls()]
        self.assertEqual(len(identities), len(set(identities)))
