"""Headers: encoded words, raw bytes, addresses, dates, Message-IDs, folding, duplicates."""

from __future__ import annotations

from collections.abc import Iterator

from tests.channels.email.cases.made import DATE, Case, b64, mail, plain, word

SAID = "您好，解放路58号门前路灯三天不亮，请派人维修。"
LONG = "关于金贸街道龙昆北路与国贸大道交叉口夜间施工噪音扰民的投诉"
AT = 1709276645.0


def cases() -> Iterator[Case]:
    """All of them."""
    yield from subjects()
    yield from senders()
    yield from dates()
    yield from ids()
    yield from shapes()


def _subject(name: str, field: str | bytes, expected: str, *flags: str) -> Case:
    return Case(f"subject-{name}", mail(SAID, *plain(), subject=field), SAID, expected, flags=flags)


def subjects() -> Iterator[Case]:
    """Subject lines."""
    utf8, gbk = LONG.encode(), LONG.encode("gbk")
    yield _subject("utf8-b", f"Subject: {word(LONG)}", LONG)
    yield _subject("gb2312-b", f"Subject: {word(LONG, 'gb2312')}", LONG)
    yield _subject("gb18030-q", f"Subject: {word('投诉：井盖破损', 'gb18030', 'Q')}", "投诉：井盖破损")
    yield _subject("lower-case-b", f"Subject: =?UTF-8?b?{b64(LONG)}?=", LONG)
    split = f"Subject: =?utf-8?B?{b64(utf8[:22])}?=\r\n =?utf-8?B?{b64(utf8[22:])}?="
    yield _subject("split-inside-a-character", split, LONG)
    split = f"Subject: =?gb2312?B?{b64(gbk[:15])}?=\r\n\t=?gb2312?B?{b64(gbk[15:])}?="
    yield _subject("split-inside-a-gbk-character", split, LONG)
    whole = b64(utf8)
    cut = f"Subject: =?utf-8?B?{whole[:41]}?=\r\n =?utf-8?B?{whole[41:]}?="
    yield _subject("base64-cut-as-text", cut, LONG, "header_repaired")
    yield _subject("without-padding", f"Subject: =?utf-8?B?{b64('路灯坏了吗').rstrip('=')}?=", "路灯坏了吗")
    yield _subject("without-end", f"Subject: =?utf-8?B?{b64(LONG)}", LONG, "header_repaired")
    yield _subject("in-quotes", f'Subject: "{word("路灯")}"', '"路灯"')
    yield _subject("with-language", f"Subject: =?utf-8*zh-CN?B?{b64(LONG)}?=", LONG)
    yield _subject("unknown-charset", f"Subject: =?gb-unknown?B?{b64(gbk)}?=", LONG)
    yield _subject("charset-nobody-knows", f"Subject: =?x-nobody?B?{b64(LONG)}?=", LONG, "charset_guessed")
    yield _subject("label-lies", f"Subject: =?gb2312?B?{b64(LONG)}?=", LONG, "charset_lied")
    yield _subject("label-utf8-but-gbk", f"Subject: =?utf-8?B?{b64(gbk)}?=", LONG, "charset_lied")
    yield _subject("codec-that-is-no-charset", f"Subject: =?rot13?B?{b64('路灯不亮')}?=", "路灯不亮", "charset_guessed")
    yield _subject("q-with-underscores", "Subject: =?utf-8?Q?No_=E8=B7=AF=E7=81=AF_here=20?=", "No 路灯 here")
    yield _subject("q-with-blanks", "Subject: =?utf-8?Q?No =E8=B7=AF=E7=81=AF here?=", "No 路灯 here")
    yield _subject("q-with-equals-first", "Subject: =?utf-8?q?=E8=B7=AF=E7=81=AF?=", "路灯")
    mixed = f"Subject: Re: {word('路灯')} {word('问题', 'gb18030')} (2)"
    yield _subject("two-charsets-side-by-side", mixed, "Re: 路灯问题 (2)")
    yield _subject("text-between-words", f"Subject: {word('路灯')} and {word('井盖')}", "路灯 and 井盖")
    yield _subject("no-blank-between", f"Subject: Re:{word('路灯')}{word('不亮')}!", "Re:路灯不亮!")
    yield _subject("empty-word", "Subject: =?utf-8?B??= x", "x")
    yield _subject("raw-utf8", f"Subject: {LONG}".encode(), LONG)
    yield _subject("raw-gbk", b"Subject: " + gbk, LONG, "header_repaired", "charset_guessed")
    raw = b"Subject: Re: " + "路灯".encode("gbk") + f" {word('不亮')}".encode()
    yield _subject("raw-gbk-and-a-word", raw, "Re: 路灯 不亮", "header_repaired", "charset_guessed")
    jis = b"Subject: " + "道路の件".encode("iso2022_jp")
    yield _subject("raw-iso-2022-jp", jis, "道路の件", "header_repaired", "charset_guessed")
    yield _subject("big5", f"Subject: {word('關於路燈故障的投訴', 'big5')}", "關於路燈故障的投訴")
    yield _subject("hz", f"Subject: =?hz-gb-2312?B?{b64('路灯不亮'.encode('hz'))}?=", "路灯不亮")
    yield _subject("utf-7", f"Subject: =?utf-7?Q?{'路灯'.encode('utf-7').decode().replace('=', '=3D')}?=", "路灯")
    yield _subject("iso-2022-jp", f"Subject: =?iso-2022-jp?B?{b64('街灯の故障'.encode('iso2022_jp'))}?=", "街灯の故障")
    yield _subject("euc-kr", f"Subject: {word('가로등 고장', 'euc-kr')}", "가로등 고장")
    folded = f"Subject: {word('路灯不亮')}\r\n  and more\r\n\tof it"
    yield _subject("folded-by-blanks-and-tabs", folded, "路灯不亮  and more of it")
    yield _subject("controls", b"Subject: a\x00b\x07c \xe8\xb7\xaf", "abc 路")
    yield _subject("none", "", "")
    yield _subject("empty", "Subject:", "")
    twice = f"Subject: {word('第一个')}\r\nSubject: {word('第二个')}"
    yield _subject("twice", twice, "第一个")
    yield _subject("first-one-empty", f"Subject:\r\nSubject: {word('第二个')}", "第二个")
    yield _subject("emoji", f"Subject: {word('路灯💡不亮')}", "路灯💡不亮")
    yield _subject("rare-gb18030", f"Subject: {word('㛃村䶮路', 'gb18030')}", "㛃村䶮路")
    gb = f"Subject: {word('镕基路', 'gbk').replace('gbk', 'gb2312')}"
    yield _subject("gbk-under-gb2312", gb, "镕基路")
    inside = f"Subject: =?utf-8?B?{b64(LONG)[:20]}\r\n {b64(LONG)[20:]}?="
    yield _subject("word-folded-in-the-middle", inside, LONG)


def _sender(name: str, field: str | bytes, address: str, shown: str = "", *flags: str) -> Case:
    return Case(f"from-{name}", mail(SAID, *plain(), sender=field), SAID, sender=(address, shown), flags=flags)


def senders() -> Iterator[Case]:
    """Who writes."""
    yield _sender("plain", "From: li@example.cn", "li@example.cn")
    yield _sender("domain-in-capitals", "From: Li.Si@EXAMPLE.CN", "Li.Si@example.cn")
    yield _sender("gbk-name", f"From: {word('李四', 'gb2312')} <li@example.cn>", "li@example.cn", "李四")
    yield _sender("word-in-quotes", f'From: "{word("李四")}" <li@example.cn>', "li@example.cn", "李四")
    raw = b'From: "' + "李四".encode("gbk") + b'" <li@example.cn>'
    yield _sender("raw-gbk-name", raw, "li@example.cn", "李四", "charset_guessed", "header_repaired")
    yield _sender("raw-utf8-name", "From: 李四 <li@example.cn>", "li@example.cn", "李四")
    yield _sender("comment", f"From: li@example.cn ({word('李四')})", "li@example.cn", "李四")
    yield _sender("comma-in-encoded-name", f"From: {word('李四, 市民')} <li@example.cn>", "li@example.cn", "李四, 市民")
    yield _sender("comma-without-quotes", "From: 李四,市民 <li@example.cn>", "li@example.cn", "李四，市民")
    yield _sender("quoted-comma", 'From: "Li, Si" <li@example.cn>', "li@example.cn", "Li, Si")
    yield _sender("escaped-quotes", 'From: "Li \\"Si\\"" <li@example.cn>', "li@example.cn", 'Li "Si"')
    yield _sender("no-brackets", "From: 李四 li@example.cn", "li@example.cn", "李四")
    yield _sender("bracket-never-closed", "From: 李四 <li@example.cn", "li@example.cn", "李四")
    yield _sender("name-is-the-address", 'From: "li@example.cn" <li@example.cn>', "li@example.cn")
    whole = word("李四 <li@example.cn>")
    yield _sender("address-inside-a-word", f"From: {whole}", "li@example.cn", "李四")
    yield _sender("full-width-at", "From: li＠example.cn", "li@example.cn")
    yield _sender("source-route", "From: <@a.example,@b.example:li@example.cn>", "li@example.cn")
    yield _sender("group", "From: 市民: li@example.cn;", "li@example.cn")
    yield _sender("several", "From: li@example.cn, wang@example.cn", "li@example.cn")
    yield _sender("only-a-name", "From: 李四", "", "李四")
    yield _sender("nothing", "From:", "")
    sender = "Sender: li@example.cn\r\nFrom: 李四"
    yield _sender("address-in-sender-only", sender, "li@example.cn", "李四", "header_repaired")
    yield _sender("mailto", "From: mailto:li@example.cn", "li@example.cn")
    yield _sender("lone-name-then-address", "From: 李四\r\nFrom: li@example.cn", "li@example.cn")
    group = mail(SAID, *plain(), "Cc: undisclosed-recipients:;", "Reply-To: =?utf-8?B?546L5LqU?= <w@example.cn>")
    yield Case("cc-group-of-nobody", group, SAID, more={"cc": [], "reply_to": ["w@example.cn", "王五"]})
    many = mail(SAID, *plain(), "Cc: a@example.cn,, b@example.cn;c@example.cn")
    told = [["a@example.cn", ""], ["b@example.cn", ""], ["c@example.cn", ""]]
    yield Case("cc-with-odd-separators", many, SAID, more={"cc": told})


def _date(name: str, value: str | bytes, expected: float | None, *flags: str) -> Case:
    field = value if isinstance(value, bytes) else value.encode()
    raw = mail(SAID, *plain()).replace(f"Date: {DATE}".encode(), b"Date: " + field)
    return Case(f"date-{name}", raw, SAID, flags=flags, more={"date": expected})


def dates() -> Iterator[Case]:
    """When it was written."""
    yield _date("usual", DATE, AT)
    yield _date("with-zone-name", DATE + " (CST)", AT)
    yield _date("cst-is-china", "Fri, 1 Mar 2024 15:04:05 CST", AT)
    yield _date("no-zone-is-china", "Fri, 1 Mar 2024 15:04:05", AT)
    yield _date("chinese-weekday", "星期五, 1 Mar 2024 15:04:05 +0800", AT)
    yield _date("chinese-month", "星期五, 1 三月 2024 15:04:05 +0800", AT)
    gbk = "星期五, 1 3月 2024 15:04:05 +0800".encode("gbk")
    yield _date("chinese-month-in-gbk", gbk, AT, "charset_guessed", "header_repaired")
    yield _date("all-chinese", "2024年3月1日 15:04:05", AT)
    yield _date("afternoon", "2024年3月1日 下午3:04:05", AT)
    yield _date("iso", "2024-03-01T07:04:05Z", AT)
    yield _date("asctime", "Fri Mar  1 15:04:05 2024", AT)
    yield _date("two-digit-year", "Fri, 1 Mar 24 07:04:05 GMT", AT)
    yield _date("gmt-offset", "Fri, 1 Mar 2024 15:04:05 GMT+08:00", AT)
    yield _date("minus-zero", "Fri, 01 Mar 2024 07:04:05 -0000", AT)
    yield _date("impossible-day", "Fri, 32 Mar 2024 15:04:05 +0800", None)
    yield _date("impossible-hour", "Fri, 1 Mar 2024 25:04:05 +0800", None)
    yield _date("of-the-epoch", "Thu, 1 Jan 1970 00:00:00 +0000", None)
    yield _date("nonsense", "yesterday", None)
    yield _date("empty", "", None)


def ids() -> Iterator[Case]:
    """Message-IDs."""
    folded = mail(
        SAID, *plain(), "References: <a@x.example>\r\n <b@x.example>\r\n\t<a@x.example>", "In-Reply-To: <b@x.example>"
    )
    more = {"references": ["a@x.example", "b@x.example"], "in_reply_to": ["b@x.example"], "message_id": "m1@example.cn"}
    yield Case("ids-folded-and-repeated", folded, SAID, more=more)
    broken = mail(SAID, *plain(), "References: <very-long-name-of-\r\n exchange@x.example>")
    yield Case("ids-folded-inside", broken, SAID, more={"references": ["very-long-name-of-exchange@x.example"]})
    bare = mail(SAID, *plain(), "In-Reply-To: b@x.example")
    yield Case("ids-without-brackets", bare, SAID, more={"in_reply_to": ["b@x.example"]})
    words = mail(SAID, *plain(), 'In-Reply-To: Your message of "Fri" <b@x.example>')
    yield Case("ids-among-words", words, SAID, more={"in_reply_to": ["b@x.example"]})
    none = mail(SAID, *plain()).replace(b"Message-ID: <m1@example.cn>\r\n", b"")
    yield Case("ids-none", none, SAID, more={"message_id": ""})


def shapes() -> Iterator[Case]:
    """The header as a whole."""
    whole = mail(SAID, *plain())
    yield Case("lines-lf", whole.replace(b"\r\n", b"\n"), SAID)
    yield Case("lines-cr", whole.replace(b"\r\n", b"\r"), SAID)
    yield Case("lines-cr-cr-lf", whole.replace(b"\r\n", b"\r\r\n"), SAID)
    yield Case("mbox-from-line", b"From citizen@example.cn Fri Mar  1 15:04:05 2024\n" + whole, SAID)
    yield Case("leading-empty-lines", b"\r\n\r\n" + whole, SAID)
    yield Case("byte-order-mark-first", b"\xef\xbb\xbf" + whole, SAID)
    missing = whole.replace(b"\r\n\r\n", b"\r\n", 1)
    yield Case("no-blank-line", missing, SAID, flags=("header_repaired",))
    junk = whole.replace(b"To: 12345", b"this line is no field\r\nTo: 12345")
    yield Case("line-without-colon", junk, SAID, flags=("header_repaired",))
    blank = whole.replace(b"To: 12345", b"   \r\nTo: 12345")
    yield Case("line-of-blanks-among-fields", blank, SAID)
    names = whole.replace(b"Subject:", b"SUBJECT :").replace(b"From:", b"fRoM:")
    yield Case("names-in-odd-capitals", names, SAID)
    yield Case("header-only", mail("", *plain()).rstrip() + b"\r\n", "", flags=("empty",))
    yield Case("empty-body", mail("\r\n \r\n\t\r\n", *plain()), " \n\t", flags=("empty",))
    none = "楼上漏水，物业不管。".encode()
    yield Case("no-header-at-all", none, "楼上漏水，物业不管。", "", ("", ""), flags=("charset_guessed", "unreadable"))
    yield Case("nothing-at-all", b"", "", "", ("", ""), flags=("empty", "unreadable"))
    folded = mail(SAID, *plain(), "X-Long: " + "\r\n ".join(["x" * 60] * 200))
    yield Case("field-folded-200-times", folded, SAID)
    yield Case(
        "from-in-the-body",
        mail(f"{SAID}\r\nFrom: x\r\n", *plain()),
        f"{SAID}\nFrom: x",
        sender=("citizen@example.cn", "张三"),
    )
