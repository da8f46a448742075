"""What carriers hand over becomes messages: decoded over the cuts, gaps shown, nothing raised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.normalise import in_area, joined, late, single, unread
from gateway.channels.sms.port import Arrived, PartOf
from tests.channels.door_stage import START
from tests.channels.sms.sms_stage import CITIZEN, OURS, parts_of, text_of

LONG = "海口市美兰区和平大道路口的路灯坏了三天没有人修😀晚上过马路很危险。" * 4


def by_number(*pieces: Arrived) -> dict[int, Arrived]:
    return {piece.part.n: piece for piece in pieces if piece.part is not None}


def test_a_single_text_has_its_sender_and_key() -> None:
    message = single(text_of("路灯坏了", "+8613812345678", key="m1", sent_at=START - 5), "hainan")
    assert (message.key, message.kind, message.text) == ("sms:hainan:m1", "text", "路灯坏了")
    assert (message.person.user_id, message.person.number) == (CITIZEN, CITIZEN)
    assert message.conversation == f"sms:hainan:{CITIZEN}"
    assert (message.occurred_at, message.received_at) == (START - 5, START)
    assert message.more["receiver"] == OURS


def test_a_text_that_the_vendor_decoded_is_taken_as_it_is() -> None:
    assert single(text_of("", text="好\u3000的", coding=8), "a").text == "好\u3000的"


@pytest.mark.parametrize("size", [134, 133, 132, 70, 7])
def test_parts_are_decoded_over_their_cuts(size: int) -> None:
    pieces = parts_of(LONG, size=size)
    message = joined(by_number(*pieces), len(pieces), "a", "k")
    assert (message.text, message.flags) == (LONG, ())


def test_gb_parts_are_decoded_over_their_cuts() -> None:
    data = LONG.encode("gb18030")
    pieces = {n: text_of("", data=data[n * 97 - 97 : n * 97], coding=15, part=PartOf(1, 8, 9, n)) for n in range(1, 10)}
    assert joined(pieces, len(pieces), "a", "k").text == LONG[: len(data[: 9 * 97].decode("gb18030", "ignore"))]


@pytest.mark.parametrize(
    ("missing", "mark"), [([2], "……[缺第2条]……"), ([1, 2], "……[缺第1-2条]……"), ([3], "……[缺第3条]……")]
)
def test_gaps_are_shown_where_they_are(missing: list[int], mark: str) -> None:
    text = "甲" * 67 + "乙" * 67 + "丙" * 10
    pieces = [piece for piece in parts_of(text) if piece.part is not None and piece.part.n not in missing]
    message = joined(by_number(*pieces), 3, "a", "k")
    whole = ["甲" * 67, "乙" * 67, "丙" * 10]
    there = "".join(mark if n == missing[0] else "" if n in missing else whole[n - 1] for n in (1, 2, 3))
    assert (message.text, message.flags) == (there, ("incomplete",))


def test_behind_a_gap_a_part_that_begins_inside_a_character_is_read_right() -> None:
    pieces = parts_of("甲" * 66 + "乙" * 66 + "丙" * 20, size=133)
    message = joined(by_number(pieces[0], pieces[2]), 3, "a", "k")
    assert message.text.endswith("丙" * 19)
    assert "incomplete" in message.flags


def test_mixed_formats_are_read_each_by_its_own() -> None:
    pieces = {
        1: text_of("", data=b"Hello ", coding=0, part=PartOf(1, 8, 2, 1)),
        2: text_of("世界", part=PartOf(1, 8, 2, 2)),
    }
    assert joined(pieces, 2, "a", "k").text == "Hello 世界"


def test_a_late_part_names_its_ticket_and_place() -> None:
    piece = parts_of("甲" * 67 + "乙" * 9)[1]
    message = late(piece, "a", "460000-20261121-0000001")
    assert (message.text, message.reply_to) == ("[第2条] " + "乙" * 9, "460000-20261121-0000001")
    assert message.flags == ("late_part",)


def test_octets_are_kept_in_hexadecimal() -> None:
    message = single(text_of("", data=b"\x01\x02", coding=4), "a")
    assert (message.kind, message.flags, message.more["hex"]) == ("unreadable", ("binary",), "0102")


def test_port_addressed_data_is_an_event() -> None:
    message = single(text_of("", data=b"BEGIN:VCARD", coding=4, port=9204), "a")
    assert (message.kind, message.flags, message.more["port"]) == ("event", ("port_data",), 9204)


def test_what_does_not_decode_keeps_its_flag() -> None:
    assert single(text_of("", data=b"\xff\xff", coding=15), "a").flags == ("undecodable",)


def test_a_link_that_could_not_read_makes_an_unreadable_ticket() -> None:
    message = single(text_of("", sender="", text="", flags=("unreadable",)), "a")
    assert (message.kind, message.conversation) == ("unreadable", "")
    assert unread([text_of("x")], "a", "k").kind == "unreadable"


def test_format_0_is_septets_when_the_link_says_so() -> None:
    assert single(text_of("", data=b"\x00", coding=0, meta={"alphabet": "gsm7"}), "a").text == "@"


def test_the_account_has_an_area() -> None:
    message = single(text_of("x"), "a")
    assert in_area(message, "460100").given == {"area_code": "460100"}
    assert in_area(message, "") is message


TEXTS = st.text(st.characters(), max_size=30)
PIECES = st.builds(
    Arrived,
    key=TEXTS,
    raw=st.binary(max_size=20),
    content_type=TEXTS,
    sender=TEXTS,
    receiver=TEXTS,
    received_at=st.floats(0, 4e9),
    text=st.none() | TEXTS,
    data=st.binary(max_size=140),
    coding=st.integers(0, 255),
    part=st.builds(PartOf, st.integers(0, 9), st.sampled_from([8, 16]), st.integers(0, 5), st.integers(0, 5)),
    port=st.none() | st.integers(0, 65535),
    sent_at=st.none() | st.floats(),
    flags=st.lists(TEXTS, max_size=2).map(tuple),
    meta=st.dictionaries(TEXTS, TEXTS, max_size=2),
)


@given(PIECES, st.lists(PIECES, min_size=1, max_size=4), st.integers(4, 7))
def test_nothing_that_arrives_raises(piece: Arrived, several: list[Arrived], total: int) -> None:
    made = [
        single(piece, "a"),
        joined(dict(enumerate(several, 1)), total, "a", "k"),
        late(piece, "a", ""),
        unread(several, "a", "k"),
    ]
    for message in made:
        assert message.key.startswith("sms:a:")
        f"{message.key}{message.text}{message.person.number}{message.flags}{message.external_id}".encode()
