"""Ears: WAV files, how much of a sound is one tone, and when a tone begins."""

from __future__ import annotations

import math
import wave
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

RATE = 8000
SILENCE = 60.0  # root mean square; µ-law rounds to steps of 8 at the quiet end


@dataclass(frozen=True)
class Sound:
    """A WAV file: samples by channel."""

    rate: int
    channels: list[array[int]]

    @property
    def seconds(self) -> float:
        return len(self.channels[0]) / self.rate

    def part(self, start: float, end: float, channel: int = 0) -> array[int]:
        return self.channels[channel][int(start * self.rate) : int(end * self.rate)]


def read(path: Path) -> Sound:
    """Reads 16-bit PCM; raises if the header and the data disagree."""
    with wave.open(str(path)) as file:
        assert file.getsampwidth() == 2, f"{path}: {file.getsampwidth() * 8} bits"
        count, rate, frames = file.getnchannels(), file.getframerate(), file.getnframes()
        samples = array("h", file.readframes(frames))
    assert len(samples) == frames * count, f"{path}: the header promises {frames} frames, {len(samples) // count} are there"
    return Sound(rate, [samples[channel::count] for channel in range(count)])


def write(path: Path, samples: Sequence[float]) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(array("h", (round(sample) for sample in samples)).tobytes())
    return path


def tone(frequency: float, seconds: float, level: float = 8000) -> list[float]:
    turn = math.tau * frequency / RATE
    return [level * math.sin(turn * n) for n in range(round(seconds * RATE))]


def bursts(frequency: float, on: float, off: float, times: int) -> list[float]:
    return (tone(frequency, on) + [0.0] * round(off * RATE)) * times


def level(samples: Sequence[int]) -> float:
    """Root mean square."""
    return math.sqrt(sum(sample * sample for sample in samples) / max(len(samples), 1))


def share(samples: Sequence[int], frequency: float, rate: int = RATE) -> float:
    """The share of the energy that is one tone (Goertzel), 0 to 1; 0 for silence."""
    energy = sum(sample * sample for sample in samples)
    if not samples or energy < len(samples) * SILENCE**2:
        return 0.0
    turn = 2 * math.cos(math.tau * frequency / rate)
    one = two = 0.0
    for sample in samples:
        one, two = turn * one - two + sample, one
    return 2 * (one * one + two * two - turn * one * two) / (len(samples) * energy)


def best_second(samples: Sequence[int], frequency: float, rate: int = RATE) -> float:
    """The share of a tone in the half second that has most of it: calls begin and end in the middle of files."""
    half = rate // 2
    starts = range(0, max(len(samples) - half, 0) + 1, half)
    return max(share(samples[start : start + half], frequency, rate) for start in starts)


def mostly(samples: Sequence[int], frequency: float, rate: int = RATE) -> float:
    """The share of the fortieths of a second that are this tone alone.

    So short, because who follows a peer's clock moves its sound by up to four samples a packet: the tone is still the tone,
    but over long stretches its phase turns, and a share of those would count that as another sound.
    """
    length = rate // 40
    starts = range(0, len(samples) - length + 1, length)
    return sum(share(samples[start : start + length], frequency, rate) > 0.9 for start in starts) / max(len(starts), 1)


def onsets(samples: Sequence[int], frequency: float, rate: int = RATE) -> list[float]:
    """When a tone begins, in seconds, to five milliseconds: silence of it before, and much of it after."""
    step = rate // 200
    steps = range(0, len(samples) - step, step)
    there = [share(samples[at : at + step], frequency, rate) > 0.6 for at in steps]
    quiet_before, loud_after = 10, 6
    found = []
    for at in range(quiet_before, len(there) - loud_after):
        if all(there[at : at + loud_after]) and not any(there[at - quiet_before : at]):
            found.append(at * step / rate)
    return found


BANDS = [200 * 1.2**n for n in range(16)]
FRAME = RATE // 50


def spectrogram(samples: Sequence[int]) -> list[list[float]]:
    """How loud each band is, by frames of 20 ms, in decibels."""
    loud = max(level(samples), 1.0)
    frames = []
    for start in range(0, len(samples) - FRAME + 1, FRAME):
        frame = samples[start : start + FRAME]
        energy = sum(sample * sample for sample in frame) / FRAME
        shares = [share(frame, band) for band in BANDS]
        frames.append([10 * math.log10(part * energy / loud**2 + 1e-4) for part in shares])
    return frames


def likeness(heard: list[list[float]], known: list[list[float]]) -> float:
    """How much the place of a spectrogram that is most like another one is like it: 1 if the same, 0 if nothing alike."""

    def level_free(frames: list[list[float]]) -> list[float]:
        flat = [value for frame in frames for value in frame]
        mean = sum(flat) / len(flat)
        return [value - mean for value in flat]

    wanted = level_free(known)
    norm = math.sqrt(sum(value * value for value in wanted))
    best = 0.0
    for start in range(len(heard) - len(known) + 1):
        there = level_free(heard[start : start + len(known)])
        other = math.sqrt(sum(value * value for value in there))
        if other > 0:
            best = max(best, sum(a * b for a, b in zip(wanted, there)) / (norm * other))
    return best


def ulaw(payload: bytes) -> list[int]:
    """The samples of G.711 μ-law."""
    return [_ulaw(byte) for byte in payload]


def _ulaw(byte: int) -> int:
    inverted = ~byte & 0xFF
    size = (((inverted & 0x0F) << 3) + 0x84 << (inverted >> 4 & 7)) - 0x84
    return -size if inverted & 0x80 else size
