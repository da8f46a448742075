"""The AGI bytes: any split gives the same events, strangers are refused, commands reach Asterisk as they were meant."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.asterisk.fastagi.wire import (
    LONGEST_COMMAND,
    Decoder,
    Environment,
    Event,
    Garbage,
    HungUpNotice,
    Refused,
    Result,
    UsageError,
    WireLimits,
    encode_command,
)

OPENING = "agi_network: yes\nagi_network_script: flow/day\nagi_calleridname: 王小明\nagi_accountcode: \n\n".encode()
ENVIRONMENT = Environment(
    {"agi_network": "yes", "agi_network_script": "flow/day", "agi_calleridname": "王小明", "agi_accountcode": ""}
)
USAGE = (
    b"520-Invalid command syntax.  Proper usage follows:\n"
    b"Usage: STREAM FILE <filename> <escape digits>\n"
    b"200 result=0\n"
    b"HANGUP\n"
    b"\n"
    b"520 End of proper usage.\n"
)
DIALOGUE: list[tuple[bytes, Event | None]] = [
    (b"200 result=0\n", Result(200, "0")),
    (b"200 result=-1\n", Result(200, "-1")),
    (b"200 result=49 endpos=8000\n", Result(200, "49", None, 8000)),
    (b"200 result=0 endpos=0\n", Result(200, "0", None, 0)),
    (b"200 result=1 (12345)\n", Result(200, "1", "12345")),
    (b"200 result=1 ()\n", Result(200, "1", "")),
    ("200 result=1 (海口市 (龙华区) 分机)\n".encode(), Result(200, "1", "海口市 (龙华区) 分机")),
    ("200 result=1 (第一行\n第二行 (括号) 未完\n)\n".encode(), Result(200, "1", "第一行\n第二行 (括号) 未完\n")),
    (b"200 result=35 (dtmf) endpos=4800\n", Result(200, "35", "dtmf", 4800)),
    (b"200 result=-1 (hangup) endpos=0\n", Result(200, "-1", "hangup", 0)),
    (b"200 result= (timeout)\n", Result(200, "", "timeout")),
    (b"100 result=0 Trying...\n", None),
    (b"100 Trying\n", None),
    (b"510 Invalid or unknown command\n", Refused(510, "Invalid or unknown command")),
    (
        b"511 Command Not Permitted on a dead channel\n",
        Refused(511, "Command Not Permitted on a dead channel"),
    ),
    (
        b"520 Invalid command syntax.  Proper usage not available.\n",
        UsageError("Invalid command syntax.  Proper usage not available."),
    ),
    (USAGE, UsageError(USAGE.decode().removesuffix("\n"))),
    (b"HANGUP\n", HungUpNotice()),
]


def all_at_once(data: bytes, limits: WireLimits | None = None) -> list[Event]:
    return Decoder(limits).feed(data)


def in_pieces(data: bytes, cuts: list[int], limits: WireLimits | None = None) -> list[Event]:
    decoder, events = Decoder(limits), []
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for start, end in pairwise(edges):
        events += decoder.feed(data[start:end])
    return events


def test_a_session_of_every_kind_of_line_is_understood() -> None:
    data = OPENING + b"".join(sent for sent, _ in DIALOGUE)
    assert all_at_once(data) == [ENVIRONMENT, *(event for _, event in DIALOGUE if event is not None)]


def test_an_answer_that_comes_alone_is_the_one_that_a_decoder_would_find() -> None:
    for sent, event in [*DIALOGUE, (b"200 result=0 endpos=8000\n", Result(200, "0", None, 8000))]:
        decoder = Decoder()
        assert decoder.whole(sent) is None, "not before the headers"
        decoder.feed(OPENING)
        assert decoder.whole(sent) in (event, None)
        decoder.feed(b"200 result=1 (half\n")
        assert decoder.whole(sent) is None, "not inside another answer"
    decoder = Decoder()
    decoder.feed(OPENING)
    assert decoder.whole(b"200 result=0 endpos=8000\n") == Result(200, "0", None, 8000)
    assert decoder.whole(b"200 result=0 endpos=8000\nHANGUP\n") is None


def test_bytes_one_by_one_give_the_same_events() -> None:
    data = OPENING + b"".join(sent for sent, _ in DIALOGUE)
    assert in_pieces(data, list(range(len(data)))) == all_at_once(data)


lines = st.one_of(
    st.sampled_from([sent for sent, _ in DIALOGUE]),
    st.sampled_from(
        [b"200 result=1 (half\n", b"520-open\n", b"GET / HTTP/1.1\n", b"\n", b"\xff\xfe\n", b"x" * 40 + b"\n"]
    ),
    st.binary(max_size=12),
)
openings = st.one_of(
    st.just(OPENING),
    st.sampled_from(
        [b"", b"\n\n", b"agi", b"agi_x\n\n", b"agi_x: 1\nbad\n\n", b"GET / HTTP/1.1\r\n\r\n", b"agi_a: \xe7\x8e\n\n"]
    ),
    st.binary(max_size=12),
)


@given(openings, st.lists(lines, max_size=12), st.lists(st.integers(0, 10_000), max_size=40))
@example(OPENING, [b"x" * 40 + b"\n"], [120, 121])
def test_any_split_of_any_bytes_gives_the_same_events_and_never_raises(
    opening: bytes, sent: list[bytes], cuts: list[int]
) -> None:
    limits = WireLimits(headers=6, header_bytes=110, line_bytes=130, reply_bytes=300)
    data = opening + b"".join(sent)
    events = in_pieces(data, cuts, limits)
    assert events == all_at_once(data, limits)
    assert not any(isinstance(event, Garbage) for event in events[:-1]), "nothing follows garbage"


@given(st.integers(0, 60), st.lists(st.integers(0, 10_000), max_size=10))
def test_the_limit_on_header_bytes_does_not_depend_on_the_split(length: int, cuts: list[int]) -> None:
    data = b"agi_x: " + b"y" * length + b"\n\n"
    events = in_pieces(data, cuts, WireLimits(header_bytes=40))
    assert isinstance(events[0], Environment) == (len(data) - 1 <= 40)


def test_a_chinese_name_survives_a_cut_inside_each_of_its_characters() -> None:
    for cut in range(len(OPENING)):
        assert in_pieces(OPENING, [cut]) == [ENVIRONMENT]


def test_the_first_of_a_repeated_header_counts() -> None:
    (event,) = all_at_once(b"agi_uniqueid: 1.1\nagi_uniqueid: 6.6\n\n")
    assert event == Environment({"agi_uniqueid": "1.1"})


def test_the_headers_of_our_dialplan_are_read_as_any_others() -> None:
    names = "network network_script request channel language type uniqueid version callerid calleridname callingpres"
    names += " callingani2 callington callingtns dnid rdnis context extension priority enhanced accountcode threadid"
    values = [
        "yes",
        "flow/day?call=1.2",
        "agi://[::1]:4573/flow/day",
        "",
        "a: b",
        " 王小明",
        "\u2028\r",
        *map(str, range(15)),
    ]
    usual = {f"agi_{name}": value for name, value in zip(names.split(), values, strict=True)}
    for headers in (usual, usual | {"agi_arg_1": "x"}, dict(reversed(usual.items()))):
        block = "".join(f"{name}: {value}\n" for name, value in headers.items()).encode() + b"\n"
        (event,) = all_at_once(block)
        assert event == Environment(headers)
        assert in_pieces(block, [17]) == [event]
        assert isinstance(all_at_once(block, WireLimits(headers=21))[0], Garbage)


@pytest.mark.parametrize(
    "greeting",
    [b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"SSH-2.0-x\r\n", b"\n", b"HANGUP\n", b"a\n", b"agi\x00"],
)
def test_a_stranger_is_refused_by_the_first_bytes(greeting: bytes) -> None:
    (event,) = all_at_once(greeting)
    assert isinstance(event, Garbage)


@pytest.mark.parametrize(
    "block",
    [
        b"agi_x: 1\nno header\n\n",
        b"agi_\n\n",
        b"agi_x 1\n\n",
        b"".join(b"agi_h%d: x\n" % n for n in range(201)) + b"\n",
        b"agi_x: " + b"y" * 40_000,
    ],
)
def test_malformed_or_too_many_headers_are_garbage_and_nothing_is_kept(block: bytes) -> None:
    decoder = Decoder()
    (event,) = decoder.feed(block)
    assert isinstance(event, Garbage)
    assert decoder.feed(OPENING) == []


@pytest.mark.parametrize(
    "flood",
    [
        b"200 result=1 (" + b"x" * 9_000,
        b"200 result=1 (open\n" + b"more\n" * 20_000,
        b"520-usage\n" + b"more\n" * 20_000,
        b"what is this\n",
        b"600 result\n",
    ],
)
def test_an_answer_without_end_or_sense_is_garbage(flood: bytes) -> None:
    events = all_at_once(OPENING + flood)
    assert isinstance(events[-1], Garbage)
    assert len(events) == 2


def test_a_usage_block_whose_text_lacks_its_last_line_feed_still_ends() -> None:
    events = all_at_once(OPENING + b"520-Invalid\nUsage: X520 End of proper usage.\n200 result=0\n")
    assert events[1:] == [UsageError("520-Invalid\nUsage: X520 End of proper usage."), Result(200, "0")]


def test_an_answer_tells_its_number_only_when_it_is_one() -> None:
    assert Result(200, "49").number == 49
    assert Result(200, "-1").number == -1
    assert Result(200, "").number is None


# Commands: what res_agi.c's parse_args makes of our line must be what was meant.


def asterisk_reads(line: bytes) -> list[str]:
    """Asterisk's rule for arguments, told as a small machine over bytes (not its code: the rule, for comparison)."""
    words: list[bytearray] = []
    inside = quoted = escaped = False
    for code in line.removesuffix(b"\n"):
        char = bytes([code])
        if char == b'"' and not escaped:
            quoted = not quoted
            if quoted and not inside:
                words.append(bytearray())
                inside = True
        elif char in b" \t" and not quoted and not escaped:
            inside = False
        elif char == b"\\" and not escaped:
            escaped = True
        else:
            if not inside:
                words.append(bytearray())
                inside = True
            words[-1] += char
            escaped = False
    return [word.decode() for word in words]


arguments = st.lists(
    st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=30), max_size=8
)


@given(arguments)
@example(['say "你好" \\ and\ttab', "", " ", "\\", '"', '\\"', "a b", "a\\ b"])
def test_asterisk_reads_every_argument_as_it_was_meant(given_arguments: list[str]) -> None:
    line = encode_command("SET VARIABLE", given_arguments)
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert asterisk_reads(line) == ["SET", "VARIABLE", *given_arguments]


def test_plain_commands_look_as_one_writes_them() -> None:
    assert encode_command("ANSWER") == b"ANSWER\n"
    assert encode_command("STREAM FILE", ["gw/greeting", ""]) == b'STREAM FILE gw/greeting ""\n'


@pytest.mark.parametrize("bad", ["a\rb", "a\nHANGUP", "\0", "ok\r\n"])
def test_cr_lf_and_nul_never_reach_a_command(bad: str) -> None:
    with pytest.raises(ValueError, match="CR, LF and NUL are refused"):
        encode_command("SET VARIABLE", ["GW_NOTE", bad])
    with pytest.raises(ValueError, match="CR, LF and NUL are refused"):
        encode_command(f"NOOP {bad}")


def test_a_command_that_asterisk_would_read_as_two_is_refused() -> None:
    room = LONGEST_COMMAND - len(b"NOOP \n")
    assert len(encode_command("NOOP", ["x" * room])) == LONGEST_COMMAND
    with pytest.raises(ValueError, match="Asterisk reads 2047"):
        encode_command("NOOP", ["x" * (room + 1)])
    with pytest.raises(ValueError, match="Asterisk reads 2047"):
        encode_command("NOOP", ["好" * 700])


def test_more_arguments_than_asterisk_keeps_are_refused() -> None:
    with pytest.raises(ValueError, match="arguments"):
        encode_command("NOOP", ["x"] * 200)
