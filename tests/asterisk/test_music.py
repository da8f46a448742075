from __future__ import annotations

import io
import wave
from pathlib import Path

from gateway.asterisk.music import waiting_tone
from gateway.asterisk.render import AsteriskPaths


def test_the_tone_is_what_asterisk_plays_unconverted():
    with wave.open(io.BytesIO(waiting_tone())) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        assert file.getnframes() == 5 * 8000


def paths(root: Path) -> AsteriskPaths:
    return AsteriskPaths.under(root / "a", modules=root / "m", share=root / "share", sbin=root / "b")


def test_making_the_folders_puts_a_tone_where_no_music_is(tmp_path):
    made = paths(tmp_path)
    made.make()
    assert [file.name for file in (made.data / "moh").iterdir()] == ["waiting.wav"]
    assert (made.data / "documentation").readlink() == tmp_path / "share" / "documentation"


def test_making_the_folders_again_leaves_music_alone(tmp_path):
    made = paths(tmp_path)
    made.make()
    (made.data / "moh" / "waiting.wav").rename(made.data / "moh" / "own.wav")
    made.make()
    assert [file.name for file in (made.data / "moh").iterdir()] == ["own.wav"]
