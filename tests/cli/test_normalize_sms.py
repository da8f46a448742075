"""``gateway normalize aliyun-sms|tencent-sms``: one callback, as many tickets as it holds messages."""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.port import PartOf
from gateway.cli.entry import BadInput
from gateway.cli.normalize_sms import SMS as ENTRIES
from gateway.cli.normalize_sms import Line, messages_of
from gateway.model.messages import Message
from tests.channels.sms.sms_stage import parts_of, text_of
from tests.plugins.typed import Said, Typed
from tools.lab.site import CONFIG

UP = {
    "phone_number": "13812345678", "content": "海口市龙华区国贸路的路灯坏了", "send_time": "2026-11-21 12:00:00",
    "dest_code": "4321", "sequence_id": 7,
}  # fmt: skip
REPLY = {"extend": "", "mobile": "13812345678", "nationcode": "86", "sign": "s", "text": "噪音", "time": 1795233600}
SMS = """
[[sms]]
kind = "aliyun"
account = "qionghai"
path = "made:sms-qionghai-path"
number = "1069"
area_code = "469002"
"""


def kept(folder: Path, what: Any, name: str = "push.json") -> Path:
    file = folder / name
    file.write_bytes(what if isinstance(what, bytes) else json.dumps(what, ensure_ascii=False).encode())
    return file


def lines(said: Said) -> list[dict[str, Any]]:
    assert (said.status, said.err) == (0, "")
    return [json.loads(line) for line in said.out.splitlines()]


def test_each_message_of_a_callback_is_a_line(typed: Typed, tmp_path: Path) -> None:
    first, second = lines(
        typed("normalize", "aliyun-sms", kept(tmp_path, [UP, UP | {"content": "二", "sequence_id": 8}]))
    )
    assert (first["channel"], first["account"], first["content"]) == ("sms", "cli", UP["content"])
    assert first["from"] == {"name": "", "user_id": "13812345678", "address": "13812345678", "number": "13812345678"}
    assert (first["occurred_at"], first["opens_ticket"], first["flags"]) == ("2026-11-21T04:00:00.000Z", True, [])
    assert first["external_id"].startswith("7-")
    assert second["content"] == "二"


def test_a_reply_of_tencents_is_a_line(typed: Typed, tmp_path: Path) -> None:
    (line,) = lines(typed("normalize", "tencent-sms", kept(tmp_path, REPLY)))
    assert (line["content"], line["from"]["number"]) == ("噪音", "13812345678")


@pytest.mark.parametrize("channel", ["aliyun-sms", "tencent-sms"])
def test_what_nobody_can_read_is_a_ticket_that_says_so(typed: Typed, tmp_path: Path, channel: str) -> None:
    said = typed("normalize", channel, kept(tmp_path, b"<xml>\xff</xml>"))
    assert (said.status, "push.json: message 1: cannot be understood" in said.err) == (1, True)
    (line,) = [json.loads(one) for one in said.out.splitlines()]
    assert (line["message_kind"], "unreadable" in line["flags"]) == ("unreadable", True)


def test_reports_and_nothing_are_named_as_such(typed: Typed, tmp_path: Path) -> None:
    report = {"biz_id": "9^0", "success": True}
    said = typed("normalize", "aliyun-sms", kept(tmp_path, [report, report]), kept(tmp_path, b"", "empty"))
    assert (said.status, said.out) == (1, "")
    first, second = said.err.splitlines()
    assert first.endswith("push.json: body: holds no message (2 status reports, which open no ticket)")
    assert second.endswith("empty: body: holds no message (0 status reports, which open no ticket)")


def test_an_account_brings_its_number_and_area(typed: Typed, tmp_path: Path) -> None:
    config = tmp_path / "config"
    shutil.copytree(CONFIG, config)
    with (config / "channels.toml").open("a", encoding="utf-8") as file:
        file.write(SMS)
    push = kept(tmp_path, [UP | {"dest_code": None}])
    (line,) = lines(typed("normalize", "aliyun-sms", "--account", "qionghai", push, config=config))
    assert (line["account"], line["area_code"], line["more"]["receiver"]) == ("qionghai", "469002", "1069")
    for words, why in (
        (("tencent-sms", "--account", "qionghai"), 'of kind "aliyun", not "tencent"'),
        (("aliyun-sms", "--account", "qionghai", "--number", "1"), "leave out --number"),
        (("aliyun-sms", "--account", "sanya"), "has no [[sms]] account sanya"),
    ):
        said = typed("normalize", *words, push, config=config)
        assert (said.status, why in said.err) == (1, True)


def test_an_account_that_is_switched_off_serves_without_its_secrets(typed: Typed, tmp_path: Path) -> None:
    push = kept(tmp_path, [UP])
    (line,) = lines(typed("normalize", "aliyun-sms", "--account", "hainan-aliyun", push))
    assert (line["account"], line["content"]) == ("hainan-aliyun", UP["content"])


def test_parts_in_one_file_are_one_message() -> None:
    long = "小区门口的井盖丢失，晚上很危险。" * 10
    parts = parts_of(long)
    alone = text_of("另一条")
    other = replace(parts[0], data="别的".encode("utf-16-be"), key="other")
    found = messages_of([parts[1], alone, parts[0], *parts[2:], parts[0], other], Line())
    assert [message.text for message in found[:1]] == [long]
    assert [message.text for message in found[2:]] == ["另一条"]
    assert "incomplete" in found[1].flags
    lonely = text_of("", part=PartOf(1, 8, 2, 1), data="半".encode("utf-16-be"))
    assert messages_of([lonely], Line())[0].text.startswith("半")


@given(st.sampled_from(["aliyun-sms", "tencent-sms"]), st.binary(max_size=200))
def test_any_bytes_are_messages_or_bad_input(channel: str, body: bytes) -> None:
    parser = argparse.ArgumentParser()
    ENTRIES[channel].add_arguments(parser)
    read = ENTRIES[channel].reader(parser.parse_args([]), lambda: pytest.fail("the configuration is not needed"))
    try:
        found = read(body, 1.0)
    except BadInput as error:
        assert error.where == "body"
    else:
        assert not isinstance(found, Message)
        assert all(message.received_at == 1.0 for message in found)
