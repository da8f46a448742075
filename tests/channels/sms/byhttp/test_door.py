"""Doors of vendors that push: who gets in, and that nothing behind them is lost."""

from __future__ import annotations

import asyncio
import json
from ipaddress import ip_network

import pytest
from structlog.testing import capture_logs

from gateway.channels.sms.aliyun.config import AliyunSms
from gateway.channels.sms.aliyun.normalise import pieces
from gateway.channels.sms.byhttp.door import Pieces, SmsDoors, within
from gateway.channels.sms.port import Arrived
from gateway.model.http import HttpAnswer, HttpAsked
from tests.channels.sms.inboxes import SECRET, RecordingInbox, asked

DONE = HttpAnswer(body=b"done")


def read(one: HttpAsked, reports: bool) -> Pieces:
    return pieces(one.body, "application/json", "1069", one.at)


def doors(inbox: RecordingInbox, **changes: object) -> SmsDoors:
    config = AliyunSms.model_validate({"account": "hainan", "path": "env:P"} | changes)
    return SmsDoors(config, inbox, SECRET, read, DONE)


def body(*texts: str, sender: str = "13800138000") -> bytes:
    return json.dumps(
        [{"phone_number": sender, "content": text, "sequence_id": n} for n, text in enumerate(texts)]
    ).encode()


async def test_a_callback_is_answered_when_each_message_is_kept() -> None:
    inbox = RecordingInbox()
    answer = await doors(inbox).receive(asked(body("一", "二", "三")))
    assert answer is DONE
    assert inbox.texts == ["一", "二", "三"]


@pytest.mark.parametrize("secret", ["", "a-secret-of-the-path-1", "秘密", SECRET + "x"])
async def test_whoever_has_not_the_secret_gets_the_404_of_all(secret: str) -> None:
    inbox = RecordingInbox()
    door = doors(inbox)
    wrong = await door.receive(asked(body("一"), secret=secret))
    elsewhere = await doors(inbox, allow=["10.0.0.0/8"]).receive(asked(body("一")))
    assert wrong == elsewhere == HttpAnswer(404, b"not found\n")
    assert (door.refused, inbox.texts) == (1, [])


async def test_no_log_line_and_no_name_holds_the_secret() -> None:
    inbox = RecordingInbox()
    inbox.faults["一"] = [ValueError("poison"), OSError("away")]
    door = doors(inbox)
    with capture_logs() as lines:
        await door.receive(asked(body("一"), secret=SECRET[:-1] + "x"))
        assert (await door.receive(asked(body("一"), address="10.0.0.1"))) is not None
        await door.receive(asked(b"<xml>"))
    assert len(lines) >= 3
    assert SECRET[:-1] not in repr(lines)
    for one in door.doors():
        assert SECRET not in one.name + one.path + one.summary
    assert {one.path for one in door.doors()} == {"/in/sms/hainan/{secret}", "/in/sms/hainan/{secret}/report"}


async def test_what_cannot_be_kept_is_left_to_be_repeated_and_the_others_are_kept() -> None:
    inbox = RecordingInbox()
    inbox.faults["二"] = [OSError("the ledger is away")]
    door = doors(inbox)
    batch = json.dumps([
        {"phone_number": str(n), "content": text, "sequence_id": n} for n, text in enumerate(("一", "二", "三"))
    ]).encode()  # fmt: skip
    assert (await door.receive(asked(batch))).status == 503
    assert sorted(inbox.texts) == ["一", "三"]
    assert await door.receive(asked(batch)) is DONE
    assert sorted(inbox.texts) == ["一", "三", "二"]
    assert (inbox.repeats, door.unanswered) == (2, 1)


async def test_what_one_person_wrote_later_does_not_overtake_what_failed() -> None:
    inbox = RecordingInbox()
    inbox.faults["一"] = [OSError("away")]
    door = doors(inbox)
    await door.receive(asked(body("一", "二")))
    await door.receive(asked(body("一", "二")))
    assert inbox.texts == ["一", "二"]


async def test_a_message_on_which_our_code_fails_is_kept_unread_and_holds_nobody_up() -> None:
    inbox = RecordingInbox()
    inbox.faults["一"] = [RuntimeError("a fault of ours")]
    door = doors(inbox)
    assert await door.receive(asked(body("一", "二"))) is DONE
    first, second = inbox.arrived_
    assert (first.text, first.flags, first.sender) == ("", ("unreadable",), "13800138000")
    assert second.text == "二"
    assert door.unread == 1


async def test_a_message_that_cannot_even_be_kept_unread_is_left_to_be_repeated() -> None:
    inbox = RecordingInbox()
    inbox.faults["一"] = [RuntimeError("a fault of ours")]
    inbox.faults[""] = [RuntimeError("another")]
    assert (await doors(inbox).receive(asked(body("一")))).status == 503


async def test_a_reader_that_fails_costs_no_message() -> None:
    def broken(one: HttpAsked, reports: bool) -> Pieces:
        raise RuntimeError("a fault of ours")

    inbox = RecordingInbox()
    door = SmsDoors(AliyunSms(account="hainan", path="env:P"), inbox, SECRET, broken, DONE)
    assert await door.receive(asked(b"anything")) is DONE
    assert (inbox.arrived_[0].raw, inbox.arrived_[0].flags) == (b"anything", ("unreadable",))


async def test_a_commit_that_takes_too_long_is_not_acknowledged() -> None:
    class Stuck(RecordingInbox):
        async def arrived(self, message: Arrived) -> None:
            await asyncio.Event().wait()

    door = doors(Stuck(), answer_s=0.02)
    assert (await door.receive(asked(body("一")))).status == 503


async def test_reports_come_at_either_address() -> None:
    inbox = RecordingInbox()
    report = json.dumps([{"biz_id": "1^0", "success": True, "phone_number": "138"}, {"success": True}]).encode()
    assert await doors(inbox).receive_report(asked(report)) is DONE
    assert await doors(inbox).receive(asked(report)) is DONE
    assert [one.external_id for one in inbox.told_] == ["1^0", "1^0"]
    assert inbox.arrived_ == []
    inbox.faults["1^0"] = [RuntimeError("a fault of ours")]
    assert (await doors(inbox).receive(asked(report))).status == 503


async def test_a_large_callback_is_read_beside_the_loop() -> None:
    inbox = RecordingInbox()
    texts = [f"第{n}条" + "长" * 100 for n in range(400)]
    assert await doors(inbox).receive(asked(body(*texts))) is DONE
    assert inbox.texts == texts


@pytest.mark.parametrize("secret", ["", "short", "has/slash-and-is-long", "x" * 129, "with space in it 0"])
def test_a_secret_unfit_for_an_address_is_found_at_start(secret: str) -> None:
    with pytest.raises(ValueError, match="path: the secret needs"):
        SmsDoors(AliyunSms(account="hainan", path="env:P"), RecordingInbox(), secret, read, DONE)


def test_addresses_are_judged_by_their_network() -> None:
    networks = (ip_network("10.1.0.0/16"), ip_network("2001:db8::/32"))
    assert within("10.1.2.3", networks)
    assert within("::ffff:10.1.2.3", networks)
    assert within("2001:db8::1", networks)
    assert not within("10.2.0.1", networks)
    assert not within("unknown", networks)
    assert within("unknown", ())
