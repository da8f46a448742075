"""The wire: the same frames however the bytes are split, and nothing unsafe out."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.asterisk.ami.errors import UnsafeHeader, WireError
from gateway.asterisk.ami.wire import FrameReader, encode

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
STREAM = (
    GREETING
    + b"Response: Success\r\nActionID: gw-1\r\nChallenge: 1\r\n\r\n"
    + "Event: Newchannel\r\nPrivilege: call,all\r\nCallerIDName: 海南省12345热线 张三\r\nExten: \r\n\r\n".encode()
    + b"Event: VarSet\r\nVariable: A\r\nValue: a: b\r\n\r\n"
    + b"Response: Error\r\nActionID: gw-2\r\nMessage: No Contacts found\n\r\n\r\n"
    + b"Event: UserEvent\r\nUserEvent: GWEntered\r\nEntry:12345\r\nnothing\r\n\r\n"
    + b"Response: Success\r\nActionID: gw-3\r\nOutput: one\r\nOutput: \r\nOutput: three\r\n\r\n"
    + "Event: Hangup\r\nCallerIDName: 李四\r\nChanVariable: A=1\r\nChanVariable: B=2\r\n\r\n".encode("gb18030")
    + b"Response: Follows\r\nPrivilege: Command\r\nActionID: gw-4\r\nName: x\r\n\r\nlast\n--END COMMAND--\r\n\r\n"
    + b"\r\n\r\n\r\nEvent: VarSet\r\nActionID: gw-5\r\n\r\n"
    + b"half of a frame\r\n\r\n"
    + GREETING
    + b"Event: Only\r\n\r\n"
    + b"Event: Unfinished\r\nA: "
)


def read(stream, cuts=(), **options):
    """Frames (with repeats), counters and fault of a stream cut at the given places."""
    reader, frames, fault = FrameReader(**options), [], None
    edges = [0, *sorted(cuts), len(stream)]
    for begin, end in pairwise(edges):
        try:
            frames += reader.feed(stream[begin:end])
        except WireError as error:
            frames += error.frames
            fault = str(error)
            break
    shown = [(dict(frame), {name: frame.every(name) for name in frame}) for frame in frames]
    return shown, reader.version, reader.dropped, reader.headless, fault


def test_reads_a_stream_of_everything():
    shown, version, dropped, headless, fault = read(STREAM)
    frames = [frame for frame, _ in shown]
    assert version == "11.0.0"
    assert (dropped, headless, fault) == (0, 1, None)
    assert frames[1]["CallerIDName"] == "海南省12345热线 张三"
    assert frames[1]["Exten"] == ""
    assert frames[2]["Value"] == "a: b"
    assert frames[4] == {"Event": "UserEvent", "UserEvent": "GWEntered", "Entry": "12345"}
    assert frames[5]["Output"] == "three"
    assert shown[5][1]["Output"] == ["one", "", "three"]
    assert "�" in frames[6]["CallerIDName"]
    assert shown[6][1]["ChanVariable"] == ["A=1", "B=2"]
    assert shown[7][1]["Output"] == ["Name: x", "", "last"]
    assert frames[-1] == {"Event": "Only"}
    assert len(frames) == 10


def test_events_not_wanted_are_dropped_but_not_answers_nor_what_is_our_own():
    shown, _, dropped, _, _ = read(STREAM, wanted=frozenset({"Hangup"}), own="gw-")
    kinds = [frame.get("Event") or frame["Response"] for frame, _ in shown]
    assert kinds == ["Success", "Error", "Success", "Hangup", "Follows", "VarSet"]
    assert dropped == 4


_LOOKED_AT = {"Hangup": frozenset({"Uniqueid", "Cause"})}
_HANGUP = b"Event: Hangup\r\nUniqueid: %d.1\r\nChannel: x\r\nCause: 16\r\n\r\n"


def test_of_some_events_only_what_is_looked_at_is_kept_once_their_form_is_known():
    reader = FrameReader(headers=_LOOKED_AT)
    first, second = reader.feed(_HANGUP % 1 + _HANGUP % 2)
    assert first == {"Event": "Hangup", "Uniqueid": "1.1", "Channel": "x", "Cause": "16"}
    assert second == {"Event": "Hangup", "Uniqueid": "2.1", "Cause": "16"}
    assert second.every("Cause") == ["16"]


def test_what_is_written_otherwise_is_kept_whole():
    reader = FrameReader(headers=_LOOKED_AT)
    reader.feed(_HANGUP % 1)
    (repeated,) = reader.feed((_HANGUP % 2).replace(b"Channel", b"Cause"))
    assert repeated.every("Cause") == ["x", "16"]
    (loose,) = reader.feed((_HANGUP % 3).replace(b"Channel: ", b"Channel:"))
    assert loose["Channel"] == "x"
    (other,) = reader.feed((_HANGUP % 4).replace(b"Hangup", b"Newstate"))
    assert other["Channel"] == "x"


def test_an_event_with_an_action_id_is_known_by_it_whatever_is_looked_at():
    reader = FrameReader(headers=_LOOKED_AT, own="gw-")
    asked = (_HANGUP % 1).replace(b"Channel: x", b"ActionID: gw-7")
    assert [frame["ActionID"] for frame in reader.feed(asked + asked)] == ["gw-7", "gw-7"]


def test_every_single_cut_gives_the_same_frames():
    whole = read(STREAM)
    for at in range(len(STREAM)):
        assert read(STREAM, [at]) == whole


def test_byte_by_byte_gives_the_same_frames():
    assert read(STREAM, range(len(STREAM))) == read(STREAM)


@given(st.lists(st.integers(0, len(STREAM)), max_size=60), st.sampled_from([None, frozenset({"Hangup"})]))
def test_any_split_gives_the_same_frames(cuts, wanted):
    options = {"wanted": wanted, "own": "gw-"}
    assert read(STREAM, cuts, **options) == read(STREAM, **options)


pieces = st.sampled_from(
    [
        b"Event: A\r\nX: " + b"x" * 30,
        b"Event: A",
        b"Event: B\r\nY: \xe5\xbc",
        b"Response: Success\r\nActionID: 1",
        b"Response: Follows\r\nout\n--END COMMAND--",
        b"Response: Follows\r\nout",
        b"--END COMMAND--",
        b"\r\n\r\n",
        b"\r\n",
        b"\r",
        b"\n",
        b"junk",
        GREETING,
        b"x" * 60,
    ]
)


@given(st.lists(pieces, max_size=30), st.data(), st.booleans())
def test_any_split_of_anything_gives_the_same_frames_or_the_same_fault(parts, data, joined):
    stream = b"".join(parts)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=30))
    options = {"wanted": frozenset({"A"}), "max_frame": 50, "joined": joined}
    whole, split = read(stream, **options), read(stream, cuts, **options)
    assert split[0] == whole[0]
    assert (split[4] is None) == (whole[4] is None)


@given(st.binary(max_size=300))
def test_garbage_gives_frames_or_a_wire_error_and_nothing_else(data):
    read(data)
    read(GREETING + data + b"\r\n\r\n")


def test_a_stranger_is_known_by_its_first_bytes():
    assert "does not speak AMI" in read(b"SSH-2.0-x")[4]
    assert "does not speak AMI" in read(b"AsteriskX")[4]
    assert "does not speak AMI" in read(b"Asterisk Call Manager/" + b"1" * 300)[4]


def test_an_oversized_frame_is_a_fault_and_the_frames_before_it_are_kept():
    good = GREETING + b"Event: A\r\n\r\n"
    for tail in (b"\r\n\r\n", b""):
        shown, _, _, _, fault = read(good + b"Event: B\r\nX: " + b"x" * 2000 + tail, max_frame=1000)
        assert [frame["Event"] for frame, _ in shown] == ["A"]
        assert fault == "a frame of more than 1000 bytes"


def test_a_reader_that_failed_stays_failed():
    reader = FrameReader()
    for _ in range(2):
        with pytest.raises(WireError, match="AMI"):
            reader.feed(b"HTTP/1.1 400 Bad Request\r\n")


def test_many_headless_pieces_in_a_row_are_garbage():
    assert "are no frames" in read(GREETING + b"junk\r\n\r\n" * 20)[4]
    assert read(GREETING + b"junk\r\n\r\nEvent: A\r\n\r\n" * 20)[4] is None


def test_a_recording_joined_in_the_middle_loses_only_the_broken_frame():
    middle = STREAM.index("省".encode()) + 1
    shown, _, _, _, fault = read(STREAM[middle:], joined=True)
    assert fault is None
    assert shown[0][0]["Event"] == "VarSet"
    assert len(shown) == 8


def test_a_long_frame_in_tiny_reads_does_not_take_quadratic_time():
    reader = FrameReader()
    reader.feed(GREETING + b"Event: A\r\nX: ")
    for _ in range(200_000):
        assert reader.feed(b"xyz") == []
    assert len(reader.feed(b"\r\n\r\n")[0]["X"]) == 600_000


def test_encodes_headers_in_order_and_repeats_sequences():
    action = [("Action", "Originate"), ("Variable", ["a=1", "b=张"]), ("Timeout", 30)]
    assert encode(action) == "Action: Originate\r\nVariable: a=1\r\nVariable: b=张\r\nTimeout: 30\r\n\r\n".encode()


@pytest.mark.parametrize("bad", ["\r", "\n", "\0", "\r\n\r\nAction: Command"])
def test_line_breaks_and_nul_are_refused_in_values_and_names(bad):
    with pytest.raises(UnsafeHeader, match="Exten") as caught:
        encode({"Action": "Redirect", "Exten": f"8001{bad}"})
    assert caught.value.header == "Exten"
    with pytest.raises(UnsafeHeader):
        encode({"Action": "Redirect", f"Ex{bad}ten": "1"})
    with pytest.raises(UnsafeHeader, match="Variable"):
        encode({"Action": "Originate", "Variable": ["a=1", f"b={bad}"]})


@pytest.mark.parametrize(
    ("name", "value"), [("", "x"), (" ", "x"), ("A: b", "x"), ("A", "x" * 1020), ("A", "张" * 400), ("A", "\ud800")]
)
def test_what_asterisk_would_misread_is_refused(name, value):
    with pytest.raises(UnsafeHeader):
        encode([("Action", "Ping"), (name, value)])


def test_a_line_of_1022_bytes_is_the_longest_that_asterisk_takes():
    assert len(encode([("A", "x" * 1019)])) == 1022 + 4


def test_too_many_headers_and_none_are_refused():
    with pytest.raises(UnsafeHeader):
        encode({})
    with pytest.raises(UnsafeHeader):
        encode([("A", "b")] * 129)


@pytest.mark.parametrize("value", [None, 1.5, True, b"x", {"a": "b"}])
def test_values_of_other_types_are_refused_by_name(value):
    with pytest.raises(TypeError, match="Paused"):
        encode({"Action": "QueuePause", "Paused": value})


@given(st.dictionaries(st.text("abcXYZ-", min_size=1), st.text(max_size=50), min_size=1, max_size=10))
def test_what_is_encoded_is_one_action_with_exactly_its_headers(headers):
    try:
        raw = encode([("Response", "x"), *headers.items()])
    except UnsafeHeader:
        return
    assert raw.count(b"\r\n\r\n") == 1
    frames = FrameReader().feed(raw)
    assert dict(frames[0]) == {"Response": "x", **headers}
