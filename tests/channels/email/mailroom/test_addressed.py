"""Whose a recipient is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.email.mailroom.addressed import Addressed, parse_path

ADDRESSED = Addressed({"hall": ["12345@hotline.example", "rexian@hotline.example"], "env": ["12369@env.example"]})


@pytest.mark.parametrize(
    ("recipient", "account"),
    [
        ("12345@hotline.example", "hall"),
        ("12345@HOTLINE.Example", "hall"),
        ("ReXian@hotline.example", "hall"),
        ("12345+abc.DEF@hotline.example", "hall"),
        ('"12345"@hotline.example', "hall"),
        ("12369@env.example", "env"),
        ("12369@hotline.example", ""),
        ("123456@hotline.example", ""),
        ("+12345@hotline.example", ""),
        ("12345@elsewhere.example", ""),
        ("postmaster@env.example", "hall"),
        ("Postmaster", "hall"),
        ("postmaster@elsewhere.example", ""),
        ("", ""),
    ],
)
def test_a_recipient_belongs_to_the_account_that_has_the_address(recipient: str, account: str) -> None:
    assert ADDRESSED.account(recipient) == account


@pytest.mark.parametrize(
    ("given_", "read"),
    [
        ("<a@b.example>", ("a@b.example", "")),
        ("<a@b.example> SIZE=100 BODY=8BITMIME", ("a@b.example", "SIZE=100 BODY=8BITMIME")),
        ("<>", ("", "")),
        ("a@b.example SIZE=1", ("a@b.example", "SIZE=1")),
        ("<@relay.example,@b.example:a@b.example>", ("a@b.example", "")),
        ('<"a > b"@b.example>', ('"a > b"@b.example', "")),
        ("<王@例子.example> SMTPUTF8", ("王@例子.example", "SMTPUTF8")),
        ("<a@b.example", None),
        ("<a@b.example>x", None),
        ("<a b@b.example>", None),
        ("", None),
        ("<" + "a" * 400 + "@b.example>", None),
    ],
)
def test_a_path_is_read_as_servers_write_it(given_: str, read: tuple[str, str] | None) -> None:
    assert parse_path(given_) == read


@given(st.text(max_size=60))
def test_no_path_raises(text: str) -> None:
    path = parse_path(text)
    assert path is None or ADDRESSED.account(path[0]) in ("", "hall", "env")
