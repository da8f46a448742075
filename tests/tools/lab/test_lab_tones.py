"""Each tone is told from the others, from music and from silence."""

from __future__ import annotations

import pytest

from tools.lab.tones import TONES, level, linear, tone, tones_in


def spoken(*parties: str) -> list[int]:
    """A third of a second of these tones, mixed."""
    voices = [[linear(byte) for byte in tone(TONES[party])] * 16 for party in parties]
    return [sum(samples) // len(voices) for samples in zip(*voices, strict=True)]


@pytest.mark.parametrize("party", list(TONES))
def test_each_tone_is_heard_and_no_other(party: str) -> None:
    assert tones_in(spoken(party)) == {party}
    assert level(spoken(party), TONES[party]) == pytest.approx(1.0, abs=0.05)


def test_mixed_tones_are_all_heard_and_ones_own_is_not_looked_for() -> None:
    assert tones_in(spoken("citizen", "agent", "partner")) == {"citizen", "agent", "partner"}
    assert tones_in(spoken("citizen", "agent"), but="agent") == {"citizen"}


def test_music_is_something_and_silence_is_nothing() -> None:
    music = [3000 if n % 18 < 9 else -3000 for n in range(2560)]  # 444 Hz, near the ringing tone
    assert tones_in(music) == {"something"}
    assert tones_in([0] * 2560) == set()
    assert tones_in([]) == set()


@pytest.mark.parametrize(("code", "sample"), [(0x55, -8), (0xD5, 8), (0x2A, -32256), (0xAA, 32256)])
def test_a_law_is_that_of_the_recommendation(code: int, sample: int) -> None:
    assert linear(code) == sample
