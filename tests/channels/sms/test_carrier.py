"""The link over real sockets, with each protocol: login, deliveries, messages, repeats, silence, and bad manners."""

from __future__ import annotations

import asyncio

import pytest

from gateway.channels.port import Permanent, Retryable
from gateway.channels.sms.port import PartOf
from tests.channels.sms.carrier_stage import ACCOUNT, EVERY, SECRET, FirstOf, RecordingInbox, link_to, running, staged
from tests.fakes.ismg import Ismg, Pushed, Speaks, long_parts
from tools.lab import free_port

CITIZEN, HOTLINE = "13800000000", "1065812345"
TEXT = "美兰区人民大道路灯坏了"


def ucs2(text: str) -> bytes:
    return text.encode("utf-16-be")


@pytest.mark.parametrize("speaks", EVERY)
class TestIn:
    async def test_a_message_is_kept_and_then_answered(self, speaks: Speaks) -> None:
        async with staged(speaks) as stage:
            stage.inbox.gate.clear()
            one = stage.ismg.deliver(CITIZEN, HOTLINE, ucs2(TEXT))
            stage.ismg.push(one)
            await stage.inbox.until(lambda: stage.inbox.under_way == 1)
            assert stage.ismg.answers == {}
            stage.inbox.gate.set()
            await stage.ismg.until(lambda: one.id in stage.ismg.kept)
            (message,) = stage.inbox.messages
            assert (message.sender, message.receiver, message.coding) == (CITIZEN, HOTLINE, 8)
            assert message.data == ucs2(TEXT)
            assert message.part is None
            assert message.flags == ()
            assert message.raw[12:] == one.body

    async def test_as_many_are_kept_at_once_as_the_window_holds_and_no_more(self, speaks: Speaks) -> None:
        async with staged(speaks, window=16) as stage:
            stage.inbox.gate.clear()
            stage.ismg.push(*(stage.ismg.deliver(f"138000000{n:02d}", HOTLINE, b"1") for n in range(40)))
            await stage.inbox.until(lambda: stage.inbox.under_way == 16)
            stage.inbox.gate.set()
            await stage.ismg.until(lambda: len(stage.ismg.kept) == 40)
            assert stage.ismg.most_flying == 16
            assert stage.inbox.most_under_way == 16

    async def test_parts_of_a_long_message_come_with_their_place_and_distinct_keys(self, speaks: Speaks) -> None:
        async with staged(speaks) as stage:
            same = stage.ismg.new_id()  # some gateways give one id to all parts
            parts = long_parts(TEXT * 10, 0x1234, bits=16)
            stage.ismg.push(*(stage.ismg.deliver(CITIZEN, HOTLINE, one, 8, 1, id=same) for one in reversed(parts)))
            await stage.inbox.until(lambda: len(stage.inbox.messages) == len(parts))
            got = sorted(stage.inbox.messages, key=lambda one: one.part.n)
            assert [one.part for one in got] == [PartOf(0x1234, 16, len(parts), n) for n in range(1, len(parts) + 1)]
            assert b"".join(one.data for one in got) == ucs2(TEXT * 10)
            assert len({one.key for one in got}) == len(parts)

    async def test_a_repeat_has_the_same_key_and_is_answered_too(self, speaks: Speaks) -> None:
        async with staged(speaks) as stage:
            stage.ismg.repeat_each = 3
            one = stage.ismg.deliver(CITIZEN, HOTLINE, ucs2(TEXT))
            stage.ismg.push(one)
            await stage.ismg.until(lambda: len(stage.ismg.answers.get(one.id, ())) == 3)
            assert len({message.key for message in stage.inbox.messages}) == 1

    async def test_a_status_report_is_told_with_the_id_of_the_message(self, speaks: Speaks) -> None:
        async with staged(speaks) as stage:
            (external,) = await stage.link.submit(CITIZEN, "您的诉求已受理", "d1")
            (submitted,) = stage.ismg.submits
            stage.ismg.push(stage.ismg.report_on(submitted), stage.ismg.report_on(submitted, "MK:0013"))
            await stage.ismg.until(lambda: len(stage.ismg.kept) == 2)
            assert [(one.external_id, one.state, one.code) for one in stage.inbox.reports] == [
                (external, "delivered", "DELIVRD"),
                (external, "failed", "MK:0013"),
            ]
            assert {one.target for one in stage.inbox.reports} == {CITIZEN}
            assert stage.inbox.messages == []

    async def test_port_addressed_data_says_its_port(self, speaks: Speaks) -> None:
        async with staged(speaks) as stage:
            push = b"\x06\x05\x04\x0b\x84\x23\xf0" + b"\x01\x06binary"
            stage.ismg.push(stage.ismg.deliver(CITIZEN, HOTLINE, push, 4, 1))
            await stage.inbox.until(lambda: stage.inbox.messages)
            assert (stage.inbox.messages[0].port, stage.inbox.messages[0].data) == (2948, b"\x01\x06binary")

    async def test_a_cut_delivery_is_kept_as_unreadable_answered_and_blocks_nothing(self, speaks: Speaks) -> None:
        async with staged(speaks) as stage:
            whole = stage.ismg.deliver(CITIZEN, HOTLINE, ucs2(TEXT))
            poison = [Pushed(whole.id, whole.body[:at]) for at in (0, 5, 40, 75)]
            stage.ismg.push(*poison, whole)
            await stage.ismg.until(lambda: whole.id in stage.ismg.kept and stage.ismg.seen["deliver answer"] == 5)
            assert [one.flags for one in stage.inbox.messages].count(("unreadable",)) == 4
            assert [one.data for one in stage.inbox.messages].count(ucs2(TEXT)) == 1
            assert {one.raw[12:] for one in stage.inbox.messages} == {one.body for one in (*poison, whole)}

    async def test_octets_behind_the_last_field_are_left_alone(self, speaks: Speaks) -> None:
        async with staged(speaks) as stage:
            stage.ismg.tail = b"\0\0\0"
            stage.ismg.push(stage.ismg.deliver(CITIZEN, HOTLINE, ucs2(TEXT)))
            await stage.inbox.until(lambda: stage.inbox.messages)
            assert stage.inbox.messages[0].data == ucs2(TEXT)

    async def test_a_ledger_that_fails_for_a_moment_costs_the_carrier_no_repeat(self, speaks: Speaks) -> None:
        async with staged(speaks) as stage:
            stage.inbox.refuse = 3
            one = stage.ismg.deliver(CITIZEN, HOTLINE, ucs2(TEXT))
            stage.ismg.push(one)
            await stage.ismg.until(lambda: one.id in stage.ismg.kept)
            assert (one.sent, stage.inbox.tries, stage.link.counters.deferred) == (1, 4, 3)

    async def test_a_ledger_that_keeps_nothing_makes_us_log_off_until_it_does(self, speaks: Speaks) -> None:
        async with staged(speaks, patience_s=0.05) as stage:
            stage.inbox.refuse = 4
            one = stage.ismg.deliver(CITIZEN, HOTLINE, ucs2(TEXT))
            stage.ismg.push(one)
            await stage.ismg.until(lambda: stage.ismg.seen["leave"] == 1)
            await stage.ismg.until(lambda: one.id in stage.ismg.kept)
            assert stage.ismg.answers == {one.id: [0]}
            assert one.sent == 2  # once on each connection
            assert {message.data for message in stage.inbox.messages} == {ucs2(TEXT)}

    async def test_what_the_inbox_fails_on_is_not_answered_and_stops_nobody(self, speaks: Speaks) -> None:
        async with staged(speaks) as stage:
            stage.inbox.fault = ValueError("a defect of ours")
            bad = stage.ismg.deliver(CITIZEN, HOTLINE, ucs2("一"))
            stage.ismg.push(bad)
            await stage.inbox.until(lambda: stage.inbox.tries == 1 and stage.inbox.under_way == 0)
            stage.inbox.fault = None
            good = stage.ismg.deliver(CITIZEN, HOTLINE, ucs2("二"))
            stage.ismg.push(good)
            await stage.ismg.until(lambda: good.id in stage.ismg.kept)
            assert bad.id not in stage.ismg.answers
            assert stage.link.counters.unfit == 1

    async def test_a_connection_that_breaks_with_messages_unanswered_gets_them_again(self, speaks: Speaks) -> None:
        async with staged(speaks) as stage:
            stage.ismg.drop_after = 5
            pushed = [stage.ismg.deliver(f"138000000{n:02d}", HOTLINE, ucs2(TEXT)) for n in range(30)]
            stage.ismg.push(*pushed)
            await stage.ismg.until(lambda: len(stage.ismg.kept) == 30)
            assert stage.ismg.seen["login"] == 2
            assert len({message.key for message in stage.inbox.messages}) == 30


@pytest.mark.parametrize("speaks", EVERY)
class TestOut:
    async def test_a_text_arrives_as_it_was_written(self, speaks: Speaks) -> None:
        async with staged(speaks, service_id="HELP") as stage:
            (external,) = await stage.link.submit(CITIZEN, "【海南12345】您的诉求已受理", "d1")
            (got,) = stage.ismg.submits
            assert (got.target, got.text, got.source) == (CITIZEN, "【海南12345】您的诉求已受理", HOTLINE)
            assert (got.wants_report, got.total, got.n, got.headed, got.service) == (1, 1, 1, 0, "HELP")
            assert external == got.id.hex()

    async def test_a_long_text_goes_in_parts_with_one_id_each(self, speaks: Speaks) -> None:
        text = "您的诉求已转交美兰区综合行政执法局办理。" * 10
        async with staged(speaks) as stage:
            ids = await stage.link.submit(CITIZEN, text, "d1")
            got = stage.ismg.submits
            assert [(one.n, one.total, one.headed) for one in got] == [(n, len(got), 1) for n in range(1, len(got) + 1)]
            assert "".join(one.text for one in got) == text
            assert len({one.content[3] for one in got}) == 1  # one reference
            assert list(ids) == [one.id.hex() for one in got]

    async def test_no_more_than_the_window_is_under_way(self, speaks: Speaks) -> None:
        async with staged(speaks, window=4) as stage:
            stage.ismg.mute.add("submit")
            tasks = [asyncio.create_task(stage.link.submit(CITIZEN, f"text {n}", f"d{n}")) for n in range(10)]
            await stage.ismg.until(lambda: stage.ismg.seen["submit"] == 4)
            assert stage.link.waiting == 6
            stage.ismg.mute.clear()
            stage.ismg.cut()
            await asyncio.gather(*tasks)
            assert {one.text for one in stage.ismg.submits} == {f"text {n}" for n in range(10)}

    async def test_a_message_without_an_answer_is_sent_again_by_the_same_number(self, speaks: Speaks) -> None:
        async with staged(speaks, response_s=1.0) as stage:  # the second is to be answered within that
            stage.ismg.mute = FirstOf(submit=1)
            assert len(await stage.link.submit(CITIZEN, "text", "d1")) == 1
            assert stage.ismg.seen["submit"] >= 2
            assert {one.sequence for one in stage.ismg.submits} == {2}  # the login was 1

    async def test_a_message_that_is_never_answered_is_given_up_after_three(self, speaks: Speaks) -> None:
        async with staged(speaks, response_s=0.05) as stage:
            stage.ismg.mute.add("submit")
            with pytest.raises(Permanent, match="停发"):
                await stage.link.submit(CITIZEN, "text", "d1")
            await stage.ismg.until(lambda: stage.ismg.seen["submit"] >= 3)  # the last may not have been read yet
            assert stage.ismg.seen["submit"] == 3

    async def test_flow_control_may_be_tried_again_and_only_what_is_left_is_sent(self, speaks: Speaks) -> None:
        busy = 1 if speaks == "smgp" else 8
        text = "您的诉求已转交美兰区综合行政执法局办理。" * 5
        async with staged(speaks, window=1) as stage:
            stage.ismg.results.extend([0, busy])
            with pytest.raises(Retryable) as refused:
                await stage.link.submit(CITIZEN, text, "d1")
            assert refused.value.after_s == 5.0
            ids = await stage.link.submit(CITIZEN, text, "d1")
            taken = [one for one in stage.ismg.submits if one.result == 0]
            assert "".join(one.text for one in sorted(taken, key=lambda one: one.n)) == text
            assert sorted(ids) == sorted(one.id.hex() for one in taken)
            assert list(await stage.link.submit(CITIZEN, text, "d1")) == list(ids)  # all of it is known
            assert len(stage.ismg.submits) == len(ids) + 1

    async def test_what_the_carrier_refuses_for_good_says_why_in_words(self, speaks: Speaks) -> None:
        code, words = (47, "非法接收号码") if speaks == "smgp" else (13, "接收号码错")
        async with staged(speaks) as stage:
            stage.ismg.results.append(code)
            with pytest.raises(Permanent, match=words):
                await stage.link.submit(CITIZEN, "text", "d1")

    async def test_what_does_not_fit_the_protocol_is_refused_here(self, speaks: Speaks) -> None:
        async with staged(speaks) as stage:
            with pytest.raises(Permanent, match="无法发送"):
                await stage.link.submit("1" * 40, "text", "d1")
            assert len(await stage.link.submit(CITIZEN, "text", "d2")) == 1

    async def test_our_own_pace_is_kept(self, speaks: Speaks) -> None:
        async with staged(speaks, per_second=20) as stage:
            loop = asyncio.get_running_loop()
            began = loop.time()
            await asyncio.gather(*(stage.link.submit(CITIZEN, f"text {n}", f"d{n}") for n in range(26)))
            assert loop.time() - began >= 9 / 20  # sixteen at once after a rest, ten at the pace

    async def test_an_answer_that_comes_after_a_try_has_ended_is_found_by_the_next(self, speaks: Speaks) -> None:
        async with staged(speaks) as stage:
            stage.link._submit_limit_s = 0.05
            stage.ismg.mute.add("submit")
            with pytest.raises(Retryable, match="尚未应答"):
                await stage.link.submit(CITIZEN, "text", "d1")
            await stage.ismg.until(lambda: stage.ismg.seen["submit"] == 1)  # we have ended sooner than it has read
            stage.ismg.mute.clear()
            stage.link._submit_limit_s = 60
            stage.ismg.cut()
            assert len(await stage.link.submit(CITIZEN, "text", "d1")) == 1
            assert stage.ismg.seen["submit"] == 2
            assert len(stage.ismg.submits) == 1

    async def test_with_no_connection_a_message_may_be_tried_later(self, speaks: Speaks) -> None:
        async with Ismg(speaks, ACCOUNT, SECRET) as ismg:
            link = link_to(ismg, RecordingInbox())
        link._submit_limit_s = 0.05
        with pytest.raises(Retryable, match="未连接"):
            await link.submit(CITIZEN, "text", "d1")


@pytest.mark.parametrize("speaks", EVERY)
class TestConnection:
    async def test_a_wrong_secret_is_refused_in_words_and_tried_again_later(self, speaks: Speaks) -> None:
        async with Ismg(speaks, ACCOUNT, "another") as ismg:
            link = link_to(ismg, RecordingInbox())
            async with running(link):
                await ismg.until(lambda: ismg.seen["login"] >= 2)
                assert "认证错" in link.why
                ismg.secret = SECRET
                await ismg.until(lambda: ismg.lines == 1)

    async def test_active_tests_of_the_carrier_are_answered(self, speaks: Speaks) -> None:
        async with staged(speaks) as stage:
            stage.ismg.ask("test")
            await stage.ismg.until(lambda: stage.ismg.seen["test answer"] == 1)

    async def test_a_silent_line_is_tested(self, speaks: Speaks) -> None:
        async with staged(speaks, active_s=0.05) as stage:
            await stage.ismg.until(lambda: stage.ismg.seen["test"] >= 3)
            assert stage.ismg.seen["login"] == 1

    async def test_a_hung_carrier_is_left_for_a_new_connection(self, speaks: Speaks) -> None:
        async with staged(speaks, active_s=0.05, active_wait_s=0.4, active_tries=3) as stage:
            stage.ismg.mute = muted = FirstOf(test=3, submit=1)
            assert len(await stage.link.submit(CITIZEN, "text", "d1")) == 1
            assert stage.ismg.seen["login"] == 2
            assert muted.left == {"test": 0, "submit": 0}

    async def test_a_login_without_an_answer_is_not_waited_for(self, speaks: Speaks) -> None:
        async with Ismg(speaks, ACCOUNT, SECRET) as ismg:
            ismg.mute.add("login")
            link = link_to(ismg, RecordingInbox(), login_s=0.05)
            async with running(link):
                await ismg.until(lambda: ismg.seen["login"] >= 2)
                assert link.why == "no answer to the login"
                ismg.mute.clear()
                await ismg.until(lambda: ismg.lines == 1)

    @pytest.mark.parametrize(
        "garbage",
        [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0\0\0\x0b" + bytes(7), bytes(4), b"\xff" * 100, b"\0\x01\0\x01"],
    )
    async def test_garbage_ends_the_connection_and_the_next_is_good(self, speaks: Speaks, garbage: bytes) -> None:
        async with staged(speaks) as stage:
            stage.ismg.send_raw(garbage)
            await stage.ismg.until(lambda: stage.ismg.seen["login"] == 2 and stage.ismg.lines == 1)
            assert "octets" in stage.link.why

    async def test_frames_that_nobody_knows_are_left_alone(self, speaks: Speaks) -> None:
        async with staged(speaks) as stage:
            unknown = (
                b"\0\0\0\x0c" + code + bytes(4) for code in (b"\0\0\x99\x99", b"\x80\0\x99\x99", b"\x80\0\0\x04")
            )
            stage.ismg.send_raw(b"".join(unknown))
            stage.ismg.push(one := stage.ismg.deliver(CITIZEN, HOTLINE, b"1", 0))
            await stage.ismg.until(lambda: one.id in stage.ismg.kept)
            assert stage.ismg.seen["login"] == 1

    async def test_the_carriers_leave_is_answered_and_a_new_connection_made(self, speaks: Speaks) -> None:
        async with staged(speaks) as stage:
            stage.ismg.ask("leave")
            await stage.ismg.until(lambda: stage.ismg.seen["leave answer"] == 1)
            await stage.ismg.until(lambda: stage.ismg.seen["login"] == 2 and stage.ismg.lines == 1)

    async def test_a_carrier_that_is_away_is_found_when_it_is_back(self, speaks: Speaks) -> None:
        async with staged(speaks, port=free_port()) as stage:
            await stage.ismg.stop()
            await stage.ismg.start()
            await stage.ismg.until(lambda: stage.ismg.lines == 1)
            assert len(await stage.link.submit(CITIZEN, "text", "d1")) == 1

    async def test_at_the_end_we_take_our_leave(self, speaks: Speaks) -> None:
        async with staged(speaks) as stage:
            ismg = stage.ismg
        assert ismg.seen["leave"] == 1

    async def test_several_connections_share_the_work(self, speaks: Speaks) -> None:
        async with staged(speaks, connections=3, window=2) as stage:
            stage.ismg.mute.add("submit")
            tasks = [asyncio.create_task(stage.link.submit(CITIZEN, f"text {n}", f"d{n}")) for n in range(6)]
            await stage.ismg.until(lambda: stage.ismg.seen["submit"] == 6)
            assert stage.link.up == 3
            stage.ismg.mute.clear()
            stage.ismg.cut()
            await asyncio.gather(*tasks)


class TestVersions:
    async def test_a_gateway_of_2_0_is_followed_when_we_ask_for_3_0(self) -> None:
        async with staged("2.0", version="3.0") as stage:
            stage.ismg.push(one := stage.ismg.deliver(CITIZEN, HOTLINE, ucs2(TEXT)))
            await stage.ismg.until(lambda: one.id in stage.ismg.kept)
            assert stage.inbox.messages[0].content_type == "application/x-cmpp20"
            assert len(await stage.link.submit(CITIZEN, "text", "d1")) == 1

    async def test_a_gateway_that_says_too_high_is_asked_again_with_its_version(self) -> None:
        async with Ismg("2.0", ACCOUNT, SECRET) as ismg:
            ismg.refuse = 4
            link = link_to(ismg, RecordingInbox(), version="3.0", reconnect_first_s=60, reconnect_most_s=3600)
            async with running(link):
                await ismg.until(lambda: ismg.seen["login"] == 1)
                ismg.refuse = 0
                await ismg.until(lambda: ismg.lines == 1)
