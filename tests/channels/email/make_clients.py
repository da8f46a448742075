"""Writes tests/channels/email/clients: answers to the hotline as mail programmes write them, with what they say beside.

    python -m tests.channels.email.make_clients

Made by us after the forms that these programmes use; persons, numbers and addresses are invented. ``NAME.eml`` is the
mail, ``NAME.txt`` what is to be shown of it. The nine of the issue have five or six each, others are told by their
name; ``stays-`` is what must not be stripped.
"""

# ruff: noqa: E501 - lines are as long as mail programmes write them

from __future__ import annotations

import base64
import quopri
from dataclasses import dataclass
from email.header import Header
from pathlib import Path

FOLDER = Path(__file__).parent / "clients"
HOTLINE = "12345@example.gov.cn"
TAGGED = "12345+obhaezoqaaab2gadnovcnj47pwk3@example.gov.cn"
NAME = "12345政务服务便民热线"
ASKED = (
    "您好：",
    "",
    "您反映的路灯问题已收到，工单编号 460000-20261118-0000123。",
    "请补充具体地址和联系电话。",
    "",
    NAME,
)
"""What the hotline wrote, and the citizen answers."""


@dataclass(frozen=True)
class Sample:
    """``text`` and ``html`` are what the client sends ("" for a part that it leaves out)."""

    name: str
    expected: str
    text: str = ""
    html: str = ""
    subject: str = "回复：关于路灯问题的答复"
    sender: tuple[str, str] = ("王小明", "wangxm2026@example.com")
    mailer: str = ""
    charset: str = "utf-8"
    encoding: str = "base64"
    answer: bool = True


def quoted(mark: str = "> ", lines: tuple[str, ...] = ASKED) -> str:
    return "\n".join((mark + line).rstrip() for line in lines)


def raw(lines: tuple[str, ...] = ASKED) -> str:
    return "\n".join(lines)


def divs(text: str) -> str:
    return "".join(f"<div>{line or '<br>'}</div>" for line in text.split("\n"))


def brs(text: str) -> str:
    return "<br>\n".join(text.split("\n"))


SAMPLES: list[Sample] = []


def add(name: str, expected: str, text: str = "", html: str = "", **more: object) -> None:
    SAMPLES.append(Sample(name, expected, text, html, **more))  # type: ignore[arg-type]


# -- QQ ----------------------------------------------------------------------------------------------------------------

_QQ = {"mailer": "QQMail 2.x", "sender": ("王小明", "2026123456@qq.com")}
_QQ_HEAD = f"""------------------&nbsp;原始邮件&nbsp;------------------
发件人: "{NAME}" <{TAGGED}>;
发送时间: 2026年11月20日(星期五) 下午3:04
收件人: "王小明"<2026123456@qq.com>;

主题: 关于路灯问题的答复""".replace("&nbsp;", "\u00a0")


def qq_html(words: str, head: str = "原始邮件", after: str = "") -> str:
    return (
        f"{divs(words)}{after}<div><br></div><div><includetail><!--<![endif]--></includetail></div>"
        '<div style="font-size: 12px;font-family: Arial Narrow;padding:2px 0 2px 0;">'
        f"------------------&nbsp;{head}&nbsp;------------------</div>"
        '<div style="font-size: 12px;background:#efefef;padding:8px;">'
        f'<div><b>发件人:</b>&nbsp;"{NAME}" &lt;{TAGGED}&gt;;</div>'
        "<div><b>发送时间:</b>&nbsp;2026年11月20日(星期五) 下午3:04</div>"
        '<div><b>收件人:</b>&nbsp;"王小明"&lt;2026123456@qq.com&gt;;</div><div></div>'
        f"<div><b>主题:</b>&nbsp;关于路灯问题的答复</div></div><div><br></div>{divs(raw())}"
    )


_words = "地址是海口市美兰区人民大道58号小区东门。\n联系电话：13800138001"
add("qq-01-web", _words, f"{_words}\n\n\n\n\n{_QQ_HEAD}\n\n\n\n{raw()}", qq_html(_words), charset="gb18030", **_QQ)
_words = "已经三天了还没有人来修，请尽快！"
add("qq-02-html-only", _words, "", qq_html(_words), charset="gb18030", **_QQ)
_words = "你好，补充两点：\n1. 坏的是东门第二盏灯；\n2. 晚上八点后完全不亮。"
add(
    "qq-03-app-android", _words,
    f"{_words}\n\n\n发自我的手机\n\n\n\n---原始邮件---\n发件人:\"{NAME}\"<{TAGGED}>\n"
    f"发送时间:2026年11月20日(周五) 下午3:04\n收件人:\"王小明\"<2026123456@qq.com>;\n主题:关于路灯问题的答复;\n\n\n{raw()}", **_QQ,
)  # fmt: skip
_words = "The lamp is at the east gate, No. 58 Renmin Avenue."
add(
    "qq-04-english", _words,
    f"{_words}\n\n\n\n\n------------------ Original ------------------\nFrom:  \"{NAME}\"<{TAGGED}>;\n"
    f"Date:  Fri, Nov 20, 2026 03:04 PM\nTo:  \"wangxm\"<2026123456@qq.com>;\n\nSubject:  关于路灯问题的答复\n\n\n\n{raw()}",
    subject="Re: 关于路灯问题的答复", **_QQ,
)  # fmt: skip
_words = "见附件照片，灯杆编号是 MLD-0213。\n\n王小明"
add(
    "qq-05-new-layout", _words, "",
    f'{divs(_words)}<div><br></div><div><br></div><div class="xm_mail_oringinal_describe" '
    'style="text-align:center">原始邮件</div><div style="background:#f5f6f7;border-radius:4px">'
    f"<div>发件人：{NAME} &lt;{TAGGED}&gt;</div><div>发件时间：2026年11月20日 15:04</div>"
    f"<div>收件人：王小明 &lt;2026123456@qq.com&gt;</div><div>主题：关于路灯问题的答复</div></div>{divs(raw())}", **_QQ,
)  # fmt: skip

# -- 163, 126 ----------------------------------------------------------------------------------------------------------

_163 = {
    "mailer": "Coremail Webmail Server Version XT5.0.14",
    "sender": ("李女士", "li_hk2026@163.com"),
    "charset": "GBK",
}


def netease_html(words: str, line: str, after: str = "") -> str:
    return (
        '<div style="line-height:1.7;color:#000000;font-size:14px;font-family:Arial">'
        f'{divs(words)}<br><br><br><div style="position:relative;zoom:1"></div><div></div><br>{line}<br> '
        '<blockquote id="isReplyContent" style="PADDING-LEFT: 1ex; MARGIN: 0px 0px 0px 0.8ex; BORDER-LEFT: #ccc 1px solid">'
        f"{divs(raw())}</blockquote></div>{after}"
    )


_163_LINE = f'在 2026-11-20 15:04:05，"{NAME}" <{TAGGED}> 写道：'
_163_HTML = _163_LINE.replace("<", "&lt;").replace(">", "&gt;")
_words = "您好，地址是龙华区海秀路12号。\n我姓李，电话13900139002。"
add(
    "163-01-web", _words, f"{_words}\n\n\n\n\n\n\n\n{_163_LINE}\n{quoted('>')}", netease_html(_words, _163_HTML), **_163
)
_words = "问题还没有解决，希望再派人看看。"
add(
    "163-02-with-ad", _words,
    f"{_words}\n\n\n\n\n\n在 2026-11-20 15:04:05，{HOTLINE} 写道：\n{quoted('>')}\n\n\n\n\n\n \n\n\n\n\n\n"
    "【网易自营|30天无忧退货】仅售同款价1/4！MUJI制造商“2018秋冬舒适家居拖鞋系列”限时仅34.9元>>\n", **_163,
)  # fmt: skip
_words = "收到，谢谢。"
add(
    "163-03-master-app", _words,
    f"{_words}\n\n\n\n\n| |\n李女士\n|\n|\nli_hk2026@163.com\n|\n签名由网易邮箱大师定制\n---- 回复的原邮件 ----\n"
    f"| 发件人 | {NAME}<{TAGGED}> |\n| 日期 | 2026年11月20日 15:04 |\n| 收件人 | 李女士<li_hk2026@163.com> |\n| 抄送至 | |\n"
    f"| 主题 | 关于路灯问题的答复 |\n{raw()}", **_163,
)  # fmt: skip
_words = "No one has come yet.\nPlease call me at 13900139002."
add(
    "163-04-english", _words,
    f"{_words}\n\n\n\n\n\n\nAt 2026-11-20 15:04:05, \"{NAME}\" <{TAGGED}> wrote:\n{quoted('>')}",
    netease_html(_words, f"At 2026-11-20 15:04:05, \"{NAME}\" &lt;{TAGGED}&gt; wrote:"), **_163,
)  # fmt: skip
_words = "美兰区人民大道58号。"
_words2 = "13900139002，下班后方便接听。"
add(
    "163-05-between", f"{_words}\n\n{_words2}",
    f"{_163_LINE}\n>您好：\n>请补充具体地址。\n{_words}\n\n>还有联系电话。\n{_words2}\n\n--\n发自我的网易邮箱手机智能版",
    subject="Re:关于路灯问题的答复", **_163,
)  # fmt: skip
_words = "请问处理到哪一步了？"
add("163-06-126-html-only", _words, "", netease_html(_words, _163_HTML), **_163)

# -- Outlook -----------------------------------------------------------------------------------------------------------

_OUT = {"mailer": "Microsoft Outlook 16.0", "sender": ("陈工", "chen@hainan-soft.example.com")}
_OUT_HEAD = f"发件人: {NAME} <{TAGGED}>\n发送时间: 2026年11月20日 15:04\n收件人: 陈工 <chen@hainan-soft.example.com>\n主题: 关于路灯问题的答复"


def outlook_html(words: str, head: str, after: str = "") -> str:
    keys = "".join(
        f"<b><span lang=EN-US>{line.partition(':')[0]}:</span></b><span> {line.partition(':')[2].replace('<', '&lt;').replace('>', '&gt;')}"
        "</span><br>"
        for line in head.split("\n")
    )
    paragraphs = "".join(f"<p class=MsoNormal><span>{line or '&nbsp;'}</span></p>" for line in words.split("\n"))
    old = "".join(f"<p class=MsoNormal>{line or '&nbsp;'}</p>" for line in ASKED)
    return (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style><!-- p.MsoNormal {margin:0cm;} --></style></head>'
        f'<body lang=ZH-CN><div class=WordSection1>{paragraphs}{after}<p class=MsoNormal>&nbsp;</p><div><div style="border:none;'
        f'border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class=MsoNormal>{keys}</p></div></div>{old}</div></body></html>'
    )


_words = "您好，\n\n坏的路灯在国兴大道与龙昆南路路口西北角。\n请安排维修，谢谢。"
add("outlook-01-desktop", _words, f"{_words}\n\n{_OUT_HEAD}\n\n{raw()}", outlook_html(_words, _OUT_HEAD), **_OUT)
_card = "\n陈工\n海南某某软件有限公司\n电话：0898-66001234 传真：0898-66001235\n地址：海口市龙华区某路8号\n网址：www.hainan-soft.example.com\n"
add(
    "outlook-02-signature", _words,
    f"{_words}\n\n--------------------\n{_card.strip()}\n\n\n-----邮件原件-----\n{_OUT_HEAD} \n\n{raw()}", **_OUT,
)  # fmt: skip
_words = "The lamp post is No. 0213.\nRegards\nChen"
_english = _OUT_HEAD.replace("发件人", "From").replace(
    "发送时间: 2026年11月20日 15:04", "Sent: Friday, November 20, 2026 3:04 PM"
)
_english = _english.replace("收件人", "To").replace("主题", "Subject")
add(
    "outlook-03-english-notice", _words,
    f"{_words}\n\nThis e-mail and any attachments are confidential and intended solely for the addressee. If you have received this\n"
    f"e-mail in error, please notify the sender and delete it. Any unauthorized use is prohibited.\n\n"
    f"-----Original Message-----\n{_english}\n\n{raw()}", subject="RE: 关于路灯问题的答复", **_OUT,
)  # fmt: skip
_words = "晚上回家路过看了一下，还是没亮。"
add(
    "outlook-04-web", _words, f"{_words}\n\n获取 Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\n{_OUT_HEAD}\n\n{raw()}",
    f'<div dir="ltr">{_words}</div><div id="ms-outlook-mobile-signature">获取 <a href="https://aka.ms/o0ukef">Outlook for iOS</a></div>'
    f'<hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr"><font face="Calibri"><b>发件人:</b> {NAME} &lt;{TAGGED}&gt;<br>'
    "<b>发送时间:</b> 2026年11月20日 15:04<br><b>收件人:</b> 陈工 &lt;chen@hainan-soft.example.com&gt;<br>"
    f"<b>主题:</b> 关于路灯问题的答复</font></div>{divs(raw())}", **_OUT,
)  # fmt: skip
_words = "補充：路燈編號是 0213。"
add(
    "outlook-05-traditional", _words,
    f"{_words}\n\n寄件者: {NAME} <{TAGGED}> \n傳送時間: 2026年11月20日 下午 03:04\n收件者: 陳工 <chen@hainan-soft.example.com>\n"
    f"副本: 物業 <wuye@example.com>\n主旨: 關於路燈問題的答覆\n\n{raw()}", subject="RE: 關於路燈問題的答覆", **_OUT,
)  # fmt: skip
_words = "谢谢，已经修好了，为你们点赞！"
add("outlook-06-html-only", _words, "", outlook_html(_words, _OUT_HEAD), charset="gb2312", **_OUT)

# -- Foxmail -----------------------------------------------------------------------------------------------------------

_FOX = {"mailer": "Foxmail 7.2.25.375[cn]", "sender": ("赵先生", "zhao2026@foxmail.com"), "charset": "GB2312"}
_FOX_HEAD = f"发件人： {NAME}\n发送时间： 2026-11-20 15:04\n收件人： zhao2026\n主题： 关于路灯问题的答复"


def fox_html(words: str, signed: str) -> str:
    head = "".join(
        f"<div><b>{line.partition('：')[0]}：</b>&nbsp;{line.partition('：')[2].strip()}</div>"
        for line in _FOX_HEAD.split("\n")
    )
    return (
        f'<div><span></span>{divs(words)}</div>\n<div><br></div><hr style="width: 210px; height: 1px;" color="#b5c4df" size="1" align="left">\n'
        f'<div><span><div style="MARGIN: 10px; FONT-FAMILY: verdana; FONT-SIZE: 10pt"><div>{signed}</div></div></span></div>\n'
        '<blockquote style="margin-Top: 0px; margin-Bottom: 0px; margin-Left: 0.5em; margin-Right: inherit"><div>&nbsp;</div>'
        f'<div style="border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0cm 0cm 0cm"><div style="PADDING-RIGHT: 8px">{head}</div></div>'
        f"<div>{divs(raw())}</div></blockquote>"
    )


_words = "地址：琼山区府城镇某街3号。\n每天晚上七点以后都是黑的。"
add(
    "foxmail-01",
    _words,
    f"{_words}\n\n\n\nzhao2026@foxmail.com\n \n{_FOX_HEAD}\n{raw()}",
    fox_html(_words, "zhao2026@foxmail.com"),
    **_FOX,
)
_words = "请回电，谢谢。\n赵先生 13700137003"
add(
    "foxmail-02-english", _words,
    f"{_words}\n\n\n\nzhao2026@foxmail.com\n \nFrom: {NAME}\nDate: 2026-11-20 15:04\nTo: zhao2026\nSubject: 关于路灯问题的答复\n{raw()}",
    subject="Re: 关于路灯问题的答复", **_FOX,
)  # fmt: skip
_words = "已经收到你们的短信，但是现场没有变化。"
add("foxmail-03-html-only", _words, "", fox_html(_words, "zhao2026@foxmail.com"), **_FOX)
_words = "麻烦转给市政部门处理。"
add(
    "foxmail-04-card", _words,
    f"{_words}\n\n\n\n________________________________\n海口某某商贸有限公司 赵先生\n手机：13700137003 传真：0898-66005678\nE-mail：zhao2026@foxmail.com\n"
    f" \n发件人： {NAME}<{TAGGED}>\n发送时间： 2026-11-20 15:04\n收件人： zhao2026<zhao2026@foxmail.com>\n抄送： 物业<wuye@example.com>\n"
    f"主题： 关于路灯问题的答复\n{raw()}", **_FOX,
)  # fmt: skip
_words = "1、灯杆在小区北门；\n2、旁边的井盖也松了。"
add(
    "foxmail-05-set-off",
    _words,
    f"{_words}\n\n------------------------------------------------------------\n{_FOX_HEAD}\n \n{raw()}",
    **_FOX,
)

# -- Apple Mail --------------------------------------------------------------------------------------------------------

_APPLE = {
    "mailer": "Apple Mail (2.3774.600.62)",
    "sender": ("Sun Li", "sunli@example.com"),
    "encoding": "quoted-printable",
}
_words = "地址是国贸路9号楼下。\n孙丽"
_line = f"在 2026年11月20日，下午3:04，{NAME} <{TAGGED}> 写道："


def apple_html(words: str, line: str) -> str:
    return (
        '<html><body style="word-wrap: break-word; line-break: after-white-space;">'
        f'{divs(words)}<div><br><blockquote type="cite"><div>{line.replace("<", "&lt;").replace(">", "&gt;")}</div><br '
        f'class="Apple-interchange-newline"><div>{divs(raw())}</div></blockquote></div><br></body></html>'
    )


add("apple-01-mail", _words, f"{_words}\n\n> {_line}\n> \n{quoted()}\n", apple_html(_words, _line), **_APPLE)
_words = "请看照片。"
add(
    "apple-02-old-form",
    _words,
    f"{_words}\n\n在 2026-11-20，下午3:04， {NAME} <{TAGGED}> 写道：\n\n{quoted()}\n",
    **_APPLE,
)
_words = "It is still dark at night.\n\nSun Li"
add(
    "apple-03-broken-line", _words,
    f"{_words}\n\n> On Nov 20, 2026, at 15:04, {NAME}\n> <{TAGGED}> wrote:\n> \n{quoted()}\n\n", subject="Re: 关于路灯问题的答复", **_APPLE,
)  # fmt: skip
_words, _words2 = "国贸路9号。", "13600136004。"
add(
    "apple-04-between", f"{_words}\n\n{_words2}\n\n谢谢！",
    f"\n{_line}\n\n> 请补充具体地址。\n\n{_words}\n\n> 联系电话是多少？\n\n{_words2}\n\n谢谢！\n", subject="Re: 关于路灯问题的答复", **_APPLE,
)  # fmt: skip
_words = "這盞燈還是壞的，請盡快修理。"
add(
    "apple-05-traditional", _words,
    f"{_words}\n\n> {NAME} <{TAGGED}> 於 2026年11月20日 下午3:04 寫道：\n> \n{quoted()}\n", subject="回覆：關於路燈問題的答覆", **_APPLE,
)  # fmt: skip
_words = "灯亮了，谢谢你们。"
add("apple-06-html-only", _words, "", apple_html(_words, _line), **_APPLE)

# -- Gmail -------------------------------------------------------------------------------------------------------------

_GMAIL = {"sender": ("Wu Fang", "wufang2026@gmail.com"), "subject": "Re: 关于路灯问题的答复"}
_GLINE = f"{NAME} <{TAGGED}> 于2026年11月20日周五 15:04写道："


def gmail_html(words: str, line: str) -> str:
    return (
        f'<div dir="ltr">{divs(words)}</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">'
        f'{line.replace("<", "&lt;").replace(">", "&gt;")}<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;'
        f'border-left:1px solid rgb(204,204,204);padding-left:1ex">{divs(raw())}</blockquote></div>\n'
    )


_words = "您好，\n具体位置在滨海大道海大南门公交站旁边。"
add("gmail-01-web", _words, f"{_words}\n\n{_GLINE}\n\n{quoted()}\n", gmail_html(_words, _GLINE), **_GMAIL)
_words = "照片我明天补发。"
_broken = f"{NAME} <\n{TAGGED}> 于2026年11月20日周五\n15:04写道："
add("gmail-02-broken-line", _words, f"{_words}\n\n{_broken}\n\n{quoted()}\n>\n", **_GMAIL)
_words = "It has been fixed. Thank you!"
add(
    "gmail-03-english", _words,
    f"{_words}\n\nOn Fri, Nov 20, 2026 at 3:04 PM {NAME} <\n{TAGGED}> wrote:\n\n{quoted()}\n\n\n-- \nWu Fang\nHaikou\n", **_GMAIL,
)  # fmt: skip
_words = "請問多久會修好？"
add(
    "gmail-04-traditional",
    _words,
    f"{_words}\n\n{NAME} <{TAGGED}> 於 2026年11月20日 週五 下午3:04寫道：\n\n{quoted()}\n",
    **_GMAIL,
)
_words = "好的，等你们通知。"
add("gmail-05-html-only", _words, "", gmail_html(_words, _GLINE), **_GMAIL)
_words = "以前也反映过一次。"
add("gmail-06-old-form", _words, f"{_words}\n\n2026-11-20 15:04 GMT+08:00 {NAME} <{TAGGED}>:\n\n{quoted()}\n", **_GMAIL)

# -- WeChat Work mail (企业微信邮箱, 腾讯企业邮) ----------------------------------------------------------------------------

_WORK = {"mailer": "QQMail 2.x", "sender": ("周经理", "zhou@corp.example.com")}


def work_html(words: str, original: str, keys: tuple[str, str, str, str], signed: str = "") -> str:
    values = (
        f'"{NAME}"&lt;{TAGGED}&gt;;',
        "Fri, Nov 20, 2026 03:04 PM",
        '"周经理"&lt;zhou@corp.example.com&gt;;',
        "关于路灯问题的答复",
    )
    head = "".join(f"<div><b>{key}:&nbsp;</b>&nbsp;{value}</div>" for key, value in zip(keys, values, strict=True))
    return (
        f'{divs(words)}<div><br></div>{signed}<div>&nbsp;</div><div><tincludetail></tincludetail></div><div style="font:Verdana normal 14px;color:#000;">'
        f'<div style="FONT-SIZE: 12px;FONT-FAMILY: Arial Narrow;padding:2px 0 2px 0;">------------------&nbsp;{original}&nbsp;------------------</div>'
        f'<div style="FONT-SIZE: 12px;background:#efefef;padding:8px;">{head}</div><div>&nbsp;</div>{divs(raw())}</div>'
    )


_words = "我司门口的路灯仍未修复，请督促。\n某某公司 周经理"
add("wecom-01-html-only", _words, "", work_html(_words, "Original", ("From", "Date", "To", "Subject")), **_WORK)
_words = "地址：高新区某路1号。"
add(
    "wecom-02-text", _words,
    f"{_words}\n \n \n------------------ 原始邮件 ------------------\n发件人: \"{NAME}\"<{TAGGED}>;\n发送时间: 2026年11月20日(星期五) 下午3:04\n"
    f"收件人: \"周经理\"<zhou@corp.example.com>; \n抄送: \"李工\"<li@corp.example.com>; \n主题: 关于路灯问题的答复\n \n{raw()}",
    work_html(_words, "原始邮件", ("发件人", "发送时间", "收件人", "主题")), charset="gb18030", **_WORK,
)  # fmt: skip
_words = "收到，下午安排人对接。"
add("wecom-03-phone", _words, f"{_words}\n\n\n发自我的企业微信\n\n\n---------- 回复的邮件 ----------\n发件人： {NAME} <{TAGGED}>\n日期： 2026年11月20日周五 15:04\n"
    f"收件人： 周经理 <zhou@corp.example.com>\n主题： 关于路灯问题的答复\n\n{raw()}", **_WORK)  # fmt: skip
_words = "请问维修时间能否确定？"
add(
    "wecom-04-notice", _words,
    f"{_words}\n\n\n本邮件及其附件含有某某公司的保密信息，仅限于发送给上面地址中列出的个人或群组。禁止任何其他人以任何形式使用（包括但不限于\n"
    f"全部或部分地泄露、复制、或散发）本邮件中的信息。如果您错收了本邮件，请您立即电话或邮件通知发件人并删除本邮件！\n\n\n"
    f"------------------ Original ------------------\nFrom:  \"{NAME}\"<{TAGGED}>;\nDate:  Fri, Nov 20, 2026 03:04 PM\n"
    f"To:  \"周经理\"<zhou@corp.example.com>;\nSubject:  关于路灯问题的答复\n\n{raw()}", **_WORK,
)  # fmt: skip
_words = "路灯已亮，工单可以办结。"
add(
    "wecom-05-new-layout", _words, "",
    f'{divs(_words)}<div><br></div><div class="xmail_org" id="xmail_org"><div>原始邮件</div><table><tr><td>发件人</td><td>{NAME}&lt;{TAGGED}&gt;</td></tr>'
    "<tr><td>日期</td><td>2026年11月20日 15:04</td></tr><tr><td>收件人</td><td>周经理&lt;zhou@corp.example.com&gt;</td></tr>"
    f"<tr><td>主题</td><td>关于路灯问题的答复</td></tr></table>{divs(raw())}</div>", **_WORK,
)  # fmt: skip

# -- Android (Huawei, Xiaomi, OPPO, vivo, the system's mail) -------------------------------------------------------------

_DROID = {"sender": ("林阿姨", "lin2026@example.com"), "subject": "回复：关于路灯问题的答复"}
_words = "地址我写在下面了：秀英区某村二队路口"
add(
    "android-01-huawei", _words,
    f"{_words}\n\n\n\n发自我的华为手机\n\n\n-------- 原始邮件 --------\n发件人： {NAME} <{TAGGED}>\n日期： 2026年11月20日周五 15:04\n"
    f"收件人： lin2026@example.com\n主 题： 关于路灯问题的答复\n\n{raw()}", mailer="Huawei Mail", **_DROID,
)  # fmt: skip
_words = "还没修，都一个星期了"
add(
    "android-02-xiaomi",
    _words,
    f'{_words}\n\n从我的小米手机发送\n\n在 "{NAME}" <{TAGGED}>，2026年11月20日 15:04写道：\n\n{raw()}\n',
    **_DROID,
)
_words = "就在菜市场门口。"
add(
    "android-03-vivo-html", _words, "",
    f'<div>{_words}</div><div><br></div><div id="signature">发自vivo电子邮件</div><br><div class="quote">在 {NAME} &lt;{TAGGED}&gt;，2026年11月20日 下午3:04写道：'
    f'<br type="attribution"><blockquote class="quote" style="margin:0 0 0 .8ex;border-left:1px #ccc solid;padding-left:1ex">{divs(raw())}</blockquote></div>',
    **_DROID,
)  # fmt: skip
_words = "ok，谢谢"
add(
    "android-04-samsung-english", _words,
    f"{_words}\n\n\nSent from my Galaxy\n\n\n-------- Original message --------\nFrom: {NAME} <{TAGGED}> \nDate: 20/11/2026  15:04  (GMT+08:00) \n"
    f"To: lin2026@example.com \nSubject: 关于路灯问题的答复 \n\n{raw()}\n", **_DROID,
)  # fmt: skip
_words = "我用的是老人机，电话13500135005，请打电话。"
add(
    "android-05-system",
    _words,
    f'{_words}\n\n"{NAME}" <{TAGGED}>写道：\n\n{quoted()}\n'.replace(
        "<" + TAGGED + ">写道", f"<{TAGGED}>于2026年11月20日 下午3:04写道"
    ),
    **_DROID,
)
_words = "昨天来人看过，说要等配件。"
add("android-06-oppo", _words, f"{_words}\n\n发自我的OPPO手机\n\n------------------ 原始邮件 ------------------\n发件人: {NAME} <{TAGGED}>\n"
    f"日期: 2026年11月20日周五 下午3:04\n收件人: lin2026@example.com\n主题: 关于路灯问题的答复\n\n{raw()}", **_DROID)  # fmt: skip

# -- iPhone ------------------------------------------------------------------------------------------------------------

_IPHONE = {"mailer": "iPhone Mail (21F90)", "sender": ("郑", "zheng2026@icloud.com"), "encoding": "quoted-printable"}
_ILINE = f"在 2026年11月20日，15:04，{NAME} <{TAGGED}> 写道："
_words = "在万绿园西门，灯杆上没有编号。"
add("iphone-01", _words, f"{_words}\n\n发自我的iPhone\n\n> {_ILINE}\n> \n> \ufeff{quoted()[2:]}\n", **_IPHONE)
_words = "No, still broken."
add("iphone-02-english", _words, f"{_words}\n\nSent from my iPhone\n\n> On 20 Nov 2026, at 15:04, {NAME} <{TAGGED}> wrote:\n> \n> \ufeff{quoted()[2:]}\n",
    subject="Re: 关于路灯问题的答复", **_IPHONE)  # fmt: skip
_words = "电话：13400134006\n地址同上。"
add(
    "iphone-03-html-only", _words, "",
    f'<html><body dir="auto">{divs(_words)}<br id="lineBreakAtBeginningOfSignature"><div dir="ltr">发自我的iPhone</div><div dir="ltr"><br>'
    f'<blockquote type="cite">{_ILINE.replace("<", "&lt;").replace(">", "&gt;")}<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">\ufeff'
    f"{divs(raw())}</div></blockquote></body></html>", **_IPHONE,
)  # fmt: skip
_words = "我在外地，可以联系我爱人。"
add("iphone-04-qq-app", _words, f"{_words}\n\n发自我的iPhone\n\n\n------------------ Original ------------------\nFrom: {NAME} <{TAGGED}>\n"
    f"Date: Fri,Nov 20,2026 3:04 PM\nTo: zheng2026 <zheng2026@icloud.com>\nSubject: Re: 关于路灯问题的答复\n\n{raw()}", **_IPHONE)  # fmt: skip
_words = "請問幾時修？"
add(
    "iphone-05-traditional",
    _words,
    f"{_words}\n\n從我的 iPhone 傳送\n\n> {NAME} <{TAGGED}> 於 2026年11月20日 下午3:04 寫道：\n> \n> {quoted()[2:]}\n",
    **_IPHONE,
)
_words = "谢谢，等消息。"
add(
    "iphone-06-old",
    _words,
    f'{_words}\n\n发自我的 iPhone\n\n在 2026年11月20日，下午3:04，"{NAME}" <{TAGGED}> 写道：\n\n{quoted()}\n',
    **_IPHONE,
)

# -- others ------------------------------------------------------------------------------------------------------------

_words = "还是不亮。"
add(
    "other-yahoo",
    _words,
    f"{_words}\n\n    On Friday, November 20, 2026 at 03:04:05 PM GMT+8, {NAME} <{TAGGED}> wrote:  \n \n {raw()}  \n",
    mailer="WebService/1.1.1 YMailNorrin",
)
add(
    "other-thunderbird",
    _words,
    f"在 2026/11/20 15:04, {NAME} 写道:\n{quoted()}\n\n{_words}\n",
    mailer="Mozilla Thunderbird",
    subject="Re: 关于路灯问题的答复",
)
add(
    "other-thunderbird-top",
    _words,
    f"{_words}\n\nOn 20/11/2026 15:04, {NAME} wrote:\n{quoted()}\n\n-- \n王小明\n",
    mailer="Mozilla Thunderbird",
    subject="Re: 关于路灯问题的答复",
)
add(
    "other-sina",
    _words,
    f"{_words}\n\n\n----- 原始邮件 -----\n发件人：{NAME} <{TAGGED}>\n收件人：wangxm2026@sina.com\n主题：关于路灯问题的答复\n日期：2026-11-20 15:04\n\n{raw()}",
    charset="gbk",
)
add(
    "other-sohu",
    _words,
    f'{_words}\n\n\n\n------------------ 原始信件 ------------------\n\n发件人："{NAME}" <{TAGGED}>\n时　间：2026-11-20 15:04\n收件人：wangxm2026@sohu.com\n主　题：关于路灯问题的答复\n\n{raw()}',
    charset="gbk",
)
add(
    "other-139",
    _words,
    f"{_words}\n\n\n\n\n----邮件原文----\n发件人：{NAME}  <{TAGGED}>\n收 件 人：13800138000 <13800138000@139.com>\n抄 送: （无）\n发送时间：2026-11-20 15:04:05\n主题：关于路灯问题的答复\n\n{raw()}",
)
add(
    "other-aliyun",
    _words,
    f"{_words}\n\n\n------------------------------------------------------------------\n发件人：{NAME} <{TAGGED}>\n发送时间：2026年11月20日(星期五) 15:04\n收件人：王小明 <wangxm2026@aliyun.com>\n主　题：关于路灯问题的答复\n\n\n{raw()}",
)
add(
    "other-zoho",
    _words,
    f"{_words}\n\n\n---- 在 星期五, 2026-11-20 15:04:05 +0800 {NAME} <{TAGGED}> 写道 ----\n\n{raw()}",
)

# -- what must stay ----------------------------------------------------------------------------------------------------

_fresh = {"answer": False, "subject": "求助"}
_words = (
    "我收到一封奇怪的邮件，说是税务局的：\n发件人：shuiwu@fake.example.com\n主题：补税通知\n请问是真的吗？要不要报警？"
)
add("stays-01-sender-named", _words, _words, **_fresh)
_words = "物业 2026年11月1日15:04 在群里写道：\n“本小区停水三天”\n三天过去了还没有水，请核实。"
add("stays-02-quotes-a-notice", _words, _words, **_fresh)
_words = "投诉噪音，诉求如下：\n> 晚上十点后停工\n> 赔礼道歉\n请处理。"
add("stays-03-own-signs", _words, _words, **_fresh)
_words = '请看转发，帮忙核实。\n\n-------- 转发邮件信息 --------\n发件人："某某物业" <wuye@example.com>\n发送日期：2026-11-19 10:00:00\n收件人：yezhu@example.com\n主题：停水通知\n\n各位业主：明天起停水三天。'
add("stays-04-forwarded", _words, _words, answer=False, subject="转发：停水通知")
_words = "---------- Forwarded message ---------\n发件人：某某物业 <wuye@example.com>\nDate: 2026年11月19日周四 10:00\nSubject: 停水通知\nTo: <yezhu@example.com>\n\n各位业主：明天起停水三天。"
add("stays-05-forwarded-alone", _words, _words, answer=False, subject="Fwd: 停水通知")
_words = "姓名：王小明\n电话：13800138001\n地址：美兰区人民大道58号\n诉求：路灯不亮"
add("stays-06-form", _words, _words, **_fresh)
_words = "本邮件涉及举报，请为我保密。\n某厂夜间偷排废水，地点在南渡江边。\n举报人 13800138001"
add("stays-07-secret", _words, _words, **_fresh)
_words = "请看下面业主群管理员发的邮件：\n\n发件人： 管理员\n发送时间： 2026-11-19 10:00\n收件人： 全体业主\n主题： 停水通知\n明天起停水三天。"
add("stays-08-pointed-at", _words, _words, subject="回复：停水")
add("stays-09-nothing-else", f"{_ILINE}\n\n{quoted()}", f"{_ILINE}\n\n{quoted()}\n")


# -- writing -----------------------------------------------------------------------------------------------------------


def bytes_of(sample: Sample, number: int) -> bytes:
    """The mail as it comes over the wire."""
    name, address = sample.sender
    head = [
        (
            "Received",
            f"from mx.example.com by mail.example.gov.cn with ESMTPS id x{number:04d}; Sat, 21 Nov 2026 09:30:{number % 60:02d} +0800",
        ),
        ("From", f"{Header(name, 'utf-8').encode()} <{address}>"),
        ("To", f"{Header(NAME, 'utf-8').encode()} <{TAGGED if sample.answer else HOTLINE}>"),
        ("Subject", Header(sample.subject, "utf-8").encode()),
        ("Date", f"Sat, 21 Nov 2026 09:30:{number % 60:02d} +0800"),
        ("Message-ID", f"<client-{number:04d}.2026112109@example.com>"),
    ]
    if sample.answer:
        head.append(("In-Reply-To", "<20261120150405.1@example.gov.cn>"))
    if sample.mailer:
        head.append(("X-Mailer", sample.mailer))
    parts = [_part(kind, body, sample) for kind, body in (("plain", sample.text), ("html", sample.html)) if body]
    head.append(("MIME-Version", "1.0"))
    top = "".join(f"{key}: {value}\r\n" for key, value in head).encode()
    if len(parts) == 1:
        return top + parts[0]
    edge = f"----=_Part_{number:04d}_client"
    body = b"".join(b"--" + edge.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    return (
        top
        + f'Content-Type: multipart/alternative; boundary="{edge}"\r\n\r\n'.encode()
        + body
        + f"--{edge}--\r\n".encode()
    )


def _part(kind: str, body: str, sample: Sample) -> bytes:
    data = body.replace("\n", "\r\n").encode(sample.charset, "xmlcharrefreplace" if kind == "html" else "replace")
    if sample.encoding == "base64":
        coded = base64.encodebytes(data).replace(b"\n", b"\r\n")
    else:
        coded = quopri.encodestring(data.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    head = (
        f'Content-Type: text/{kind}; charset="{sample.charset}"\r\nContent-Transfer-Encoding: {sample.encoding}\r\n\r\n'
    )
    return head.encode() + coded


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    for number, sample in enumerate(SAMPLES, 1):
        (FOLDER / f"{sample.name}.eml").write_bytes(bytes_of(sample, number))
        (FOLDER / f"{sample.name}.txt").write_text(sample.expected + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
