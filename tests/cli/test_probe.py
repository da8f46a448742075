"""``gateway probe`` against a real Asterisk: what a citizen would meet, and that nothing of the probe stays behind."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from gateway.cli import probe
from gateway.probe import ProbeConfig, ProbeResult, run_probe

pytestmark = pytest.mark.asterisk


def ask(address: str, *more: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    probe.add_arguments(parser)
    return parser.parse_args(["--server", address, *more])


@pytest.fixture(autouse=True)
def known_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_PROBE_PASSWORD", "secret-probe")


async def dial(asterisk, number: str, limit_s: float = 40.0, password: str = "secret-probe") -> ProbeResult:
    return await run_probe(ProbeConfig("127.0.0.1", asterisk.sip_port, "probe", password, number, limit_s))


async def test_a_line_that_answers_and_speaks_is_good(asterisk):
    result = await dial(asterisk, "12345")
    assert (result.reason, result.answered, result.audio, result.status) == ("answered", True, True, 200)
    assert result.seconds is not None and 0 <= result.seconds < result.took_s
    assert result.audio_after_s is not None and result.audio_after_s >= result.seconds
    assert result.register_status == 200
    await asterisk.nobody_left()


async def test_the_registration_is_taken_back(asterisk):
    await dial(asterisk, "12345")
    await asterisk.eventually(lambda: "No objects found" in asterisk.cli("pjsip show contacts"))


async def test_probes_one_after_the_other_are_calls_of_their_own(asterisk):
    results = [await dial(asterisk, "12345") for _ in range(3)]
    assert [result.good for result in results] == [True, True, True]


async def test_a_line_that_answers_and_is_silent_is_not_good(asterisk):
    result = await dial(asterisk, "12347", limit_s=12.0)
    assert (result.reason, result.answered, result.audio) == ("no_audio", True, False)
    await asterisk.nobody_left()


async def test_a_line_that_rings_for_ever_is_given_up_within_the_limit_and_cancelled(asterisk):
    result = await dial(asterisk, "12346", limit_s=12.0)
    # beyond the limit the reason would be "limit"
    assert (result.reason, result.answered, result.status) == ("no_answer", False, 180)
    await asterisk.nobody_left()


@pytest.mark.parametrize(("number", "status"), [("12348", 486), ("999", 404)])
async def test_a_refusal_is_told_with_its_status(asterisk, number, status):
    result = await dial(asterisk, number)
    assert (result.reason, result.status, result.answered) == ("refused", status, False)


async def test_a_line_that_cuts_off_is_not_good(asterisk):
    result = await dial(asterisk, "12349")
    assert (result.reason, result.good) == ("hung_up", False)


async def test_a_wrong_password_is_named(asterisk):
    result = await dial(asterisk, "12345", password="wrong")
    assert (result.reason, result.register_status) == ("not_registered", 401)


async def test_a_server_that_hangs_is_no_reply_within_the_limit(asterisk):
    asterisk.freeze()
    try:
        result = await dial(asterisk, "12345", limit_s=12.0)
        # beyond the limit the reason would be "limit"
        assert (result.reason, result.answered) == ("no_reply", False)
    finally:
        asterisk.thaw()
    asterisk.cli("core waitfullybooted")


def test_the_command_says_answered_with_its_seconds(asterisk, capsys):
    assert probe.run(ask(asterisk.address)) == 0
    assert "answered, audio heard" in capsys.readouterr().out


def test_the_command_prints_json_when_asked(asterisk, capsys):
    assert probe.run(ask(asterisk.address, "--json", "--dial", "12348")) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["status"], told["good"], told["reason"]) == (486, False, "refused")


def test_a_stopped_server_is_exit_status_1_within_the_limit(unused_udp_port, capsys):
    assert probe.run(ask(f"127.0.0.1:{unused_udp_port}", "--seconds", "12")) == 1
    # beyond the limit it would say that it was stopped
    assert "没有回应" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong",
    [["--dial", "12345\r\nX: y"], ["--seconds", "0"], ["--server", "host:port"], ["--server", ":5060"], ["--dial", ""]],
)
def test_a_wrong_question_is_exit_status_2(wrong, capsys):
    assert probe.run(ask("127.0.0.1:5060", *wrong)) == 2
    assert capsys.readouterr().err.startswith("gateway probe: ")


def test_a_missing_state_directory_is_named_and_not_made(monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("GATEWAY_PROBE_PASSWORD")
    nowhere = tmp_path / "no-such-config"
    assert probe.run(ask("127.0.0.1:5060", "--config", str(nowhere))) == 2
    assert "no-such-config" in capsys.readouterr().err
    assert not Path(nowhere).exists()
