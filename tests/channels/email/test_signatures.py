"""Off the end goes what clients and offices put there; what people tell a hotline about themselves stays."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.email.signatures import split

WORDS = "路灯坏了，请修。"


def kept(text: str, before_quote: bool = False) -> str:
    lines = text.split("\n")
    return "\n".join(lines[: split(lines, before_quote)])


@pytest.mark.parametrize(
    "line",
    [
        "发自我的iPhone",
        "发自我的 iPad",
        "發自我的 iPhone",
        "從我的 iPhone 傳送",
        "从我的华为手机发送",
        "发自我的小米手机",
        "发自我的HUAWEI P60 Pro",
        "发自vivo电子邮件",
        "发自我的vivo智能手机".replace("智能", ""),
        "来自QQ邮箱",
        "- 发自QQ邮箱手机版",
        "发自我的企业微信",
        "发自网易邮箱大师",
        "发自新浪邮箱客户端",
        "发送自 Windows 10 版邮件应用",
        "从 Windows 版邮件发送",
        "获取 Outlook for iOS<https://aka.ms/o0ukef>",
        "Get Outlook for Android",
        "Sent from my iPhone",
        "Sent from my SM-G9980",
        "Sent from Mail for Windows 10",
        "Sent from Yahoo Mail on Android",
        "签名由 网易邮箱大师 定制",
        "【网易自营|30天无忧退货】仅售同款价1/4！",
        "[发自我的手机]",
    ],
)
def test_a_line_of_a_device_or_programme_goes(line: str) -> None:
    assert kept(f"{WORDS}\n\n{line}\n\n") == WORDS


@pytest.mark.parametrize(
    "line",
    [
        "来自我的手机号13800138001",
        "发自内心地感谢你们",
        "来自美兰区的市民",
        "通过微信反映过一次",
        "我用手机拍的照片见附件",
        "从我的手机13800138001打来的",
        "使用手机号码登录不了",
        "get well soon",
        "此致\n敬礼\n王小明\n13800138001",
        "姓名：王小明\n电话：13800138001\n地址：人民大道58号",
        "海口某某有限公司\n联系电话：0898-66001234\n地址：某路8号",
        "联系人：王小明\n微信：wxm2026",
        "-----\n请尽快处理",
        "1. 灯\n--\n2. 井盖。",
        "本邮件涉及举报，请保密，请勿告知被举报人。",
        "请回复到：\nwang@example.com",
        "Best regards\n王小明",
    ],
)
def test_what_a_citizen_says_of_themselves_stays(line: str) -> None:
    assert kept(f"{WORDS}\n\n{line}") == f"{WORDS}\n\n{line}"
    assert kept(f"{WORDS}\n\n{line}", before_quote=True) == f"{WORDS}\n\n{line}"


@pytest.mark.parametrize(
    "card",
    [
        "-- \n王小明\n海口某某公司。",
        "--\n王小明\n13800138001",
        "王工\n海口某某有限公司\n电话：0898-66001234 传真：0898-66001235\n地址：某路8号",
        "____________________\n王工 某某公司\n手机：138 E-mail：w@example.com",
        "________________________________\nw@example.com",
        "Wang\nHainan Co., Ltd\nTel: 0898 Fax: 0898\nwww.example.com",
        "本邮件及其附件含有某公司的保密信息，仅限于发送给上面地址中列出的个人。禁止任何其他人使用。\n如果您错收了本邮件，请您立即通知发件人并删除！",
        "This e-mail is confidential and intended solely for the addressee.\nIf received in error, please delete it.",
        "-- \n王工\n\n发自我的iPhone\n",
        "| |\n王女士\n|\n|\n邮箱：w@example.com\n|",
        "| |\n王女士\n|\n|\nw@example.com\n|\n签名由网易邮箱大师定制",
    ],
)
def test_a_signature_or_notice_goes(card: str) -> None:
    assert kept(f"{WORDS}\n\n{card}") == WORDS


def test_an_address_alone_goes_only_above_a_quotation() -> None:
    text = f"{WORDS}\n\nwang@example.com\n"
    assert kept(text, before_quote=True) == WORDS
    assert kept(text) == text.rstrip()


def test_a_mail_of_nothing_else_keeps_nothing() -> None:
    assert kept("发自我的iPhone\n") == "" and split([]) == 0


@given(
    st.lists(st.text(max_size=40) | st.sampled_from(["-- ", "--", "-----", "电话：1", "传真：1", "", "发自我的iPhone"]))
)
def test_any_lines_are_split(lines: list[str]) -> None:
    at = split(lines, True)
    assert 0 <= at <= len(lines)


@pytest.mark.parametrize(
    "line", ["发自我的iPhone", "-- ", "本邮件", "电话：传真：", "-", "发自" + "手机" * 40, "x" * 400]
)
def test_a_million_characters_take_no_long_time(line: str) -> None:
    lines = [line] * (1_000_000 // len(line))
    began = time.process_time()
    split(lines)
    assert time.process_time() - began < 5
