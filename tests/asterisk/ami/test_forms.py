"""Forms: what is taken of a frame is what taking every line apart gives, or nothing is."""

from __future__ import annotations

from gateway.asterisk.ami.forms import Forms

NAMES = ("Event", "Timestamp", "Channel", "Cause-txt", "Exten")


def raw(*lines: str) -> bytes:
    return "\r\n".join(lines).encode()


def hangup(**values: str) -> bytes:
    return raw(*(f"{name}: {values.get(name.partition('-')[0].lower(), 'x')}" for name in NAMES))


def learnt(*taken: str) -> Forms:
    forms = Forms(taken)
    forms.learn(NAMES)
    return forms


def test_takes_what_is_asked_for_in_the_order_sent() -> None:
    pairs = learnt("Cause-txt", "Event").read(hangup(event="Hangup", cause="正常", channel="PJSIP/8001"))
    assert pairs is not None
    assert list(pairs) == [("Event", "Hangup"), ("Cause-txt", "正常")]


def test_values_may_be_empty_or_hold_colons_line_feeds_and_what_is_no_utf_8() -> None:
    forms = learnt("Channel", "Exten")
    pairs = forms.read(hangup(channel="a: b\nExten: 7", exten=""))
    assert pairs is not None
    assert dict(pairs) == {"Channel": "a: b\nExten: 7", "Exten": ""}
    broken = forms.read(hangup().replace(b"Exten: x", b"Exten: \xff"))
    assert broken is not None
    assert dict(broken)["Exten"] == "�"


def test_another_order_more_or_fewer_headers_a_missing_blank_and_a_lone_cr_are_no_form_of_it() -> None:
    forms, lines = learnt("Channel"), hangup().split(b"\r\n")
    for other in (
        lines[::-1],
        lines[:-1],
        [*lines, b"More: 1"],
        [*lines[:-1], b"Exten:x"],
        [*lines[:-1], b"Exten: x\ry"],
    ):
        assert forms.read(b"\r\n".join(other)) is None
    assert forms.read(hangup()) is not None


def test_a_kind_may_have_some_forms_but_not_many() -> None:
    forms = Forms({"A"})
    shapes = [("Event", "A", f"N{n}") for n in range(10)]
    for names in shapes:
        assert forms.read(raw(*(f"{name}: 1" for name in names))) is None
        forms.learn(names)
    known = [forms.read(raw(*(f"{name}: 1" for name in names))) is not None for names in shapes]
    assert known == [True] * 4 + [False] * 6
