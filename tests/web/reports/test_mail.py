"""What a report's mail says, and to whom it goes."""

from __future__ import annotations

from dataclasses import replace

from gateway.model.messages import Attachment
from gateway.web.reports.mail import Posting, deliveries, subject_of, text_of
from tests.web.reports.samples import content_of


async def test_each_recipient_gets_a_delivery_of_their_own_with_the_file() -> None:
    content = await content_of()
    file = Attachment("1", "运行日报-2026-11-21.pdf", "application/pdf", 5, "ab" * 32)
    first, second = deliveries(content, Posting("hainan", ["a@b.cn", "c@d.cn"]), 7.0, [file], "正文")
    assert (first.target, second.target) == ("a@b.cn", "c@d.cn") and first.id != second.id
    assert (first.channel, first.account, first.ticket_no) == ("email", "hainan", "")
    assert (first.due_at, first.state) == (7.0, "waiting")
    assert first.more["enclosed"] == [{"name": file.name, "type": "application/pdf", "sha256": "ab" * 32}]
    assert first.more["subject"] == "【运行日报】2026年11月21日（星期六） 海南省12345政务服务便民热线"
    assert subject_of(content) == first.more["subject"]


async def test_the_text_tells_the_sentences_and_what_was_unusual() -> None:
    text = text_of(await content_of())
    assert "接通率 96.9 %" in text and "· 转接成功率低于 80 %：供电 61.9 %（转接 21 次）。" in text
    assert "详见附件 PDF。" in text and "更正" not in text


async def test_a_missing_pdf_and_a_correction_are_said() -> None:
    text = text_of(await content_of(), corrected=True, without="缺少生成 PDF 的库，附件为 XLSX")
    assert "数据更正后重新制作" in text and "说明：缺少生成 PDF 的库，附件为 XLSX。" in text and "详见附件" not in text


async def test_the_report_s_page_is_linked_where_its_address_is_known() -> None:
    content = await content_of()
    lines = text_of(content, url="https://12345.example.cn").splitlines()
    assert "网页版（须登录）：https://12345.example.cn/reports/day/2026-11-21" in lines
    assert lines[-1] == "本邮件由网关自动发送。"
    assert "http" not in text_of(content)


async def test_a_mail_in_english_links_the_english_page() -> None:
    content = replace(await content_of(), hotline_en="Hainan 12345")
    text = text_of(content, corrected=True, url="https://12345.example.cn", lang="en")
    lines = text.splitlines()
    assert lines[0] == "Hainan 12345 · Daily report · Saturday, 21 November 2026"
    assert "(Made again after figures were corrected: this one counts.)" in lines
    assert "On the web (log-in needed): https://12345.example.cn/reports/day/2026-11-21?lang=en" in lines
    assert "The PDF is attached." in lines and lines[-1] == "Sent by the gateway."
    (mail,) = deliveries(content, Posting("hainan", ["a@b.cn"]), 7.0, [], text, "en")
    assert mail.more["subject"] == "[Daily report] Saturday, 21 November 2026 · Hainan 12345"
