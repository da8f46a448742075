"""The last gate before Asterisk's files: whatever comes in, one value stays one value on one line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.asterisk.templates.text import Conf, RenderError, begin, comment, value

LINE_ENDS = "\n\r\0\x0b\x0c\x1c\x85\u2028\u2029"


@given(st.text())
def test_a_comment_is_one_comment_line_whatever_it_says(text):
    line = comment(text)
    assert line.startswith("; ")
    assert len(line.splitlines()) == 1
    assert ";--" not in line
    assert "--;" not in line
    assert not set(line) & set(LINE_ENDS)


@given(st.text())
def test_a_value_is_one_line_or_refused(text):
    try:
        written = value(text)
    except RenderError:
        assert set(text) & set(LINE_ENDS) or any(ord(c) < 32 or ord(c) == 127 for c in text)
        return
    assert len(written.splitlines()) <= 1
    assert written.count(";") == written.count("\\;")


@pytest.mark.parametrize("end", LINE_ENDS)
def test_a_line_end_in_a_value_is_refused(end):
    with pytest.raises(RenderError, match="control character"):
        Conf().put("secret", f"x{end}write = all")


@pytest.mark.parametrize("name", ["a]b", "a\nb", "", "a b", "[x", "a;b", "甲"])
def test_a_section_name_is_plain(name):
    with pytest.raises(RenderError, match="section name"):
        Conf().section(name)
    with pytest.raises(RenderError, match="section name"):
        Conf().section("fine", base=name or "a]b")


@pytest.mark.parametrize("name", ["", "12345,1,System(x)", "1;2", "a b", "_X.", "1\n2", "_."])
def test_an_extension_is_plain_and_has_no_open_wildcard(name):
    with pytest.raises(RenderError, match="extension"):
        Conf().exten(name, "Hangup()")


@pytest.mark.parametrize("key", ["", "a b", "a=b", "a\nb", "a;b"])
def test_a_key_is_plain(key):
    with pytest.raises(RenderError, match="key"):
        Conf().put(key, "x")


def test_a_file_reads_as_written():
    conf = begin("test.conf: a test").section("one", is_template=True).set(type="auth", announce__frequency=0)
    conf.section("two", base="one").set(enabled=True, empty="")
    conf.exten("s", "Answer()", ("queue", "Queue(a)"))
    assert conf.text().split("\n", 2)[2] == (
        "\n[one](!)\ntype = auth\nannounce-frequency = 0\n\n[two](one)\nenabled = yes\nempty =\n"
        "exten => s,1,Answer()\n same => n(queue),Queue(a)\n"
    )
