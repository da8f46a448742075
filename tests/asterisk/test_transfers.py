"""What goes to Asterisk for a transfer: extensions that say all, headers on the INVITE, nothing that does not fit."""

from __future__ import annotations

import pytest

from gateway.asterisk.ami.wire import encode
from gateway.asterisk.transfers import Targets, dial_target, leaves_behind, move_legs, transfer_of
from gateway.model.facts import LegCreated, LegEnded, TargetFailed
from gateway.model.ids import CallId, LegId, new_id
from gateway.model.orders import DialTarget, MoveLegs, Place

ID = "0198f0aa-1111-7222-8333-444455556666"
LEG = LegId(f"gw-{ID}")


def dial(**changes: object) -> DialTarget:
    parts: dict[str, object] = {
        "transfer": ID, "leg": LEG, "endpoint": "PJSIP/110@trunk", "caller_number": "12345", "caller_name": "热线",
        "ring_s": 30, "headers": {"X-Ticket-No": "460000-20261121-0000001"},
    }  # fmt: skip
    return DialTarget(**parts | changes)  # type: ignore[arg-type]


def headers(order: DialTarget) -> list[str]:
    return encode(dial_target(order).headers).decode().split("\r\n")


def test_a_target_is_named_before_it_is_dialled_and_goes_into_its_room() -> None:
    sent = headers(dial())
    assert {f"ChannelId: {LEG}", f"Exten: r_{ID}", "Context: gw-room", "Timeout: 30000", "Async: true"} <= set(sent)
    assert 'CallerID: "热线" <12345>' in sent
    assert "Variable: PJSIP_HEADER(add,X-Ticket-No)=460000-20261121-0000001" in sent


def test_whoever_answers_with_another_number_gets_nobody_dialled() -> None:
    assert "Variable: FORWARD_CONTEXT=gw-nowhere" in headers(dial())


def test_a_name_cannot_end_its_own_quotes() -> None:
    assert 'CallerID: "12345 sip:x@y" <12345>' in headers(dial(caller_name='12345" <sip:x@y>'))


@pytest.mark.parametrize(
    "changes",
    [
        {"transfer": "a_b"}, {"transfer": ""}, {"transfer": "x" * 41}, {"leg": LegId("a b")}, {"leg": LegId("")},
        {"caller_number": ""}, {"caller_number": "<1>"}, {"headers": {"X-A,b": "1"}}, {"headers": {"X A": "1"}},
        {"headers": {"X-A": "1\r\nX-B: 2"}}, {"endpoint": "PJSIP/1&PJSIP/2"}, {"ring_s": 0}, {"ring_s": 7200},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_before_anything_is_sent(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=":"):
        dial_target(dial(**changes))


@pytest.mark.parametrize(
    ("place", "detail", "context", "exten"),
    [
        ("room", "", "gw-room", f"r_{ID}"),
        ("hold", "", "gw-hold", f"w_{ID}"),
        ("back", "PJSIP/8001", "gw-back", f"b_{ID}_8001"),
        ("back", "", "gw-back", f"b_{ID}"),
        ("queue", "legal-aid", "gw-move", "q_legal-aid"),
        ("flow", "greeting", "gw-move", "f_greeting"),
        ("dial", "12366", "gw-move", "d_12366"),
    ],
)
def test_each_place_has_its_extension(place: Place, detail: str, context: str, exten: str) -> None:
    (action,) = move_legs(MoveLegs(ID, (("PJSIP/trunk-1", place, detail),)))
    assert dict(action.headers) == {
        "Action": "Redirect", "Channel": "PJSIP/trunk-1", "Context": context, "Exten": exten, "Priority": "1",
    }  # fmt: skip


def test_two_legs_are_moved_in_one_breath_and_a_third_after_them() -> None:
    moves = (("PJSIP/a-1", "hold", ""), ("PJSIP/b-2", "room", ""), ("PJSIP/c-3", "room", ""))
    first, second = move_legs(MoveLegs(ID, moves))  # type: ignore[arg-type]
    sent = dict(first.headers)
    assert (sent["Channel"], sent["Exten"]) == ("PJSIP/a-1", f"w_{ID}")
    assert (sent["ExtraChannel"], sent["ExtraContext"], sent["ExtraExten"]) == ("PJSIP/b-2", "gw-room", f"r_{ID}")
    assert dict(second.headers)["Channel"] == "PJSIP/c-3"


def test_an_agent_left_behind_is_let_go_in_the_same_breath() -> None:
    order = MoveLegs(ID, (("PJSIP/a-1", "room", ""),))
    (action,) = move_legs(order, "PJSIP/8001-2")
    sent = dict(action.headers)
    assert (sent["ExtraChannel"], sent["ExtraContext"], sent["ExtraExten"]) == ("PJSIP/8001-2", "gw-free", "s")
    assert leaves_behind(order) == "PJSIP/a-1"
    assert leaves_behind(MoveLegs(ID, (("a", "hold", ""), ("b", "room", "")))) == ""


@pytest.mark.parametrize(
    "move",
    [
        ("PJSIP/a-1", "queue", "a,b"), ("PJSIP/a-1", "queue", ""), ("PJSIP/a-1", "flow", "../x"),
        ("PJSIP/a-1", "dial", "110&112"), ("PJSIP/a-1", "back", "Local/1@x"), ("/a/", "room", ""),
    ],
)  # fmt: skip
def test_a_place_that_cannot_be_is_refused(move: tuple[str, Place, str]) -> None:
    with pytest.raises(ValueError, match=":"):
        move_legs(MoveLegs(ID, (move,)))


def test_nobody_to_move_is_refused() -> None:
    with pytest.raises(ValueError, match="moves"):
        move_legs(MoveLegs(ID, ()))


@pytest.mark.parametrize("exten", ["", "s", "r_", f"w_{ID}", f"r_{ID}_x", "q_hotline"])
def test_only_a_rooms_extension_names_a_transfer(exten: str) -> None:
    assert transfer_of(exten) == ""
    assert transfer_of(f"r_{ID}") == ID


def created(leg: str) -> LegCreated:
    return LegCreated(1.0, LegId(leg), CallId(leg), "PJSIP/trunk-1", False, "", "", "s", "from-trunk")


@pytest.mark.parametrize("order", ["before", "after"])
def test_a_target_that_had_a_leg_is_told_by_the_end_of_that_leg(order: str) -> None:
    targets = Targets()
    failed, ended = TargetFailed(2.0, LEG, ID, "failed"), LegEnded(2.0, LEG, CallId(LEG), "PJSIP/trunk-1", 17, "busy")
    assert targets.passes(created(LEG))
    assert targets.passes(ended) or order == "before"
    assert not targets.passes(failed)
    assert targets.passes(ended)


def test_a_target_without_a_leg_is_told_by_the_failed_order() -> None:
    targets = Targets()
    assert targets.passes(created("1795328520.1"))
    assert targets.passes(TargetFailed(2.0, LEG, ID, "failed"))


def test_what_is_remembered_of_targets_is_bounded() -> None:
    targets = Targets()
    for _ in range(3000):
        targets.passes(created(f"gw-{new_id()}"))
    assert targets.passes(created(LEG))
    assert not targets.passes(TargetFailed(2.0, LEG, ID, "failed"))
    assert len(targets._had_leg) <= 1000
