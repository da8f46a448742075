"""Attachments taken in: judged by content, cleaned, scanned, kept; the refused ones with why and what stays of them."""

from __future__ import annotations

import asyncio
import io
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from gateway.channels import enclosures as module
from gateway.channels.config import FilesConfig
from gateway.channels.enclosures import Enclosures, FilesBusy
from gateway.channels.files import FileStore
from gateway.channels.port import Files
from tests.channels.clamd_fake import EICAR, ClamdFake, clamd_at
from tests.channels.pictures_made import EXE, HTML, OLE2, PDF, SCRIPT, SVG, bomb_png, ftyp, office, photo


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files", b"k" * 32)


def _made(store: FileStore, **config: object) -> Enclosures:
    return Enclosures(store, FilesConfig.model_validate(config))


@pytest.fixture
def files(store: FileStore) -> Enclosures:
    return _made(store)


def _kept(store: FileStore) -> int:
    return sum(1 for path in store.root.rglob("*") if path.is_file())


async def test_a_photo_is_kept_clean_and_its_untouched_original_beside_it(files: Enclosures) -> None:
    port: Files = files
    body = photo()
    kept = await port.take_in(body, "IMG_0001.JPG", "text/html")
    assert (kept.state, kept.name, kept.mime, kept.note) == ("kept", "IMG_0001.jpg", "image/jpeg", "")
    assert await files.read(kept.original) == body
    clean = await files.read(kept.sha256)
    assert b"SECRET" not in clean
    assert kept.size == len(clean)
    with Image.open(io.BytesIO(clean)) as picture:
        assert picture.size == (40, 20)
    assert files.taken == 1


async def test_a_document_is_kept_as_it_came(files: Enclosures) -> None:
    kept = await files.take_in(PDF, "合同.pdf", "application/pdf")
    assert (kept.state, kept.mime, kept.original) == ("kept", "application/pdf", "")
    assert await files.read(kept.sha256) == PDF
    assert (await files.take_in(office(), "x", "")).name == "x.docx"


async def test_the_content_decides_and_not_what_was_declared(files: Enclosures) -> None:
    kept = await files.take_in(photo("PNG"), "invoice.pdf", "application/pdf")
    assert (kept.mime, kept.name) == ("image/png", "invoice.png")
    refused = await files.take_in(EXE, "photo.jpg", "image/jpeg")
    assert (refused.state, refused.mime) == ("refused", "application/octet-stream")


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (EXE, "exe"),
        (SCRIPT, "script"),
        (HTML, "html"),
        (SVG, "svg"),
        (office("word/document.xml", "word/vbaProject.bin"), ""),
        (b"", "empty"),
        (b"%PDF-" + b"x" * 2000, "too_large"),
    ],
)
async def test_what_nobody_should_open_is_refused_with_why_and_nothing_is_kept(
    store: FileStore, body: bytes, word: str
) -> None:
    files = _made(store, max_bytes=1500)
    refused = await files.take_in(body, "x.jpg", "image/jpeg")
    assert refused.state == "refused"
    assert word in refused.note
    assert (refused.sha256, refused.original) == ("", "")
    assert _kept(store) == 0
    assert files.refused == 1


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (ftyp(b"heic"), "heic"),
        (OLE2, "PDF/DOCX"),
        (photo()[:-200], "unreadable"),
        (bomb_png(), "pixels"),
    ],
)
async def test_evidence_that_cannot_be_cleaned_is_not_shown_but_its_original_is_kept(
    files: Enclosures, body: bytes, word: str
) -> None:
    refused = await files.take_in(body, "IMG.HEIC", "image/heic")
    assert (refused.state, refused.sha256) == ("refused", "")
    assert word in refused.note
    assert await files.read(refused.original) == body


async def test_a_kind_can_be_switched_off(store: FileStore) -> None:
    files = _made(store, types=["jpeg"])
    assert (await files.take_in(photo(), "a", "")).state == "kept"
    refused = await files.take_in(PDF, "a", "")
    assert (refused.state, refused.name) == ("refused", "a.pdf")
    assert refused.note.startswith("type: ")


async def test_an_infected_file_is_refused_named_and_not_kept(store: FileStore, tmp_path: Path) -> None:
    async with clamd_at(tmp_path / "clamd", ClamdFake()) as address:
        files = _made(store, scanner=address)
        refused = await files.take_in(PDF + EICAR, "x.pdf", "")
        kept = await files.take_in(PDF, "x.pdf", "")
    assert refused.state == "refused"
    assert "Eicar-Test-Signature" in refused.note
    assert (kept.state, kept.note) == ("kept", "")
    assert (files.infected, files.unscanned) == (1, 0)
    assert _kept(store) == 1


async def test_the_scanner_sees_the_original_and_not_only_what_is_left_of_it(store: FileStore, tmp_path: Path) -> None:
    async with clamd_at(tmp_path / "clamd", ClamdFake()) as address:
        refused = await _made(store, scanner=address).take_in(photo() + EICAR, "x.jpg", "")
    assert refused.note.startswith("infected")


async def test_with_the_scanner_away_a_file_is_kept_and_marked_or_refused_with_its_original(
    store: FileStore, tmp_path: Path
) -> None:
    away = f"unix:{tmp_path}/none"
    kept = await _made(store, scanner=away).take_in(photo(), "x.jpg", "")
    assert kept.state == "kept"
    assert kept.note.startswith("not_scanned: ")
    strict = _made(store, scanner=away, scanner_away="refuse")
    refused = await strict.take_in(PDF, "x.pdf", "")
    assert (refused.state, refused.sha256) == ("refused", "")
    assert refused.note.startswith("not_scanned: ")
    assert await strict.read(refused.original) == PDF
    assert strict.unscanned == 1


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=400),
    start=st.sampled_from([b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"PK\x03\x04", b"%PDF-", b"BM"]),
    name=st.text(max_size=50),
    content_type=st.text(max_size=20),
)
async def test_nothing_that_is_given_makes_it_raise(
    files: Enclosures, body: bytes, start: bytes, name: str, content_type: str
) -> None:
    taken = await files.take_in(start + body, name, content_type)
    assert taken.state in ("kept", "refused")
    assert bool(taken.sha256) == (taken.state == "kept")
    assert taken.note or taken.state == "kept"
    assert taken.name


async def test_a_disk_that_is_full_is_the_senders_to_try_again(
    files: Enclosures, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_: bytes) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files._store, "keep", full)
    with pytest.raises(OSError, match="No space"):
        await files.take_in(PDF, "x.pdf", "")


async def test_work_is_done_outside_the_loop_by_no_more_than_the_workers(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge, lock = module._judged, threading.Lock()
    now = most = 0
    gate = threading.Event()

    def slow(body: bytes, config: FilesConfig) -> object:
        nonlocal now, most
        assert threading.current_thread() is not threading.main_thread()
        with lock:
            now += 1
            most = max(most, now)
        gate.wait(60)
        with lock:
            now -= 1
        return judge(body, config)

    monkeypatch.setattr(module, "_judged", slow)
    files = _made(store, workers=2)
    work = [asyncio.ensure_future(files.take_in(PDF, str(n), "")) for n in range(6)]
    while most < 2:
        await asyncio.sleep(0)
    gate.set()
    assert {taken.state for taken in await asyncio.gather(*work)} == {"kept"}
    assert most == 2


async def test_when_no_worker_comes_free_the_sender_is_told_to_try_again(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, judge = threading.Event(), module._judged

    def stuck(body: bytes, config: FilesConfig) -> object:
        gate.wait(60)
        return judge(body, config)

    monkeypatch.setattr(module, "_judged", stuck)
    files = _made(store, workers=1, wait_s=0.05)
    first = asyncio.ensure_future(files.take_in(PDF, "a", ""))
    await asyncio.sleep(0)
    with pytest.raises(FilesBusy):
        await files.take_in(PDF, "b", "")
    gate.set()
    assert (await first).state == "kept"
