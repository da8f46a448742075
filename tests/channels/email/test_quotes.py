"""What a client has quoted is found line by line; what the citizen wrote is not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.email.quotes import attribution, divider_of, find, header_of, headers_at


def own(text: str, reply: bool | None = None) -> str:
    """The lines that are not quoted, in one."""
    lines = text.split("\n")
    found = find(lines, reply)
    return "|".join(line for line, gone in zip(lines, found.lines, strict=True) if line and not gone)


ATTRIBUTIONS = [
    "在 2026年3月1日，下午3:04，X <y@example.com> 写道：",
    "在2026年3月1日 15:04，X<y@example.com>写道：",
    '在 2026-03-01 15:04:05，"X" <y@example.com> 写道：',
    "在 2026/3/1 15:04, 张三 写道:",
    "在 X <y@example.com>，2026年3月1日 15:04写道：",
    "X <y@example.com> 于2026年3月1日周日 15:04写道：",
    "X <y@example.com> 於 2026年3月1日 週日 下午3:04寫道：",
    "张三 於 2026/3/1 下午 03:04 寫道:",
    "2026年3月1日 15:04，X <y@example.com> 写道：",
    "2026-03-01 15:04 GMT+08:00 X <y@example.com>:",
    "On Sun, Mar 1, 2026 at 3:04 PM X <y@example.com> wrote:",
    "On 1 Mar 2026, at 15:04, X <y@example.com> wrote:",
    "On 2026/3/1 15:04, X wrote:",
    "On Sunday, March 1, 2026 at 03:04:05 PM GMT+8, X <y@example.com> wrote:",
    'At 2026-03-01 15:04:05, "X" <y@example.com> wrote:',
    "---- On Sun, 01 Mar 2026 15:04:05 +0800 X <y@example.com> wrote ----",
]


@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_an_attribution_goes_with_what_it_introduces(line: str) -> None:
    assert attribution([line], 0) == 1
    assert own(f"答复\n\n{line}\n> 原文\n>\n> 原文") == "答复"
    assert own(f"答复\n\n{line}\n\n> 原文\n\n补充") == "答复|补充"


@pytest.mark.parametrize("line", [one for one in ATTRIBUTIONS if "@" in one])
def test_without_signs_of_quotation_it_goes_to_the_end(line: str) -> None:
    assert own(f"答复\n\n{line}\n原文\n\n原文") == "答复"


@pytest.mark.parametrize("line", [one for one in ATTRIBUTIONS if not one.startswith("----") and "<" in one])
def test_an_attribution_may_be_broken_anywhere(line: str) -> None:
    in_the_word = [line.rindex("道")] if "道" in line else []
    for at in (line.index("<") + 1, line.index("@") + 1, line.index("<"), *in_the_word):
        assert attribution([line[:at].strip(), line[at:].strip()], 0) == 2, (line[:at], line[at:])
    first, second = line.index("<") + 1, line.index("@") + 1
    assert attribution([line[:first], line[first:second], line[second:]], 0) == 3


@pytest.mark.parametrize(
    "line",
    [
        "他在公告里写道：",
        "2026年3月1日物业在公告中写道：",
        "在2026年3月1日，物业写道：",
        "在 2026年3月1日15:04的微信里写道：",
        "物业 2026年11月1日15:04 在群里写道：",
        "联系人 y@example.com：",
        "在 2026年3月1日 15:04 打过电话。没人接，他写道：",
        "On Monday they wrote:",
        "于2026年3月1日15:04发生：",
        "我的邮箱是 <y@example.com>，2026年3月1日申请：",
    ],
)
def test_a_citizens_sentence_is_no_attribution(line: str) -> None:
    assert own(f"您好\n{line}\n明天停水\n请处理") == f"您好|{line}|明天停水|请处理"


@pytest.mark.parametrize(
    "line",
    [
        "------------------ 原始邮件 ------------------",
        "------------------\u00a0原始邮件\u00a0------------------",
        "---原始邮件---",
        "------------------&nbsp;Original&nbsp;------------------",
        "-----Original Message-----",
        "------------------ Original ------------------",
        "-----邮件原件-----",
        "----邮件原文----",
        "---- 回复的原邮件 ----",
        "---- Replied Message ----",
        "-------- 原始郵件 --------",
        "-------- Original message --------",
    ],
)
def test_a_divider_goes_to_the_end(line: str) -> None:
    assert own(f"答复\n\n{line}\n您好\n原文") == "答复"


def test_dividers_of_forwarding_are_told_apart() -> None:
    for line in (
        "-------- 转发邮件信息 --------",
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "-----转发的邮件-----",
    ):
        assert divider_of(line) == "forward"
        assert find(["请看", line, "原文"]).forwarded
    assert divider_of("请转发邮件") == divider_of("原始邮件我已删除") == divider_of("----------") == ""


BLOCKS = [
    ("发件人: X <y@example.com>", "已发送: 星期日, 三月 1, 2026 3:04:05 下午", "收件人: z@example.com", "主题: x"),
    ("发件人： 12345", "发送时间： 2026-03-01 15:04", "收件人： 张三", "主题： 答复"),
    (
        "发件人: X <y@example.com>",
        "发送时间: 2026年3月1日 15:04",
        "收件人: z@example.com",
        "抄送: a@example.com",
        "主题: 答复",
    ),
    ("From: X <y@example.com>", "Sent: Sunday, March 1, 2026 3:04 PM", "To: z@example.com", "Subject: x"),
    ("寄件者: X <y@example.com>", "日期: 2026年3月1日", "收件者: z@example.com", "主旨: x"),
    ("*发件人:* X <y@example.com>", "*日期:* 2026年3月1日", "*收件人:* z@example.com", "*主题:* x"),
    ("| 发件人 | X<y@example.com> |", "| 日期 | 2026年03月01日 15:04 |", "| 收件人 | z@example.com |", "| 主题 | x |"),
    ("发件人：X <y@example.com>", "发送时间：2026年3月1日(星期日) 15:04", "收件人：z@example.com", "主　题：x"),
    (
        "发件人: X <y@example.com>",
        "收件人: a@example.com;",
        "b@example.com; c@example.com",
        "主题: x",
        "日期: 2026-03-01",
    ),
    ('发件人: "X" <y@example.com>;', "发送时间: 2026年3月1日", "收件人: z;", "", "主题: x"),
    ("发件人\tX<y@example.com>", "日期\t2026年3月1日 15:04", "收件人\tz", "主题\tx"),
    ("发件人: X <y@example.com> 发送时间: 2026年3月1日 15:04 收件人: z@example.com 主题: x",),
]


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("rule", ["", "________________________________\n", "------------------------------\n\n"])
def test_a_block_of_headers_goes_to_the_end_with_the_rule_above_it(block: tuple[str, ...], rule: str) -> None:
    assert own("\n".join(("答复", "", rule + block[0], *block[1:], "", "原文", "原文"))) == "答复"


@pytest.mark.parametrize(
    "lines",
    [
        ("发件人：a@example.com", "主题：补税通知", "请问是真的吗"),
        ("发件人：某公司", "时间是上周", "请查"),
        ("发件人：某公司快递员态度恶劣", "收件人：我本人", "请处理"),
        ("From: Beijing to Haikou", "To: Haikou", "we flew"),
        ("主题：路灯", "时间：2026年3月1日", "地点：人民大道"),
    ],
)
def test_a_part_of_such_a_block_is_the_citizens(lines: tuple[str, ...]) -> None:
    assert own("\n".join(("您好", *lines))) == "|".join(("您好", *lines))


def test_in_a_mail_that_answers_none_a_block_is_forwarded() -> None:
    lines = ["帮忙看看", "", *BLOCKS[1], "", "原文"]
    assert find(lines, reply=False).ending == "forward" and find(lines, reply=True).ending == "reply"


def test_signs_of_quotation_need_a_reason() -> None:
    assert own("> 地址是哪里？\n人民大道\n> 电话？\n138") == "人民大道|138"
    assert own(">60岁的老人没有电梯\n请处理") == ">60岁的老人没有电梯|请处理"
    assert own("诉求如下：\n> 停工\n> 道歉") == "诉求如下：|> 停工|> 道歉"
    assert own("您好\n> 停工\n> 道歉", reply=False) == "您好|> 停工|> 道歉"
    assert own("> 在 2026年3月1日，15:04，X <y@example.com> 写道：\n> 原文\n好", reply=False) == "好"


def test_headers_are_read_with_their_values() -> None:
    assert header_of("主 题： 路灯") == ("subject", "路灯") and header_of("**From:** x") == ("from", "x")
    assert header_of("路灯：坏了") == ("", "") and not headers_at([], 0, True)


@given(
    st.lists(
        st.sampled_from(
            [*ATTRIBUTIONS, "> x", "", "答复", "发件人: a@b.c", "日期: 2026", "主题: x", "----", "原始邮件"]
        ),
        max_size=30,
    ),
    st.none() | st.booleans(),
)
def test_any_lines_are_marked(lines: list[str], reply: bool | None) -> None:
    found = find(lines, reply)
    assert len(found.lines) == len(lines) and 0 <= found.end <= len(lines)
    assert all(found.lines[found.end :]) and bool(found.ending) == (found.end < len(lines))


@pytest.mark.parametrize("line", ["> ", "在 ", "X <", "发件人: a@b.c", "-", "2026年", "在 2026年 <a@b " + "x" * 90])
def test_a_million_characters_take_no_long_time(line: str) -> None:
    lines = [line] * (1_000_000 // len(line))
    began = time.process_time()
    find(lines)
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    "divider",
    (
        "已转发的邮件：", "转发邮件：", "開始轉寄郵件：", "轉發的郵件：", "Begin forwarded message:",
        "Forwarded message:",
    ),
)  # fmt: skip
def test_a_divider_is_found_in_a_text_by_its_first_sign(divider: str) -> None:
    """Lines are only looked at when they begin as a divider or a header may."""
    assert divider_of(divider) == "forward"
    assert find(["您好", "", divider, "别人的话"]).forwarded


@pytest.mark.parametrize(
    "sender",
    (
        "发件人", "發件人", "寄件者", "寄件人", "发信人", "發信人", "发送人", "发送者", "發送者", "来自", "由",
        "From", "from", "Sender", "* 发件人", "|发件人",
    ),
)  # fmt: skip
def test_a_block_of_headers_is_found_in_a_text_by_its_first_sign(sender: str) -> None:
    lines = [
        "您好",
        "",
        f"{sender}: a@b.example",
        "发送时间: 2026-11-20 15:04",
        "收件人: c@d.example",
        "主题: 路灯",
        "",
        "旧的话",
    ]
    assert find(lines, True).end == 2


@pytest.mark.parametrize(
    "word",
    (
        "原始邮件", "邮件原件", "郵件原件", "回复的原邮件", "回覆的原邮件", "答复的邮件", "Original Message",
        "Replied Message", "Reply Message",
    ),
)  # fmt: skip
@pytest.mark.parametrize("line", ("", "-----", "_____", "=====", "*****", "—————", "─────", "－－－－－"))
def test_a_drawn_or_a_bare_divider_is_found_in_a_text_by_its_first_sign(word: str, line: str) -> None:
    divider = f"{line} {word} {line}".strip()
    lines = [
        "您好",
        "",
        divider,
        "发件人: a@b.example",
        "发送时间: 2026-11-20 15:04",
        "收件人: c@d.example",
        "",
        "旧的话",
    ]
    assert find(lines, True).end == 2
