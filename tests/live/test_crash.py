"""Power cuts and orderly ends."""

from __future__ import annotations

import time

import centre
import phones
import sound
from centre import LiveTest
from phones import Phone


class InACall(LiveTest):
    """Two calls go on when the server is ended, one way or the other."""

    def setUp(self) -> None:
        super().setUp()
        self.server = centre.Server(*self.options).start()
        self.addCleanup(self.server.remove)
        self.callers = [Phone(self.server.external, user=f"4930000{n}") for n in (1, 2)]
        self.agents = [Phone(self.server.internal, agent) for agent in self.server.agents[:2]]
        for phone in self.callers + self.agents:
            self.addCleanup(phone.close)
        self.addCleanup(self.hang_up_everything)
        tones = {440: self.callers, 880: self.agents}
        for frequency, those in tones.items():
            path = sound.write(self.files / f"{frequency}.wav", sound.tone(frequency, 5))
            for phone in those:
                phone.plays = path
        self.outside = [caller.dial("5000") for caller in self.callers]
        self.inside = [agent.next_call() for agent in self.agents]
        phones.wait("all talk", lambda: all(call.is_up for call in self.outside + self.inside))
        self.began = time.monotonic()

    def hang_up_everything(self) -> None:
        """Frees PJSIP's four lines: without a server that answers BYE they would stay taken for half a minute."""
        if not self.server.is_running():
            self.server.start()
        for phone in self.callers + self.agents:
            for call in phone.calls:
                call.hang_up()
        phones.live(0.5)

    @classmethod
    def setUpClass(cls) -> None:
        """Each test ends its own server."""

    def assert_sounds(self, recording: centre.Recording) -> None:
        stereo = sound.read(recording.stereo)
        end = stereo.seconds - 0.5
        self.assertGreater(sound.mostly(stereo.part(1, end, 0), 440), 0.85, "the customer is left")
        self.assertGreater(sound.mostly(stereo.part(1, end, 1), 880), 0.85, "the agent is right")

    def test_after_a_kill_all_files_play_to_within_a_second_and_are_mixed(self) -> None:
        phones.live(5)
        self.server.kill()
        talked = time.monotonic() - self.began
        partial = sorted(self.server.recordings_dir.rglob("*-*.wav"))
        self.assertEqual(len(partial), 4, "two files a call")
        for path in partial:
            with self.subTest("as it was left", file=path.name):
                self.assertGreater(sound.read(path).seconds, talked - 1)

        self.server.start()
        recordings = self.recorded(2)
        self.assertEqual(len(recordings), 2)
        for recording in recordings:
            self.assert_complete(recording, "4930000", interrupted=True)
            with self.subTest("repaired", file=recording.stereo.name):
                self.assertGreater(sound.read(recording.stereo).seconds, talked - 1)
            self.assert_sounds(recording)
        self.assertEqual([call["end"] for call in self.server.calls()], ["interrupted"] * 2)

        # A second start finds nothing left to mend.
        before = {path: path.read_bytes() for path in self.server.recordings_dir.rglob("*") if path.is_file()}
        self.server.kill()
        self.server.start()
        after = {path: path.read_bytes() for path in self.server.recordings_dir.rglob("*") if path.is_file()}
        self.assertEqual(before.keys(), after.keys())
        self.assertTrue(before == after, "a repaired recording is not touched again")
        self.assertEqual(len(self.server.calls()), 2)

    def test_sigterm_refuses_new_calls_and_lets_the_running_ones_end(self) -> None:
        phones.live(1)
        self.server.terminate()

        def refusal() -> str | None:
            answer = centre.invite(self.server.external, "9196")
            return answer if answer.startswith("SIP/2.0 503") else None

        answer = phones.wait("new calls are refused", refusal)
        self.assertRegex(answer, r"(?im)^Retry-After:\s*\d+")
        phones.live(2)
        self.assertTrue(all(call.is_up for call in self.outside + self.inside), "the running calls go on")
        self.assertTrue(self.server.is_running())
        self.outside[0].hang_up()
        self.inside[1].hang_up()
        phones.wait("all calls are over", lambda: all(call.is_over for call in self.outside + self.inside))
        self.assertEqual(self.server.exit_code(15), 0)
        recordings = self.server.recordings()
        self.assertEqual(len(recordings), 2, "the recordings are finished when the server has gone")
        for recording in recordings:
            self.assert_complete(recording, "4930000")
            self.assert_sounds(recording)
