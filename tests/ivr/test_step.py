"""The step as a script: what comes in, what is to be done. And what holds for any checked flow and any citizen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gateway.ivr.config import Flow
from gateway.ivr.state import (
    Answer,
    HandOver,
    Hangup,
    Moment,
    Note,
    Place,
    Play,
    Record,
    SetVariable,
    Transfer,
    WaitKey,
)
from gateway.ivr.step import ALL_KEYS
from tests.ivr.scripts import ENDS, FRIDAY, HELLO, PERSON, SATURDAY, Script, collect, menu, play

Maker = Callable[..., Flow]

# ---- the flows of the example, as a citizen meets them


def test_the_default_flow_greets_whoever_calls_and_hands_over(example_flows: dict[str, Flow]) -> None:
    script = Script(example_flows, "greeting")
    assert script.start() == (Answer(), Play(("gw/greeting-welcome",), ""))
    assert script.wait() == (HandOver(""),)
    assert script.state.trail == tuple(Place("greeting", node) for node in ("pick_up", "welcome", "person"))


def test_nothing_pressed_at_the_language_menu_is_a_person_in_mandarin(example_flows: dict[str, Flow]) -> None:
    script = Script(example_flows, "languages")
    script.start()
    assert script.wait() == (Play(("gw/languages-ask",), ALL_KEYS),)
    assert script.wait() == (WaitKey(3),)
    assert script.wait() == (HandOver(""),)
    assert script.state.language == "zh"


@pytest.mark.parametrize(("key", "language"), [("2", "yue"), ("3", "hak")])
def test_a_language_is_set_on_the_channel_and_spoken(example_flows: dict[str, Flow], key: str, language: str) -> None:
    script = Script(example_flows, "languages")
    script.start()
    script.wait()
    said = Play(("gw/languages-wait",), ALL_KEYS)
    assert script.press(key) == (SetVariable("CHANNEL(language)", language), said)
    assert script.wait() == (HandOver(""),)
    assert script.state.language == language


def test_english_leads_to_those_who_speak_it(example_flows: dict[str, Flow]) -> None:
    script = Script(example_flows, "languages")
    script.start()
    script.wait()
    said = Play(("gw/languages-wait_english",), ALL_KEYS)
    assert script.press("4") == (SetVariable("CHANNEL(language)", "en"), said)
    assert script.wait() == (HandOver("english"),)


def test_at_night_the_off_hours_words_come_before_the_same_queue(example_flows: dict[str, Flow]) -> None:
    script = Script(example_flows, "night", SATURDAY)
    script.start()
    assert script.wait() == (Play(("gw/night-off_hours",), ALL_KEYS),)
    assert script.wait() == (HandOver(""),)
    by_day = Script(example_flows, "night", FRIDAY)
    by_day.start()
    assert by_day.wait() == (HandOver(""),)


def test_lawyers_take_calls_by_their_calendar(example_flows: dict[str, Flow]) -> None:
    on_duty = Script(example_flows, "legal", Moment(FRIDAY.local, frozenset({"lawyers"})))
    on_duty.start()
    assert on_duty.wait() == (Play(("gw/legal-lawyer_words",), ALL_KEYS),)
    assert on_duty.wait() == (HandOver("legal"),)
    away = Script(example_flows, "legal", SATURDAY)
    away.start()
    assert away.wait() == (Play(("gw/legal-no_lawyer_words",), ALL_KEYS),)
    assert away.wait() == (HandOver("hotline"),)


def test_numbers_of_other_lines_are_read_out_and_then_a_person(example_flows: dict[str, Flow]) -> None:
    script = Script(example_flows, "partner-readout")
    heard = [command for commands in (script.start(), *(script.wait() for _ in range(8))) for command in commands]
    phone = Play(tuple(f"gw/say/{token}" for token in ("yao", "2", "3", "8", "8")), ALL_KEYS)
    assert phone in heard
    assert heard[-1] == WaitKey(4)
    assert script.wait() == (HandOver(""),)


def test_0_during_the_read_out_is_a_person_at_once(example_flows: dict[str, Flow]) -> None:
    script = Script(example_flows, "partner-readout")
    script.start()
    assert script.press("0") == (HandOver(""),)


def test_9_after_the_read_out_says_goodbye_and_hangs_up(example_flows: dict[str, Flow]) -> None:
    script = Script(example_flows, "partner-readout")
    script.start()
    assert script.press("9") == (Play(("gw/partner-readout-goodbye",), ""),)
    assert script.wait() == (Hangup(),)


# ---- each node


def test_a_menu_asks_again_with_its_second_text_and_then_lets_a_person_take_over(make_flow: Maker) -> None:
    script = Script({"main": make_flow({"ask": menu(retry_text=HELLO, retries=1), **ENDS})})
    assert script.start() == (Play(("gw/main-ask",), ALL_KEYS),)
    assert script.press("5") == (Play(("gw/main-ask-retry",), ALL_KEYS),)
    assert script.wait() == (WaitKey(5),)
    assert script.wait() == (HandOver(""),)


def test_a_menu_tells_silence_from_wrong_keys(make_flow: Maker) -> None:
    flows = {"main": make_flow({"ask": menu(on_timeout="person", on_invalid="legal"), **ENDS})}
    wrong, silent = Script(flows), Script(flows)
    wrong.start()
    assert wrong.press("7") == (HandOver("legal"),)
    silent.start()
    silent.wait()
    assert silent.wait() == (HandOver(""),)


def test_without_barge_in_no_key_stops_the_text(make_flow: Maker) -> None:
    script = Script({"main": make_flow({"ask": menu(barge_in=False), **ENDS})})
    assert script.start() == (Play(("gw/main-ask",), ""),)
    assert script.wait() == (WaitKey(5),)
    assert script.press("1") == (HandOver("legal"),)


def test_a_key_pressed_early_answers_the_menu_to_come(make_flow: Maker) -> None:
    script = Script({"main": make_flow({"hi": play("more"), "more": play("ask"), "ask": menu(), **ENDS})})
    script.start()
    assert script.press("1") == (HandOver("legal"),)


def test_a_text_that_must_be_heard_is_heard_although_a_key_was_pressed(make_flow: Maker) -> None:
    notice = play("ask", barge_in=False)
    script = Script({"main": make_flow({"hi": play("notice"), "notice": notice, "ask": menu(), **ENDS})})
    script.start()
    assert script.press("1") == (Play(("gw/main-notice",), ""),)
    assert script.wait() == (HandOver("legal"),)


def test_collect_takes_digits_until_the_end_key(make_flow: Maker) -> None:
    script = Script({"main": make_flow({"ask": collect(export=True), **ENDS})})
    assert script.start() == (Play(("gw/main-ask",), ALL_KEYS),)
    assert script.press("4") == (WaitKey(4),)
    assert script.press("0") == (WaitKey(4),)
    assert script.press("#") == (SetVariable("GW_VAR_code", "40"), HandOver("legal"))
    assert script.state.variables["code"] == "40"


def test_collect_ends_by_itself_at_its_largest_and_after_silence(make_flow: Maker) -> None:
    flows = {"main": make_flow({"ask": collect(max_digits=2), **ENDS})}
    full, short = Script(flows), Script(flows)
    full.start()
    full.press("1")
    assert full.press("2") == (HandOver("legal"),)
    short.start()
    short.press("1")
    assert short.wait() == (HandOver("legal"),)
    assert short.state.variables["code"] == "1"


def test_collect_clears_with_the_star_and_asks_again_when_too_few(make_flow: Maker) -> None:
    script = Script({"main": make_flow({"ask": collect(min_digits=3), **ENDS})})
    script.start()
    for key in "12*34":
        assert script.press(key) == (WaitKey(4),)
    assert script.press("#") == (Play(("gw/main-ask",), ALL_KEYS),)
    assert script.wait() == (WaitKey(8),)
    assert script.wait() == (HandOver(""),)


@pytest.mark.parametrize("after", ["#", ""])
def test_0_alone_at_collect_is_a_person(make_flow: Maker, after: str) -> None:
    script = Script({"main": make_flow({"ask": collect(), **ENDS})})
    script.start()
    assert script.press("0") == (WaitKey(4),)
    assert script.press(after) == (HandOver(""),)


def test_say_fills_in_variables_and_the_time(make_flow: Maker) -> None:
    nodes = {
        "number": {"kind": "say", "style": "digits", "value": "{entry_number}", "next": "time"},
        "time": {"kind": "say", "style": "time", "value": "{now}", "barge_in": False, "next": "person"},
        "person": PERSON,
    }
    script = Script({"main": make_flow(nodes)})
    assert script.start() == (Play(tuple(f"gw/say/{n}" for n in "12345"), ALL_KEYS),)
    tokens = ("morning", "10", "hour", "0", "5", "minute")
    assert script.wait() == (Play(tuple(f"gw/say/{token}" for token in tokens), ""),)
    assert script.wait() == (HandOver(""),)


def test_a_value_that_cannot_be_said_is_noted_and_skipped(make_flow: Maker) -> None:
    say = {"kind": "say", "style": "number", "value": "{caller}", "next": "person"}
    script = Script({"main": make_flow({"say": say, "person": PERSON})}, caller="anonymous")
    note, end = script.start()
    assert isinstance(note, Note)
    assert "main/say: 'anonymous' is not a number" in note.text
    assert end == HandOver("")


@pytest.mark.parametrize(
    ("case", "moment", "call", "taken"),
    [
        ({"when": "calendar", "calendar": "office"}, FRIDAY, {}, True),
        ({"when": "calendar", "calendar": "office"}, SATURDAY, {}, False),
        ({"when": "calendar", "calendar": "office", "state": "closed"}, SATURDAY, {}, True),
        ({"when": "time", "starts": "09:00", "ends": "10:05"}, FRIDAY, {}, False),
        ({"when": "time", "starts": "10:05", "ends": "11:00"}, FRIDAY, {}, True),
        ({"when": "time", "starts": "22:00", "ends": "06:00"}, SATURDAY, {}, True),
        ({"when": "time", "starts": "22:00", "ends": "06:00"}, FRIDAY, {}, False),
        ({"when": "entry_number", "numbers": ["12315", "12345"]}, FRIDAY, {}, True),
        ({"when": "entry_number", "numbers": ["12315"]}, FRIDAY, {}, False),
        ({"when": "caller", "prefixes": ["0898", "138"]}, FRIDAY, {}, True),
        ({"when": "caller", "prefixes": ["139"]}, FRIDAY, {}, False),
        ({"when": "caller", "numbers": ["13812345678"]}, FRIDAY, {}, True),
        ({"when": "caller", "numbers": ["138"]}, FRIDAY, {"caller": ""}, False),
        ({"when": "variable", "name": "vip", "values": ["1"]}, FRIDAY, {"vip": "1"}, True),
        ({"when": "variable", "name": "vip", "values": [""]}, FRIDAY, {}, True),
        ({"when": "variable", "name": "language", "values": ["zh"]}, FRIDAY, {}, True),
    ],
)
def test_a_branch_takes_its_first_true_case(
    make_flow: Maker, case: dict[str, Any], moment: Moment, call: dict[str, str], taken: bool
) -> None:
    nodes = {"when": {"kind": "branch", "cases": [{**case, "next": "legal"}], "otherwise": "person"}, **ENDS}
    script = Script({"main": make_flow(nodes)}, moment=moment, **call)
    assert script.start() == (HandOver("legal" if taken else ""),)


def test_set_fills_in_and_exports(make_flow: Maker) -> None:
    put = {"kind": "set", "values": {"from_line": "{entry_number}"}, "language": "en", "export": True, "next": "person"}
    script = Script({"main": make_flow({"put": put, "person": PERSON})})
    language = SetVariable("CHANNEL(language)", "en")
    assert script.start() == (SetVariable("GW_VAR_from_line", "12345"), language, HandOver(""))


def test_a_transfer_names_the_partner_and_the_queue_for_when_it_fails(make_flow: Maker) -> None:
    script = Script({"main": make_flow({"out": {"kind": "transfer", "partner": "110", "queue": "hotline"}})})
    assert script.start() == (Transfer("110", "hotline"),)


def test_a_recording_comes_after_its_text_and_its_name_is_kept(make_flow: Maker) -> None:
    tape = {"kind": "record", "text": HELLO, "variable": "words", "max_s": 30, "next": "person"}
    script = Script({"main": make_flow({"tape": tape, "person": PERSON})})
    assert script.start() == (Play(("gw/main-tape",), ""),)
    assert script.wait() == (Record("main-tape", 30, 5, True),)
    assert script.press("#") == (SetVariable("GW_VAR_words", "main-tape"), HandOver(""))


def test_a_subflow_comes_back_with_what_it_set(make_flow: Maker) -> None:
    flows = {
        "main": make_flow({"sub": {"kind": "subflow", "flow": "inner", "next": "hi"}, "hi": play("person"), **ENDS}),
        "inner": make_flow({"put": {"kind": "set", "language": "en", "next": "return"}}, "inner"),
    }
    script = Script(flows)
    assert script.start() == (SetVariable("CHANNEL(language)", "en"), Play(("gw/main-hi",), ALL_KEYS))
    assert [str(place) for place in script.state.trail] == ["main/sub", "inner/put", "main/hi"]
    assert script.state.stack == ()


def test_a_return_of_a_flow_that_nobody_called_is_a_person(make_flow: Maker) -> None:
    nested = {"main": make_flow({"sub": {"kind": "subflow", "flow": "inner", "next": "return"}})}
    flows = {**nested, "inner": make_flow({"hi": play("return")}, "inner")}
    script = Script(flows)
    script.start()
    assert script.wait() == (HandOver(""),)


# ---- limits


def test_a_flow_without_end_is_cut_at_its_steps_by_a_person(make_flow: Maker) -> None:
    script = Script({"main": make_flow({"a": {"kind": "set", "next": "b"}, "b": {"kind": "set", "next": "a"}})})
    note, end = script.start()
    assert isinstance(note, Note)
    assert "200 steps" in note.text
    assert end == HandOver("")


def test_whoever_plays_with_the_keys_for_ever_gets_a_person(make_flow: Maker) -> None:
    again = [{"key": "1", "next": "ask", "label": "重听"}]
    script = Script({"main": make_flow({"ask": menu(choices=again), "person": PERSON})}, max_steps=20)
    script.start()
    presses = 0
    while script.state.end is None:
        script.press("1")
        presses += 1
    assert script.state.end == HandOver("")
    assert presses == 10


def test_time_over_is_a_person_and_an_ended_flow_stays_ended(make_flow: Maker) -> None:
    script = Script({"main": make_flow({"ask": menu(), **ENDS})})
    script.start()
    note, end = script.expire()
    assert isinstance(note, Note)
    assert end == HandOver("")
    ended = script.state
    assert script.press("9") == ()
    assert script.state == ended


def test_a_target_that_is_not_there_is_a_person_too(make_flow: Maker) -> None:
    unchecked = {"main": make_flow({"sub": {"kind": "subflow", "flow": "nowhere", "next": "x"}})}
    assert Script(unchecked).start()[-1] == HandOver("")
    assert Script({"main": make_flow({"hi": {"kind": "answer", "next": "gone"}})}).start()[-1] == HandOver("")
