"""Answers as mail programmes write them, stripped right: the samples in ``clients``, read as the mailroom does."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.channels.email.normalise import normalise
from gateway.channels.email.reading import read_mail
from gateway.channels.email.shown import shown
from tests.channels.email import make_clients

NINE = ("qq", "163", "outlook", "foxmail", "apple", "gmail", "wecom", "android", "iphone")
SAMPLES = sorted(make_clients.FOLDER.glob("*.eml"))


def expected(sample: Path) -> str:
    return sample.with_suffix(".txt").read_text(encoding="utf-8").strip()


def same(text: str, wanted: str) -> bool:
    """Blank lines between what was written are not the question."""
    return [line for line in text.split("\n") if line] == [line for line in wanted.split("\n") if line]


def test_each_of_the_nine_has_four_samples_at_least() -> None:
    names = [one.name for one in SAMPLES]
    assert all(sum(name.startswith(f"{client}-") for name in names) >= 4 for client in NINE)


def test_the_samples_are_what_their_maker_writes() -> None:
    made = {one.name: make_clients.bytes_of(one, n) for n, one in enumerate(make_clients.SAMPLES, 1)}
    assert made == {one.stem: one.read_bytes() for one in SAMPLES}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.stem)
def test_what_was_written_is_shown(sample: Path) -> None:
    raw = sample.read_bytes()
    mail = read_mail(raw)
    message, _ = normalise(
        raw, mail, account="a", addresses=(make_clients.HOTLINE,), tags=None, received_at=mail.date or 0
    )
    assert same(message.text, expected(sample)), message.text
    if not sample.stem.startswith("stays"):
        assert message.full_text and set(message.flags) <= {"contact_from_signature"}


@pytest.mark.parametrize("sample", [one for one in SAMPLES if "stays" not in one.stem], ids=lambda one: one.stem)
def test_the_text_alone_is_enough_for_it(sample: Path) -> None:
    mail = read_mail(sample.read_bytes())
    found = shown(mail.text)
    assert found.quoted and same(found.text, expected(sample)), found.text
