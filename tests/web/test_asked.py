"""What reaches a handler has been checked: bounded, JSON, known fields, no control characters."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.web.asked import Lines, Part, Typed, checked, multiline, refuse_controls
from gateway.web.problem import Problem

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def holds_control(value: Any) -> bool:
    if isinstance(value, str):
        return any(character in value for character in "\r\n\0")
    if isinstance(value, dict):
        return any(holds_control(key) or holds_control(inner) for key, inner in value.items())
    return isinstance(value, list) and any(holds_control(inner) for inner in value)


@given(JSON)
def test_controls_are_refused_wherever_they_hide_and_nothing_else_is(value: Any) -> None:
    try:
        refuse_controls(value, "field")
    except Problem as problem:
        assert holds_control(value) and problem.status == 400
    else:
        assert not holds_control(value)


@pytest.mark.parametrize(
    ("raw", "status", "field"),
    [
        (b'{"login": ', 400, "body"),
        (b"[1]", 400, "body"),
        (b"\xff\xfe", 400, "body"),
        (b"", 400, "body"),
        (b'{"login":"a","password":1}', 400, "password"),
        (b'{"login":' + b"[" * 33 + b"]" * 33 + b"}", 400, "body"),
        (b'{"login":' + b"[" * 1010 + b"]" * 1010 + b"}", 400, "body"),
        (b'{"login":' + b'{"a":' * 1010 + b"1" + b"}" * 1010 + b"}", 400, "body"),
    ],
)
async def test_bad_bodies_are_refused_with_the_field(site: Any, raw: bytes, status: int, field: str) -> None:
    headers = {"Content-Type": "application/json"}
    seen, problem, _ = await site.client().ask("POST", "/api/v1/login", data=raw, headers=headers)
    assert (seen, problem["field"]) == (status, field)


async def test_form_of_another_site_cannot_pass_for_json(site: Any, fakes: Any) -> None:
    data = {"login": "agent1", "password": fakes.password}
    for kind in ("application/x-www-form-urlencoded", "text/plain"):
        headers = {"Content-Type": kind}
        status, _, _ = await site.client().ask("POST", "/api/v1/login", data=str(data), headers=headers)
        assert status == 415


async def test_body_beyond_the_bound_is_refused(open_site: Any) -> None:
    async with open_site(max_body=2000) as site:
        body = {"login": "a", "password": "x" * 3000}
        status, problem, _ = await site.client().post("/api/v1/login", body)
        assert (status, problem["status"]) == (413, 413)


async def test_body_that_trickles_is_cut_off(open_site: Any) -> None:
    async with open_site(body_timeout_s=0.2) as site:
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        head = (
            b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
        )
        writer.write(head)
        line = await asyncio.wait_for(reader.readline(), 30)
        writer.close()
        await writer.wait_closed()
        assert b" 408 " in line


async def test_values_are_never_echoed(site: Any) -> None:
    body = {"login": "a", "password": "p" * 300}
    _, problem, _ = await site.client().post("/api/v1/login", body)
    assert "pppp" not in str(problem)


class Letter(Part):
    """What people write has lines; what it is called has not."""

    text: Lines = ""
    title: str = ""


def test_only_a_field_of_lines_may_hold_line_breaks_and_never_nul() -> None:
    assert multiline(Letter) == {"text"}
    assert checked(Letter, {"text": "a\r\nb\rc\td\x07"}, "body").text == "a\nb\nc\td"
    for data, field in (({"title": "a\nb"}, "title"), ({"text": "a\0"}, "text"), ({"text\n": ""}, "body")):
        with pytest.raises(Problem) as refused:
            checked(Letter, data, "body")
        assert (refused.value.status, refused.value.field) == (400, field)


@given(st.text())
def test_lines_come_out_without_controls_and_otherwise_as_they_were(text: str) -> None:
    if "\0" in text:
        return
    seen = checked(Letter, {"text": text}, "body").text
    assert not any(ord(one) < 32 and one not in "\n\t" for one in seen)
    assert [one for one in seen if one.isprintable()] == [one for one in text if one.isprintable()]


class _Form(Part):
    content: Lines | None = None
    title: str = ""


class _Filed(Part):
    fields: _Form
    typed: Typed


def test_lines_are_known_within_a_part_of_a_body_and_in_what_is_typed() -> None:
    assert multiline(_Filed) == {"fields.content", "typed"}
    body = checked(_Filed, {"fields": {"content": "a\r\nb"}, "typed": {"a": ["c\nd", {"e": "f\n"}]}}, "body")
    assert body.fields.content == "a\nb" and body.typed == {"a": ["c\nd", {"e": "f\n"}]}


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"fields": {"title": "a\nb"}, "typed": {}}, "fields.title"),
        ({"fields": {"content": "a\0"}, "typed": {}}, "fields.content"),
        ({"fields": {}, "typed": {"a": "b\0"}}, "typed.a"),
        ({"fields": {}, "typed": {}, "typed2": "a\n"}, "typed2"),
    ],
)
def test_lines_elsewhere_and_nul_anywhere_are_refused(data: dict[str, Any], field: str) -> None:
    with pytest.raises(Problem) as problem:
        checked(_Filed, data, "body")
    assert problem.value.field == field
