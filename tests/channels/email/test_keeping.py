"""Which files of a mail are kept: the same for a mail that comes in and for one that is read again."""

from __future__ import annotations

import pytest

from gateway.channels.config import FilesConfig
from gateway.channels.email.keeping import keep_files, within
from gateway.channels.email.mail import MailFile
from gateway.channels.email.mailroom.desk import Limits
from gateway.model.messages import Attachment


def file(name: str, size: int = 10, inline: bool = False) -> MailFile:
    return MailFile(name, "image/png", b"x" * size, inline=inline)


def told(*files: MailFile, count: int = 9, total: int = 1000) -> list[str]:
    return [note.partition(":")[0] for _, note in within(files, Limits(count, total))]


def test_pictures_of_the_text_give_way_and_the_order_stays() -> None:
    files = (file("logo", inline=True), file("a"), file("b"))
    assert told(*files, count=2) == ["too_many", "", ""]
    assert told(*files, count=3) == ["", "", ""]
    assert told(*files, total=25) == ["too_large", "", ""]
    assert [one.name for one, _ in within(files, Limits(2, 1000))] == ["logo", "a", "b"]


def test_a_file_that_is_too_large_takes_no_place_from_a_smaller_one() -> None:
    assert told(file("huge", 2000), file("a"), file("b"), count=2) == ["too_large", "", ""]


@pytest.mark.parametrize("count", [0, 1])
def test_the_note_says_how_many_there_may_be(count: int) -> None:
    (*_, (_, note)) = within([file("a"), file("b")], Limits(count, 1000))
    assert note == f"too_many: 附件超过{count}个，见原件 / too many files, see the original"


class Shelf:
    def __init__(self) -> None:
        self.taken: list[str] = []

    async def take_in(self, body: bytes, name: str, content_type: str) -> Attachment:
        self.taken.append(name)
        return Attachment(name, name, content_type, len(body), "ab" * 32)

    async def read(self, sha256: str) -> bytes:
        raise FileNotFoundError(sha256)


async def test_only_what_is_within_the_limits_reaches_the_store() -> None:
    shelf = Shelf()
    kept = await keep_files((file("logo", inline=True), file("a"), file("b")), shelf, FilesConfig(max_count=2))
    assert [(one.name, one.state, one.size) for one in kept] == [
        ("logo", "refused", 10),
        ("a", "kept", 10),
        ("b", "kept", 10),
    ]
    assert shelf.taken == ["a", "b"]
