"""``gateway normalize``: tickets out of files, plain words for what is wrong, and nothing written."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.fakes.tencent import Official, xml_of
from tests.fakes.weibo import SECRET, signed
from tests.fakes.weibo import xml_of as weibo_xml
from tests.plugins.typed import Said, Typed
from tools.lab.site import CONFIG

HOLE = "您好。海口市龙华区国贸路的路灯坏了三天，投诉！电话13812345678"
WEIBO = {
    "type": "text", "receiver_id": 1902538057, "sender_id": 2489518277,
    "created_at": "Mon Jul 16 18:09:20 +0800 2012", "text": HOLE, "data": {},
}  # fmt: skip
WECHAT = {
    "ToUserName": "gh_12345", "FromUserName": "oA", "CreateTime": 1342433360, "MsgType": "text", "Content": HOLE,
    "MsgId": 42,
}  # fmt: skip
OFFICIAL = Official()
KEYS = ("--token", OFFICIAL.token, "--aes-key", OFFICIAL.key, "--app-id", OFFICIAL.app_id)


def kept(folder: Path, body: bytes | str | dict[str, Any], name: str = "push") -> Path:
    file = folder / name
    data = json.dumps(body) if isinstance(body, dict) else body
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return file


def ticket(said: Said) -> dict[str, Any]:
    assert (said.status, said.err) == (0, "")
    (line,) = said.out.splitlines()
    return dict(json.loads(line))


def test_a_weibo_push_is_the_ticket_that_it_would_open(typed: Typed, tmp_path: Path) -> None:
    line = ticket(typed("normalize", "weibo", kept(tmp_path, WEIBO)))
    assert line["title"] == "海口市龙华区国贸路的路灯坏了三天，投诉"
    assert line["content"] == line["full_text"] == HOLE
    assert line["from"] == {"name": "", "user_id": "2489518277", "address": "", "number": ""}
    assert (line["occurred_at"], line["external_id"]) == ("2012-07-16T10:09:20.000Z", "")
    assert (line["contact_number"], line["message_kind"], line["opens_ticket"]) == ("13812345678", "text", True)
    assert line["proposed"]["area_code"]["value"] == "460106" and line["proposed"]["kind"]["why"]
    assert line["flags"] == ["signature_unchecked", "contact_from_text"] and line["attachments"] == []


def test_json_and_xml_of_weibo_are_the_same_ticket(typed: Typed, tmp_path: Path) -> None:
    files = kept(tmp_path, WEIBO, "a"), kept(tmp_path, weibo_xml(WEIBO), "b")
    said = typed("normalize", "weibo", *files)
    first, second = (json.loads(line) for line in said.out.splitlines())
    assert first == second


def test_a_right_signature_takes_the_flag_away_and_its_age_is_not_judged(typed: Typed, tmp_path: Path) -> None:
    query = urlencode(signed(1_000_000_000, "n"))
    line = ticket(typed("normalize", "weibo", kept(tmp_path, WEIBO), "--app-secret", SECRET, "--query", query))
    assert line["flags"] == ["contact_from_text"]


def test_a_wrong_signature_is_one_line_that_names_file_and_part(typed: Typed, tmp_path: Path) -> None:
    file, query = kept(tmp_path, WEIBO), urlencode(signed(1e9, "n", "other"))
    said = typed("normalize", "weibo", file, "--app-secret", SECRET, "--query", query)
    assert (said.status, said.out) == (1, "")
    assert said.err == f"gateway normalize: {file}: signature: does not fit the token\n"


def test_attachments_are_named_with_where_they_are(typed: Typed, tmp_path: Path) -> None:
    image = WEIBO | {"type": "image", "text": "", "data": {"vfid": 1, "tovfid": 2}}
    line = ticket(typed("normalize", "weibo", kept(tmp_path, image)))
    (file,) = line["attachments"]
    assert (file["name"], file["mime"], file["size"], file["sha256"]) == ("图片.jpg", "image/jpeg", 0, "")
    assert (file["state"], file["source"]) == ("wanted", {"fid": "2"}) and line["title"] == "图片来件"


def test_an_event_opens_no_ticket_and_an_unknown_type_is_flagged(typed: Typed, tmp_path: Path) -> None:
    event = kept(tmp_path, WEIBO | {"type": "event", "data": {"subtype": "follow"}}, "a")
    said = typed("normalize", "weibo", event, kept(tmp_path, WEIBO | {"type": "x"}, "b"))
    first, second = (json.loads(line) for line in said.out.splitlines())
    assert said.status == 0 and first["opens_ticket"] is False
    assert {"unreadable", "unknown_type"} <= set(second["flags"])


@pytest.mark.parametrize("mode", ["plain", "compatible", "encrypted"])
def test_a_wechat_push_is_read_in_every_mode_with_its_signature(typed: Typed, tmp_path: Path, mode: Any) -> None:
    query, body = OFFICIAL.signed(1_342_433_361, xml_of(WECHAT), mode)
    line = ticket(typed("normalize", "wechat", kept(tmp_path, body), *KEYS, "--query", urlencode(query)))
    assert (line["content"], line["external_id"], line["from"]["user_id"]) == (HOLE, "42", "oA")
    assert "signature_unchecked" not in line["flags"]


@pytest.mark.parametrize("mode", ["plain", "compatible", "encrypted"])
def test_a_wechat_push_is_read_without_its_query_and_flagged(typed: Typed, tmp_path: Path, mode: Any) -> None:
    _, body = OFFICIAL.signed(1_342_433_361, xml_of(WECHAT), mode)
    line = ticket(typed("normalize", "wechat", kept(tmp_path, body), *KEYS[2:]))
    assert line["content"] == HOLE and "signature_unchecked" in line["flags"]


def test_plain_wechat_needs_no_keys_and_no_configuration(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for mode in ("plain", "compatible"):
        file = kept(tmp_path, OFFICIAL.signed(1e9, xml_of(WECHAT), mode)[1])
        line = ticket(typed("normalize", "wechat", file, config=None))
        assert line["content"] == HOLE and "kind" not in line["proposed"]
    assert not typed.state_dir.exists()


def test_bad_files_cost_a_line_each_and_the_others_are_done(typed: Typed, tmp_path: Path) -> None:
    garbage, bomb = (
        kept(tmp_path, b"\x00garbage", "a"),
        kept(tmp_path, '<!DOCTYPE x [<!ENTITY a "b">]><xml>&a;</xml>', "b"),
    )
    good, absent = kept(tmp_path, WEIBO, "c"), tmp_path / "absent"
    said = typed("normalize", "weibo", garbage, bomb, tmp_path, absent, good)
    assert said.status == 1 and len(said.out.splitlines()) == 1
    lines = said.err.splitlines()
    assert [line.split(": ")[1] for line in lines] == [str(garbage), str(bomb), str(tmp_path), str(absent)]
    assert ("body: is neither JSON nor XML" in lines[0] and "EntitiesForbidden" in lines[1]) or "DTD" in lines[1]
    assert "No such file" in lines[3]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ((), "Encrypt: is encrypted, but no aes_key"),
        (("--aes-key", Official(key="A" * 43).key, "--app-id", OFFICIAL.app_id), "Encrypt: cannot be opened"),
        (("--aes-key", OFFICIAL.key, "--app-id", "wxother"), "Encrypt: was sealed for another app id"),
        (("--aes-key", "short", "--app-id", "wxother"), "aes_key: the EncodingAESKey must be 43"),
    ],
)
def test_an_encrypted_push_that_cannot_be_opened_says_why(
    typed: Typed, tmp_path: Path, keys: tuple[str, ...], words: str
) -> None:
    file = kept(tmp_path, OFFICIAL.signed(1e9, xml_of(WECHAT), "encrypted")[1])
    said = typed("normalize", "wechat", file, *keys)
    assert (said.status, said.out) == (1, "") and f"{file}: {words}" in said.err and said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("wechat", "f", "--account", "nobody"), "no [[wechat]] account nobody (known: hainan)"),
        (("weibo", "f", "--account", "hainan", "--query", "signature=x"), "WEIBO_HAINAN_APP_SECRET is not set"),
        (("wechat", "f", "--account", "hainan"), "made:wechat-hainan-token, which cannot be had"),
        (("email", "f", "--account", "hainan"), "made:email-hainan-reply, which cannot be had"),
        (("weibo", "f", "--account", "hainan", "--app-secret", "x"), "leave out --app-secret"),
        (("wechat", "f", "--account", "hainan", "--token", "x"), "leave out --token"),
        (("wechat", "f", "--query", "signature=x"), "needs --token"),
        (("weibo", "f", "--query", "signature=x"), "needs --app-secret"),
        (("wechat", "f", "--aes-key", "x"), "needs --app-id"),
    ],
)
def test_options_that_do_not_go_together_are_told(typed: Typed, words: tuple[str, ...], why: str) -> None:
    said = typed("normalize", *words)
    assert (said.status, said.out) == (1, "") and why in said.err and said.err.count("\n") == 1


def test_an_account_of_the_configuration_brings_its_keys(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configured(tmp_path, monkeypatch)
    query, body = urlencode(signed(1e9, "n")), kept(tmp_path, WEIBO)
    line = ticket(typed("normalize", "weibo", body, "--account", "hainan", "--query", query, config=config))
    assert line["account"] == "hainan" and "signature_unchecked" not in line["flags"]


def configured(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped configuration with the Weibo account switched on."""
    config = folder / "config"
    shutil.copytree(CONFIG, config)
    text = (config / "channels.toml").read_text(encoding="utf-8")
    head, mark, tail = text.partition("[[weibo]]")
    (config / "channels.toml").write_text(head + mark + tail.replace("enabled = false", "enabled = true", 1), "utf-8")
    monkeypatch.setenv("WEIBO_HAINAN_APP_SECRET", SECRET)
    monkeypatch.setenv("WEIBO_HAINAN_ACCESS_TOKEN", "token")
    return config


def test_without_a_configuration_an_account_is_refused(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = typed("normalize", "weibo", "f", "--account", "hainan", config=None)
    assert said.status == 1 and "there is no configuration in config" in said.err


def test_a_dash_is_standard_input(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(json.dumps(WEIBO).encode())))
    assert ticket(typed("normalize", "weibo", "-"))["content"] == HOLE


def test_a_file_beyond_all_measure_is_refused(typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.cli.normalize.LARGEST", 10)
    said = typed("normalize", "weibo", kept(tmp_path, WEIBO))
    assert said.status == 1 and "body: has more than 10 bytes" in said.err


def test_an_unknown_channel_is_wrong_use(typed: Typed) -> None:
    assert typed("normalize", "fax", "f", config=None).status == 2
