from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.web.recordings import Recordings
from tests.web.number_stage import DAY, ZONE
from tests.web.sounds import silence, wav


@pytest.fixture
def kept(tmp_path: Path) -> Recordings:
    for day, name in (("20261121", "7.1"), ("20261122", "7.2"), ("20261124", "7.3")):
        (tmp_path / day).mkdir(exist_ok=True)
        (tmp_path / day / f"{name}.wav").write_bytes(b"RIFF")
    (tmp_path / "secret.wav").write_bytes(b"no")
    return Recordings(tmp_path, ZONE)


def test_a_recording_lies_in_the_folder_of_its_day_or_the_next(kept: Recordings) -> None:
    late = DAY + 86_400 * 0.4
    found = [kept.find(name, late) for name in ("7.1", "7.2", "7.3", "7.9")]
    assert [path.name if path else None for path in found] == ["7.1.wav", "7.2.wav", None, None]


@pytest.mark.parametrize("name", ["", "../secret", "..", "a/b", "/etc/passwd", "7.1\0", "-x", "7..1"])
def test_a_name_that_is_none_finds_nothing(kept: Recordings, name: str) -> None:
    assert kept.find(name, DAY) is None


def test_parts_of_one_listening_are_noted_once_and_a_later_one_again(kept: Recordings) -> None:
    assert kept.begins("agent1", "7.1", 0.0)
    assert kept.begins("agent1", "7.1", 0.0)  # not noted yet: a failed note is tried again
    kept.noted("agent1", "7.1", 0.0)
    assert not kept.begins("agent1", "7.1", 1799.0)
    assert kept.begins("agent2", "7.1", 1.0)
    assert kept.begins("agent1", "7.1", 1800.0)


def test_what_is_remembered_is_bounded(kept: Recordings) -> None:
    for n in range(6000):
        kept.noted("agent1", str(n), 0.0)
    assert kept.begins("agent1", "0", 1.0)
    assert not kept.begins("agent1", "5999", 1.0)


def test_two_who_ask_for_one_picture_at_once_both_keep_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound, both = tmp_path / "7.1.wav", threading.Barrier(2, timeout=20)
    sound.write_bytes(wav(silence(1)))
    write = Path.write_bytes

    def written(path: Path, data: bytes) -> int:
        done = write(path, data)
        both.wait()  # neither has given its file the name yet
        return done

    monkeypatch.setattr(Path, "write_bytes", written)
    kept = Recordings(tmp_path, ZONE)
    with ThreadPoolExecutor(2) as threads, capture_logs() as logs:
        first, second = threads.map(kept.peaks, [sound, sound])
    assert first == second and logs == []
    assert sorted(one.name for one in tmp_path.iterdir()) == ["7.1.peaks", "7.1.wav"]
