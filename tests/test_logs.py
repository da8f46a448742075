"""Logs: one JSON object a line, whole numbers nowhere in it, identifiers whole."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from gateway.logs import complain, configure, mask_numbers

NUMBER, MASKED = "13812345678", "138****5678"


class Stderr:
    """What was logged so far."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys, self._text = capsys, ""

    def getvalue(self) -> str:
        captured = self._capsys.readouterr()
        assert captured.out == "", "stdout is for results"
        self._text += captured.err
        return self._text


@pytest.fixture
def stderr(capsys: pytest.CaptureFixture[str]) -> Iterator[Stderr]:
    """What is logged; the process's logging is as before afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    kept = structlog.get_config()
    yield Stderr(capsys)
    structlog.configure(**kept)
    root.handlers[:] = handlers
    root.setLevel(level)


def fail(error: Exception) -> None:
    raise error


def lines(stream: Stderr) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_log_line_is_one_json_object_with_level_and_time_in_utc(stderr: Stderr) -> None:
    configure("info", "json")
    structlog.get_logger("t").info("call.answered", call_id="1763700000.12", 座席="A001")
    (line,) = lines(stderr)
    assert line["event"] == "call.answered" and line["level"] == "info" and line["座席"] == "A001"
    assert line["timestamp"].endswith("Z")
    assert "座席" in stderr.getvalue()


def test_lines_below_the_level_are_not_written(stderr: Stderr) -> None:
    configure("warning", "json")
    structlog.get_logger("t").info("quiet")
    structlog.get_logger("t").warning("loud")
    assert [line["event"] for line in lines(stderr)] == ["loud"]


def test_what_is_bound_to_the_context_is_in_the_line(stderr: Stderr) -> None:
    configure("info", "json")
    with structlog.contextvars.bound_contextvars(ticket_no="20261121-460100-00001", call_id="1763700000.12"):
        structlog.get_logger("t").info("x")
    (line,) = lines(stderr)
    assert (line["ticket_no"], line["call_id"]) == ("20261121-460100-00001", "1763700000.12")


def test_numbers_are_masked_in_every_field_but_identifiers_stay_whole(stderr: Stderr) -> None:
    configure("info", "json")
    structlog.get_logger("t").info(
        f"from {NUMBER}", why=f"cannot dial {NUMBER}", call_id="1763700000.12", leg="1763700001.13", n=13812345678
    )
    (line,) = lines(stderr)
    assert line["event"] == f"from {MASKED}" and line["why"] == f"cannot dial {MASKED}"
    assert (line["call_id"], line["leg"], line["n"]) == ("1763700000.12", "1763700001.13", 13812345678)


def test_numbers_deep_in_lists_tables_and_objects_are_masked() -> None:
    class Caller:
        def __repr__(self) -> str:
            return f"Caller({NUMBER})"

    event = mask_numbers(
        None, "", {"a": [NUMBER, (NUMBER,)], "b": {"to": NUMBER, "call_id": "1763700000.12"}, "c": Caller(), "d": None}
    )
    assert event == {
        "a": [MASKED, [MASKED]],
        "b": {"to": MASKED, "call_id": "1763700000.12"},
        "c": f"Caller({MASKED})",
        "d": None,
    }


@pytest.mark.parametrize("style", ["json", "console"])
def test_an_exception_is_told_with_its_traceback_and_its_numbers_masked(stderr: Stderr, style: str) -> None:
    configure("info", style)
    try:
        fail(ValueError(f"no route to {NUMBER}"))
    except ValueError:
        structlog.get_logger("t").exception("dial.failed")
    text = stderr.getvalue()
    assert "Traceback" in text and "ValueError" in text and f"no route to {MASKED}" in text
    assert NUMBER not in text


def test_the_console_style_is_for_people_and_masks_too(stderr: Stderr) -> None:
    configure("info", "console")
    structlog.get_logger("t").info("call.arrived", caller=NUMBER)
    text = stderr.getvalue()
    assert "call.arrived" in text and MASKED in text and NUMBER not in text
    assert not text.startswith("{")


@pytest.mark.parametrize("style", ["json", "console"])
def test_what_libraries_log_takes_the_same_way(stderr: Stderr, style: str) -> None:
    configure("info", style)
    try:
        fail(OSError(f"lost {NUMBER}"))
    except OSError:
        logging.getLogger("asyncio").exception("failed for %s", NUMBER)
    logging.getLogger("aiohttp").info("chatter")
    text = stderr.getvalue()
    assert f"failed for {MASKED}" in text and f"lost {MASKED}" in text
    assert NUMBER not in text and "chatter" not in text
    if style == "json":
        (line,) = lines(stderr)
        assert line["level"] == "error" and "Traceback" in line["exception"]


def test_a_command_complains_on_stderr_and_only_from_warnings_on(stderr: Stderr) -> None:
    complain()
    structlog.get_logger("t").info("chatter")
    structlog.get_logger("t").warning("odd", caller=NUMBER)
    text = stderr.getvalue()
    assert "odd" in text and MASKED in text and "chatter" not in text
