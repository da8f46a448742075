"""``gateway seat``: what it prints, whom it acts as, and that it believes Asterisk's fact and not the order."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import seat as command
from gateway.demo.hotline import HotlineRefused

SEAT: dict[str, Any] = {
    "id": "A001", "agent": "1001", "presence": "not_ready", "activity": "idle", "reason": "meal", "since": 100.0,
    "presence_since": 160.0, "queue": None, "caller": "", "reachable": True,
}  # fmt: skip
QUEUE = {
    "id": "hotline", "name": "综合受理", "waiting": [{}, {}], "longest_since": 90.0, "ready": 1, "talking": 2,
    "signed_in": 3, "answered_today": 4, "lost_today": 5,
}  # fmt: skip


class FakeHotline:
    """The API as far as the command uses it; ``obeys`` says whether acts show an effect."""

    def __init__(self, obeys: bool = True) -> None:
        self.obeys = obeys
        self.seat = dict(SEAT)
        self.acts: list[tuple[str, ...]] = []
        self.who: tuple[str, ...] = ()

    def __call__(self, *who: str) -> FakeHotline:
        self.who = who
        return self

    async def __aenter__(self) -> FakeHotline:
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def seats(self) -> list[dict[str, Any]]:
        return [self.seat]

    async def queues(self) -> list[dict[str, Any]]:
        return [QUEUE]

    async def ready(self, seat: str) -> None:
        self._take("ready", seat)

    async def not_ready(self, seat: str, reason: str) -> None:
        if reason != "meal":
            raise HotlineRefused("reason: must be one of meal")
        self._take("not_ready", seat)

    async def sign_in(self, seat: str, login: str) -> None:
        self.acts.append(("login", login))
        self._take("not_ready", seat)

    async def sign_out(self, seat: str) -> None:
        self._take("signed_out", seat)

    def _take(self, presence: str, seat: str) -> None:
        self.acts.append((presence, seat))
        if self.obeys:
            self.seat["presence"] = presence


@pytest.fixture
def hotline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeHotline:
    fake = FakeHotline()
    monkeypatch.setattr(command, "Hotline", fake)
    monkeypatch.setattr(command, "_SETTLE_S", 0.0)
    monkeypatch.setenv("GATEWAY__GATEWAY__STATE_DIR", str(tmp_path))
    monkeypatch.delenv("GATEWAY_PASSWORD", raising=False)
    (tmp_path / "first-logins.txt").write_text("lead secret1 supervisor 值班长\n1001 secret2 agent 王芳\n")
    return fake


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(words))


def test_a_seats_line_has_its_three_fields_and_how_long() -> None:
    line = command.seat_line(SEAT, 220.0).split("\t")
    assert line == ["A001", "1001", "not_ready", "示忙(meal)", "idle", "空闲", "60s", "-", "-"]


def test_a_seat_without_telephone_says_so() -> None:
    assert "no phone" in command.seat_line(SEAT | {"reachable": False}, 220.0)


def test_a_queues_line_has_the_longest_wait() -> None:
    assert "waiting 2 (30s)" in command.queue_line(QUEUE, 120.0)


def test_lists_are_printed_one_a_line(hotline: FakeHotline, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    assert run("queues") == 0
    out = capsys.readouterr().out.splitlines()
    assert (out[0].split("\t")[0], out[1].split("\t")[0]) == ("A001", "hotline")


def test_without_login_the_shift_lead_acts(hotline: FakeHotline) -> None:
    assert run("sign-in", "A001", "1001") == 0
    assert hotline.who[1:] == ("lead", "secret1")
    assert hotline.acts == [("login", "1001"), ("not_ready", "A001")]


def test_an_agent_acts_with_the_password_of_first_logins_or_of_the_environment(
    hotline: FakeHotline, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("--login", "1001", "ready", "A001") == 0
    assert hotline.who[1:] == ("1001", "secret2")
    monkeypatch.setenv("GATEWAY_PASSWORD", "other")
    assert run("--login", "1001", "sign-out", "A001") == 0
    assert hotline.who[1:] == ("1001", "other")


def test_an_order_without_effect_is_said_and_fails(hotline: FakeHotline, capsys: pytest.CaptureFixture[str]) -> None:
    hotline.obeys = False
    assert run("ready", "A001") == 1
    assert "accepted, but A001 shows no change" in capsys.readouterr().err


def test_a_refusal_is_one_line(hotline: FakeHotline, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("not-ready", "A001", "holiday") == 1
    assert capsys.readouterr().err == "gateway seat: reason: must be one of meal\n"


def test_a_login_without_password_is_said(hotline: FakeHotline, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--login", "stranger", "ready", "A001") == 1
    assert "GATEWAY_PASSWORD" in capsys.readouterr().err
