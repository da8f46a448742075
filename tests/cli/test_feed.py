"""``gateway feed``: what it prints, where it begins, as whom it asks, and what it says when that fails."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.cli import feed as command
from gateway.demo.hotline import HotlineRefused
from gateway.web.events import events_by_type
from tests.cli.feed_server import TOKEN, FeedServer, event, serving
from tools.lab import free_port

ZONE = ZoneInfo("Asia/Shanghai")
TITLES = {name: kind.zh for name, kind in events_by_type().items()}


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(words)


async def show(server: FeedServer, *words: str) -> None:
    async with asyncio.timeout(60):
        await command._show(parsed("--url", server.url, *words), TOKEN, None)


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_a_line_has_sequence_local_time_both_names_subject_and_gist() -> None:
    one = event(1234, channel="wechat", account="hainan", kind="投诉", urgency="一般", title="路灯不亮", queue="")
    assert command.line(one, ZONE, TITLES) == (
        "1234  11-22 00:00:05  新工单 ticket.opened  460000-20261121-0001234  "
        "channel=wechat account=hainan kind=投诉 urgency=一般 title=路灯不亮"
    )


def test_bad_news_is_red_and_nothing_is_coloured_where_nobody_asked() -> None:
    lost = event(1, "hotline.call.lost.v1", caller="138****5678", wait_s=12.0)
    assert "\x1b[31m呼损 call.lost\x1b[0m" in command.line(lost, ZONE, TITLES, colour=True)
    assert "\x1b" not in command.line(lost, ZONE, TITLES)
    assert "wait_s=12" in command.line(lost, ZONE, TITLES)


def test_what_a_citizen_wrote_cannot_steer_the_terminal() -> None:
    told = command.line(event(1, title="a\x1b[2Jb\r\nc\u202e"), ZONE, TITLES, colour=True)
    assert "\x1b[2J" not in told and "\n" not in told and "\r" not in told and "\u202e" not in told


def test_an_event_of_a_later_version_is_still_a_line() -> None:
    assert "weather.changed" in command.line(event(1, "hotline.weather.changed.v1"), ZONE, TITLES)


async def test_without_more_the_latest_twenty_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    async with serving() as server:
        server.events = [event(n) for n in range(1, 51)]
        await show(server)
        assert [text.split()[0] for text in printed(capsys)] == [str(n) for n in range(31, 51)]
        await show(server, "-n", "3")
        assert len(printed(capsys)) == 3


async def test_after_shows_everything_behind_it_page_by_page(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_PAGE", 7)
    async with serving() as server:
        server.events = [event(n) for n in range(1, 51)]
        await show(server, "--after", "10", "--json")
    assert [int(json.loads(text)["sequence"]) for text in printed(capsys)] == list(range(11, 51))


async def test_types_choose_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    async with serving() as server:
        server.events = [event(1), event(2, "hotline.call.lost.v1"), event(3, "hotline.line.lost.v1"), event(4)]
        await show(server, "--after", "0", "--types", "hotline.call.*", "hotline.line.*")
    assert [text.split()[0] for text in printed(capsys)] == ["2", "3"]


async def test_following_shows_each_event_over_a_cut_line_and_ends_when_it_is_cancelled(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.cli.sse._FIRST_S", 0.001)
    seen: list[int] = []
    done = asyncio.Event()

    def put(one: dict[str, Any]) -> None:
        seen.append(int(one["sequence"]))
        if len(seen) == 12:
            done.set()

    monkeypatch.setattr(command, "_printer", lambda *a, **k: put)
    async with serving() as server:
        server.events, server.breaks_after = [event(n) for n in range(1, 13)], [5]
        following = asyncio.create_task(show(server, "--follow", "--after", "0"))
        async with asyncio.timeout(60):
            await done.wait()
        following.cancel()
        await asyncio.wait({following})
    assert seen == list(range(1, 13)) and following.cancelled()
    assert "trying again" in capsys.readouterr().err


async def test_without_a_token_the_shift_lead_logs_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "first-logins.txt").write_text("lead secret1 supervisor 值班长\n1001 secret2 agent 王芳\n")
    settings: Any = argparse.Namespace(state_dir=tmp_path, zone="Asia/Shanghai", web=None)
    async with serving() as server:
        server.events, server.password = [event(1)], "secret1"
        async with asyncio.timeout(60):
            await command._show(parsed("--url", server.url), "", settings)
            assert len(printed(capsys)) == 1 and server.logins == 1
            with pytest.raises(HotlineRefused, match="GATEWAY_PASSWORD"):
                await command._show(parsed("--url", server.url, "--login", "stranger"), "", settings)
            server.password = "changed"
            with pytest.raises(HotlineRefused, match="could not log in"):
                await command._show(parsed("--url", server.url), "", settings)


def test_a_gateway_that_is_not_there_is_one_line_and_status_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_TOKEN", "t")
    assert command.run(parsed("--url", f"http://127.0.0.1:{free_port()}")) == 1
    said = capsys.readouterr().err
    assert said.startswith("gateway feed: ") and said.count("\n") == 1 and "cannot be reached" in said


@pytest.mark.parametrize("words", [["--after", "-1"], ["--after", "x"], ["--after", "1", "--last", "2"], ["--types"]])
def test_wrong_use_is_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit):
        parsed(*words)
