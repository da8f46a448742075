"""The tree of parts."""

from __future__ import annotations

import base64
import email
from email.message import EmailMessage, Message

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.channels.email.charsets import Charsets
from gateway.channels.email.mime import MOST_DEPTH, MOST_FIELDS, MOST_PARTS, Part, read_mime, split_fields

LEAVES = st.tuples(st.sampled_from(["text/plain", "image/png", "text/html"]), st.binary(max_size=80))
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner, min_size=1, max_size=4), max_leaves=12)
Tree = object


def written(tree: object, level: int = 0) -> bytes:
    """A tree as a mail program writes it."""
    if isinstance(tree, tuple):
        kind, body = tree
        head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        return head.encode() + base64.encodebytes(body)
    assert isinstance(tree, list)
    parts = [written(one, level + number + 1) for number, one in enumerate(tree)]
    mark = b"=_%d_%d" % (level, len(b"".join(parts)))
    body = b"".join(b"--%s\r\n%s\r\n" % (mark, one) for one in parts)
    return b'Content-Type: multipart/mixed; boundary="%s"\r\n\r\n%s--%s--\r\n' % (mark, body, mark)


def leaves(part: Part) -> list[tuple[str, bytes]]:
    if not part.children:
        return [(part.kind, part.body()[0])]
    return [one for child in part.children for one in leaves(child)]


def reference(message: Message) -> list[tuple[str, bytes]]:
    return [(one.get_content_type(), one.get_payload(decode=True)) for one in message.walk() if not one.is_multipart()]  # type: ignore[misc]


def read(raw: bytes, flags: set[str] | None = None) -> Part:
    return read_mime(raw, Charsets(set() if flags is None else flags))


@given(TREES, st.sampled_from([b"\r\n", b"\n"]))
@settings(deadline=None)
def test_any_tree_is_read_as_the_standard_library_reads_it(tree: object, newline: bytes) -> None:
    raw = (b"From: a@b.cn\r\n" + written(tree)).replace(b"\r\n", newline)
    flags: set[str] = set()
    assert leaves(read(raw, flags)) == reference(email.message_from_bytes(raw))
    assert not flags


@given(st.binary(max_size=400))
def test_fields_and_body_cover_the_bytes_in_order(raw: bytes) -> None:
    fields, body, _ = split_fields(raw, 0, len(raw))
    assert 0 <= body <= len(raw)
    for name, value in fields:
        assert name == name.lower()
        assert b"\n" not in value


def test_parts_depth_and_fields_are_bounded() -> None:
    flags: set[str] = set()
    many = read(b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 1000, flags)
    assert (len(many.children), flags) == (MOST_PARTS - 1, {"truncated"})
    part, depth = read(b"Content-Type: message/rfc822\n\n" * 100), 0
    while part.children:
        part, depth = part.children[0], depth + 1
    assert depth == MOST_DEPTH
    fields, _, flag = split_fields(b"a: b\n" * 5000, 0, 25_000)
    assert (len(fields), flag) == (MOST_FIELDS, "truncated")


def test_a_name_of_the_disposition_wins_over_that_of_the_type() -> None:
    raw = b"Content-Type: image/png; name=a.png\nContent-Disposition: attachment; filename=b.png\n\n"
    assert read(raw).name == "b.png"


def test_parts_hold_no_copies() -> None:
    message = EmailMessage()
    message.set_content("x")
    message.add_attachment(b"y", maintype="image", subtype="png")
    root = read(message.as_bytes())
    assert all(child.source is root.source for child in root.children)
