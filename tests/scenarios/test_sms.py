"""Citizens write by SMS and are answered by SMS: over a carrier's own protocol (a fake ISMG), through a real Kannel,
and through a fake Aliyun that repeats its callbacks while we are down.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from accounts import QUICK, SMS_ACCOUNT, SMS_NUMBER, SMS_SECRET, SMS_SIGNATURE, cmpp_account, table, wakeful
from office import LOOPBACK, Office, office_on, with_channels

from tests.fakes.aliyun_sms import KEY_ID, KEY_SECRET, FakeAliyunSms
from tests.fakes.ismg import Ismg, Submitted
from tests.kannel import PASSWORD, USER, Kannel, kannel, ucs2
from tests.plugins.lab import MakeSite
from tools.lab import Ports

WANG, LI = "13800138001", "13800138002"
PATH = "a-secret-path-of-the-story"
SIGNED = f"【{SMS_SIGNATURE}】"
ONE_SMS = 70
PATIENCE_S = 60.0


@asynccontextmanager
async def office_with(
    account: tuple[str, dict[str, str]], make_site: MakeSite, config: Path, **overrides: str
) -> AsyncIterator[Office]:
    text, secrets = account
    site = await make_site(
        config_dir=with_channels(config, text), overrides=LOOPBACK | QUICK | secrets | overrides, start=False
    )
    async with office_on(site) as office:
        yield office


async def only_ticket(office: Office) -> dict[str, Any]:
    """The one ticket that there is."""
    listed = await office.until(office.tickets, "a ticket", PATIENCE_S)
    (found,) = listed
    return await office.ticket(found["ticket_no"])


async def deliveries_are(office: Office, number: str, *states: str) -> None:
    """Until the deliveries of a ticket (of all and of none for ""), newest first, are in these states."""
    path = "/api/v1/deliveries" + (f"?ticket_no={number}" if number else "")

    async def so() -> bool:
        return [one["state"] for one in (await office.ask("GET", path))["items"]] == list(states)

    await office.until(so, f"deliveries {states}", PATIENCE_S)


# A conversation over CMPP ---------------------------------------------------------------------------------------------


class Phone:
    """A citizen's telephone at the fake carrier, which reports on each part of a message of ours that it arrived."""

    def __init__(self, ismg: Ismg, number: str) -> None:
        self.ismg, self.number = ismg, number
        self._read = 0

    @property
    def got(self) -> list[Submitted]:
        """All parts so far."""
        return [one for one in self.ismg.submits if one.target == self.number]

    @property
    def whole(self) -> int:
        """How many messages are complete."""
        return sum(one.n == one.total for one in self.got)

    async def say(self, text: str, expect: int = 1) -> list[str]:
        """Send it; what came back, once it is so many messages."""
        before = self.whole
        one = self.ismg.deliver(self.number, SMS_NUMBER, text.encode("utf-16-be"))
        self.ismg.push(one)
        await self.ismg.until(lambda: one.id in self.ismg.kept and self.whole >= before + expect, PATIENCE_S)
        return await self.hear(expect)

    async def hear(self, count: int = 1) -> list[str]:
        """The next messages, without their signature, once so many have come; no more may."""
        heard = list[str]()
        await self.ismg.until(lambda: sum(one.n == one.total for one in self.got[self._read :]) >= count, PATIENCE_S)
        for one in (parts := self.got[self._read :]):
            heard = [*heard, one.text] if one.n == 1 else [*heard[:-1], heard[-1] + one.text]
            self.ismg.push(self.ismg.report_on(one))
        self._read += len(parts)
        assert len(heard) == count, heard
        assert all(one.startswith(SIGNED) for one in heard)
        return [one.removeprefix(SIGNED) for one in heard]


async def test_a_citizen_speaks_with_the_hotline_by_sms_from_the_receipt_to_the_rating(
    make_site: MakeSite, quick_config: Path
) -> None:
    async with (
        Ismg("3.0", SMS_ACCOUNT, SMS_SECRET) as ismg,
        office_with(cmpp_account(ismg), make_site, wakeful(quick_config)) as office,
    ):
        wang = Phone(ismg, WANG)
        (receipt,) = await wang.say("海甸五西路的路灯不亮了三天")
        ticket = await only_ticket(office)
        number = ticket["ticket_no"]
        assert number in receipt and "查询码" in receipt and wang.got[0].total == 1
        assert len(SIGNED + receipt) <= ONE_SMS
        assert await wang.say("就在五号楼门口") == [f"已补充到工单 {number}。"]
        ticket = await only_ticket(office)
        assert [one["text"] for one in ticket["messages"]] == ["海甸五西路的路灯不亮了三天", "就在五号楼门口"]

        (told,) = await wang.say("查询")
        assert "当前状态：已登记" in told
        path = f"/api/v1/tickets/{number}"
        await office.ask("POST", f"{path}/reports", {"state": "sent", "department": "市政维修所"})
        (notice,) = await wang.hear()
        assert number in notice and "承办单位：市政维修所" in notice
        (told,) = await wang.say(f"查询 {number}")
        assert "当前状态：已转办理单位" in told

        await office.ask("POST", f"{path}/reports", {"state": "closed", "result": "路灯已修复。"})
        (notice,) = await wang.hear()
        assert "路灯已修复。" in notice and "1 至 5" in notice
        assert await wang.say("5") == [f"谢谢，内容已记入工单 {number}。"]
        ticket = await only_ticket(office)
        assert (ticket["state"], ticket["satisfaction"]) == ("closed", 5)

        assert wang.whole == 7
        await deliveries_are(office, "", *["delivered"] * 7)
        assert await office.figure("sms_answers_in_time") == 5
        assert await office.figure("sms_answers_late") == 0
        await office.told()
        assert WANG not in office.log() and WANG not in str(await office.feed())


async def test_who_opts_out_hears_nothing_unasked_until_they_opt_in_and_a_question_about_it_is_a_request(
    make_site: MakeSite, quick_config: Path
) -> None:
    async with (
        Ismg("3.0", SMS_ACCOUNT, SMS_SECRET) as ismg,
        office_with(cmpp_account(ismg), make_site, wakeful(quick_config)) as office,
    ):
        wang, li = Phone(ismg, WANG), Phone(ismg, LI)
        await wang.say("退订不了怎么办")
        ticket = await only_ticket(office)
        number = ticket["ticket_no"]
        assert ticket["content"] == "退订不了怎么办"

        (confirmed,) = await wang.say("ＴＤ")
        assert "您已退订" in confirmed
        await office.ask("POST", f"/api/v1/tickets/{number}/replies", {"text": "已为您处理。"})
        refused = await office.until(lambda: refused_of(office, number), "it cannot be sent", PATIENCE_S)
        assert "退订" in refused["error"]
        await wang.say("退订", expect=0)
        (confirmed,) = await wang.say("恢复")
        assert "您已恢复接收短信" in confirmed
        await office.ask("POST", f"/api/v1/tickets/{number}/replies", {"text": "现已可以退订。"})
        (reply,) = await wang.hear()
        assert "现已可以退订。" in reply

        await li.say("你们的短信很有用，路口的红绿灯坏了")
        assert len(await office.tickets()) == 2
        assert len((await office.ticket(number))["messages"]) == 1
        assert not any("已为您处理" in one.text for one in ismg.submits)
        await office.told()


async def refused_of(office: Office, number: str) -> dict[str, Any] | None:
    """The ticket's newest delivery, once it is impossible."""
    newest = (await office.ticket(number))["deliveries"][0]
    return newest if newest["state"] in ("impossible", "cancelled") else None


async def test_a_ticket_of_the_web_with_a_mobile_number_is_answered_by_sms(
    make_site: MakeSite, quick_config: Path
) -> None:
    config = wakeful(quick_config, fallback_sms="hainan")
    async with (
        Ismg("3.0", SMS_ACCOUNT, SMS_SECRET) as ismg,
        office_with(cmpp_account(ismg), make_site, config) as office,
    ):
        filed = await office.file("小区门口的井盖丢失", contact_number=WANG, name="王芳")
        number = filed["ticket_no"]
        wang = Phone(ismg, WANG)
        await office.ask("POST", f"/api/v1/tickets/{number}/replies", {"text": "井盖已补装。"})
        (reply,) = await wang.hear()
        assert number in reply and "井盖已补装。" in reply
        await deliveries_are(office, number, "delivered")
        ticket = await office.ticket(number)
        (delivery,) = ticket["deliveries"]
        assert (ticket["channel"], delivery["channel"], delivery["account"]) == ("web", "sms", "hainan")
        assert WANG not in str(ticket)
        (told,) = await wang.say(f"查询 {number} {filed['query_code']}")
        assert "当前状态：已登记" in told
        await office.told()


# By HTTP --------------------------------------------------------------------------------------------------------------


def kannel_account(carrier: Kannel, our_port: int) -> tuple[str, dict[str, str]]:
    account = {"kind": "http", "account": "hainan", "path": "env:STORY_PATH", "password": "env:STORY_KANNEL",
               "number": "12345", "signature": SMS_SIGNATURE, "codings": {"0": "text", "1": 8, "2": 8},
               "our_base": f"http://127.0.0.1:{our_port}"}  # fmt: skip
    params = {"username": USER, "password": "{password}", "from": "{from}", "to": "{to}", "text": "{text}",
              "charset": "utf-8", "coding": "{coding}", "dlr-mask": "27", "dlr-url": "{report_url}"}  # fmt: skip
    text = f'[[sms]]\n{table(account)}\n[sms.send]\nurl = "{carrier.sendsms}"\n\n[sms.send.params]\n{table(params)}'
    return text, {"STORY_PATH": PATH, "STORY_KANNEL": PASSWORD}


async def test_a_real_kannel_brings_an_sms_to_a_ticket_and_the_replies_back(
    make_site: MakeSite, quick_config: Path, tmp_path: Path
) -> None:
    (folder := tmp_path / "kannel").mkdir()
    ports = Ports()
    port = ports.take()
    with kannel(folder) as carrier:
        account = kannel_account(carrier, port)
        config = wakeful(quick_config)
        async with office_with(account, make_site, config, GATEWAY__WEB__PORT=str(port)) as office:
            await carrier.start(f"{office.url}/in/sms/hainan/{PATH}")
            await carrier.say(WANG, "12345", "ucs2", ucs2("人民路的路灯坏了😀"))
            ticket = await only_ticket(office)
            number = ticket["ticket_no"]
            assert ticket["content"] == "人民路的路灯坏了😀"
            await office.until(carrier.heard, "the receipt", PATIENCE_S)
            await office.ask("POST", f"/api/v1/tickets/{number}/replies", {"text": "路灯已由市政部门修复。" * 8})
            await office.until(lambda: len(carrier.heard()) > 1, "the reply", PATIENCE_S)
            (_, to, receipt), (_, _, reply) = carrier.heard()
            assert to == WANG and number in receipt and "路灯已由市政部门修复。" * 8 in reply
            await deliveries_are(office, number, "delivered", "delivered")
            await office.told()
    ports.close()


def aliyun_account(aliyun: FakeAliyunSms) -> tuple[str, dict[str, str]]:
    account = {"kind": "aliyun", "account": "hainan", "path": "env:STORY_PATH", "access_key_id": KEY_ID,
               "access_key_secret": "env:STORY_KEY", "sign_name": SMS_SIGNATURE, "template": "SMS_123456789",
               "api_base": aliyun.base}  # fmt: skip
    return f'[[sms]]\n{table(account)}params = ["a", "b", "c"]\n', {"STORY_PATH": PATH, "STORY_KEY": KEY_SECRET}


async def test_what_aliyun_repeats_while_we_are_down_and_after_is_one_ticket(
    make_site: MakeSite, quick_config: Path
) -> None:
    """Its intervals of 1, 5 and 10 minutes are over when the story says so."""
    async with (
        FakeAliyunSms(time.time, cut_s=30.0).running() as aliyun,
        office_with(aliyun_account(aliyun), make_site, wakeful(quick_config)) as office,
    ):
        url = f"{office.url}/in/sms/hainan/{PATH}"
        one, other = aliyun.up(WANG, "学校门口的斑马线磨没了"), aliyun.up(LI, "公园的长椅坏了")
        taken = await aliyun.push(url, one, tries=1)
        assert taken.statuses == [200], "whose answer is lost on the way"
        office.kill()
        assert (await aliyun.push(url, one, other, tries=2)).statuses == [0, 0]
        await office.start()
        for _ in range(2):
            assert (await aliyun.push(url, one, other)).statuses == [200]

        tickets = {one["content"]: one["ticket_no"] for one in await office.tickets()}
        assert len(await office.tickets()) == 2
        assert tickets.keys() == {"学校门口的斑马线磨没了", "公园的长椅坏了"}
        await office.until(lambda: {sent.phone for sent in aliyun.sent} == {WANG, LI}, "the receipts", PATIENCE_S)
        for sent in aliyun.sent:
            text = "学校门口的斑马线磨没了" if sent.phone == WANG else "公园的长椅坏了"
            assert re.findall(r"460000-\d{8}-\d{7}", sent.text) == [tickets[text]]
        await office.told()
