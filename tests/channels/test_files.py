"""The file store: durable before named, sealed, verified, swept only of what nobody knows."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.channels.files import FileDamaged, FileStore

KEY = b"k" * 32


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files", KEY)


def _on_disk(store: FileStore) -> list[Path]:
    return [path for path in store.root.rglob("*") if path.is_file()]


async def test_what_was_kept_is_read_back_under_its_sha256(store: FileStore) -> None:
    name = await store.keep(b"photo")
    assert name == hashlib.sha256(b"photo").hexdigest()
    assert await store.read(name) == b"photo"
    assert store.path(name).is_file()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=5000))
async def test_any_bytes_come_back_as_they_were(store: FileStore, body: bytes) -> None:
    assert await store.read(await store.keep(body)) == body


async def test_the_disk_shows_no_content_and_is_for_the_owner_only(store: FileStore) -> None:
    name = await store.keep(b"identity card 460000199001011234")
    assert b"460000199001011234" not in store.path(name).read_bytes()
    assert stat.S_IMODE(store.path(name).stat().st_mode) == 0o600
    folders = [store.root, *(path for path in store.root.rglob("*") if path.is_dir())]
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


async def test_the_same_bytes_are_kept_once_also_when_they_come_at_once(store: FileStore) -> None:
    names = await asyncio.gather(*(store.keep(b"the same") for _ in range(8)))
    assert len(set(names)) == 1
    assert len(_on_disk(store)) == 1


async def test_bytes_and_folders_are_synced_before_the_name_is_given_out(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, replace = os.fsync, Path.replace

    def fsync(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        steps.append(kind)
        sync(descriptor)

    def rename(path: Path, target: Path) -> Path:
        steps.append("rename")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", rename)
    await store.keep(b"x")
    assert steps.index("file") < steps.index("rename")
    assert steps[-1] == "folder", "the folder that now holds the name is synced last"


async def test_a_disk_that_does_not_take_the_bytes_gives_no_name_and_leaves_nothing(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        await store.keep(b"x")
    assert not _on_disk(store)


async def test_a_missing_file_and_what_is_no_name_are_not_found(store: FileStore) -> None:
    for name in ("0" * 64, "", "../../etc/passwd", "A" * 64, "0" * 63, "０" * 64):
        with pytest.raises(FileNotFoundError):
            await store.read(name)


@pytest.mark.parametrize("where", [0, 5, 10, 25, -1])
async def test_one_changed_bit_anywhere_is_noticed(store: FileStore, where: int) -> None:
    name = await store.keep(b"evidence of something")
    sealed = bytearray(store.path(name).read_bytes())
    sealed[where] ^= 1
    store.path(name).write_bytes(sealed)
    with pytest.raises(FileDamaged, match=name):
        await store.read(name)


@pytest.mark.parametrize("length", [0, 3, 8, 19, 30])
async def test_a_file_cut_short_is_noticed(store: FileStore, length: int) -> None:
    name = await store.keep(b"evidence of something")
    store.path(name).write_bytes(store.path(name).read_bytes()[:length])
    with pytest.raises(FileDamaged):
        await store.read(name)


async def test_a_file_put_under_another_name_does_not_open(store: FileStore) -> None:
    one, other = await store.keep(b"one"), await store.keep(b"other")
    store.path(one).write_bytes(store.path(other).read_bytes())
    with pytest.raises(FileDamaged):
        await store.read(one)


async def test_a_damaged_file_is_mended_when_the_same_bytes_come_again(store: FileStore) -> None:
    name = await store.keep(b"one")
    store.path(name).write_bytes(b"rubbish")
    assert await store.keep(b"one") == name
    assert await store.read(name) == b"one"


async def test_a_new_key_still_opens_what_the_former_sealed(tmp_path: Path) -> None:
    name = await FileStore(tmp_path, KEY).keep(b"old")
    assert await FileStore(tmp_path, b"n" * 32, [KEY]).read(name) == b"old"
    with pytest.raises(FileDamaged, match="not among ours"):
        await FileStore(tmp_path, b"n" * 32).read(name)


def test_a_key_of_the_wrong_length_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        FileStore(tmp_path, b"short")


async def test_a_sweep_takes_old_files_that_nobody_knows_and_leftovers(store: FileStore) -> None:
    known, orphan, young = [await store.keep(body) for body in (b"known", b"orphan", b"young")]
    leftover = store.root / "coming" / "broken"
    leftover.write_bytes(b"half")
    for path in (store.path(known), store.path(orphan), leftover):
        os.utime(path, (0, 0))
    assert await store.sweep({known}) == 2
    assert sorted(path.name for path in _on_disk(store)) == sorted([known, young])


async def test_keeping_known_bytes_again_protects_them_from_the_sweep(store: FileStore) -> None:
    name = await store.keep(b"again")
    os.utime(store.path(name), (0, 0))
    await store.keep(b"again")
    assert await store.sweep(()) == 0
    assert await store.read(name) == b"again"


async def test_a_sweep_of_a_store_that_has_never_kept_anything_finds_nothing(store: FileStore) -> None:
    assert await store.sweep(()) == 0
