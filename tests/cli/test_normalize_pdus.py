"""``gateway normalize smpp|cmpp20|cmpp30``: PDUs as octets or hexadecimal text, a line a ticket."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.cmpp.units import ActiveTest, Deliver, Report, Version
from gateway.channels.sms.cmpp.wire import write, write_report
from gateway.channels.sms.port import PartOf
from gateway.channels.sms.udh import header
from gateway.cli.entry import BadInput
from gateway.cli.normalize_pdus import PDUS, arrived_of, cmpp_pdus, pdus_of, smpp_pdus
from gateway.cli.normalize_sms import Line, messages_of
from tests.channels.sms.smpp.smpp_pdus import CITIZEN, HOTLINE, deliver, pdu, receipt
from tests.plugins.typed import Said, Typed
from tools.lab.site import CONFIG

SMS = """
[[sms]]
kind = "smpp"
account = "abroad"
number = "12345"
area_code = "469002"
host = "10.8.1.11"
system_id = "hn12345"
password = "made:sms-abroad"
alphabet = "ascii"
"""
VERSIONS: tuple[tuple[str, Version], ...] = (("cmpp20", "2.0"), ("cmpp30", "3.0"))


def cmpp_deliver(text: str | bytes, version: Version, msg_id: int = 7, **more: Any) -> bytes:
    content = text if isinstance(text, bytes) else text.encode("utf-16-be")
    return write(Deliver(msg_id, HOTLINE, "HN", 0, 0, 8, CITIZEN, 0, 0, content)._replace(**more), 1, version)


def kept(folder: Path, what: bytes | str, name: str = "pdus") -> Path:
    file = folder / name
    file.write_bytes(what if isinstance(what, bytes) else what.encode())
    return file


def lines(said: Said) -> list[dict[str, Any]]:
    assert said.status == 0
    return [json.loads(line) for line in said.out.splitlines()]


@pytest.mark.parametrize("form", ["octets", "hexadecimal"])
def test_each_message_of_a_file_is_a_line(typed: Typed, tmp_path: Path, form: str) -> None:
    pdus = [deliver("路灯坏了"), deliver("井盖没了", source="13900000000")]
    text = "# from the trace\n" + "\n\n".join(one.hex(":").upper() for one in pdus) + "\n"
    said = typed("normalize", "smpp", kept(tmp_path, b"".join(pdus) if form == "octets" else text))
    first, second = lines(said)
    assert (first["channel"], first["account"], first["content"]) == ("sms", "cli", "路灯坏了")
    assert (first["from"]["number"], second["from"]["number"]) == (CITIZEN, "13900000000")
    assert (first["opens_ticket"], first["flags"], said.err) == (True, [], "")


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_cmpp_of_both_versions(typed: Typed, tmp_path: Path, name: str, version: Version) -> None:
    (line,) = lines(typed("normalize", name, kept(tmp_path, cmpp_deliver("路灯坏了", version))))
    assert (line["content"], line["from"]["number"]) == ("路灯坏了", CITIZEN)


@pytest.mark.parametrize(("name", "version"), [*VERSIONS, ("smpp", None)])
def test_parts_are_joined_in_any_order_and_incomplete_ones_say_so(
    typed: Typed, tmp_path: Path, name: str, version: Any
) -> None:
    def part(n: int, reference: int, text: str) -> bytes:
        content = header(PartOf(reference, 8, 2, n)) + text.encode("utf-16-be")
        return cmpp_deliver(content, version, tp_udhi=1) if version else deliver(content, esm_class=0x40)

    file = kept(tmp_path, part(2, 1, "灯坏了") + part(1, 9, "人民") + part(1, 1, "人民大道路"))
    whole, half = lines(typed("normalize", name, file))
    assert (whole["content"], whole["flags"]) == ("人民大道路灯坏了", [])
    assert half["content"].startswith("人民……[缺第2条]")
    assert half["flags"] == ["incomplete"]


def test_reports_and_other_pdus_are_named_and_no_error(typed: Typed, tmp_path: Path) -> None:
    report = write_report(Report(5, "DELIVRD", "2611221205", "2611221206", CITIZEN, 1), "2.0")
    cmpp = write(ActiveTest(), 1, "2.0") + cmpp_deliver(report, "2.0", registered_delivery=1)
    said = typed("normalize", "cmpp20", kept(tmp_path, cmpp))
    assert (said.status, said.out) == (0, "")
    assert "PDU 1: ACTIVE_TEST, no message" in said.err
    assert "PDU 2: status report DELIVRD (delivered) of message 0000000000000005" in said.err
    said = typed(
        "normalize", "smpp", kept(tmp_path, pdu(0x15) + pdu(0x80000004) + receipt("id:7 stat:UNDELIV err:010"))
    )
    assert (said.status, said.out) == (0, "")
    for words in ("PDU 1: enquire_link, no", "PDU 2: submit_sm_resp, no", "PDU 3: status report UNDELIV 010 (failed)"):
        assert words in said.err


def test_what_cannot_be_read_is_a_ticket_that_says_so(typed: Typed, tmp_path: Path) -> None:
    said = typed("normalize", "smpp", kept(tmp_path, deliver("路灯坏了") + deliver("路灯坏了")[:-3]))
    assert (said.status, "message 2: cannot be understood" in said.err) == (1, True)
    good, cut = (json.loads(line) for line in said.out.splitlines())
    assert (good["content"], good["flags"]) == ("路灯坏了", [])
    assert (cut["message_kind"], cut["flags"]) == ("unreadable", ["unreadable"])


@pytest.mark.parametrize(
    ("what", "words"), [("", "body: is empty"), ("00 00 0\n", "line 1: 5 hexadecimal digits are no octets")]
)
def test_what_is_no_file_of_pdus_is_refused(typed: Typed, tmp_path: Path, what: str, words: str) -> None:
    said = typed("normalize", "smpp", kept(tmp_path, what))
    assert (said.status, said.out) == (1, "")
    assert words in said.err


def test_an_account_brings_area_and_alphabet(typed: Typed, tmp_path: Path) -> None:
    config = tmp_path / "config"
    shutil.copytree(CONFIG, config)
    with (config / "channels.toml").open("a", encoding="utf-8") as file:
        file.write(SMS)
    dollar = kept(tmp_path, deliver(b"$5", coding=0))
    (line,) = lines(typed("normalize", "smpp", "--account", "abroad", dollar, config=config))
    assert (line["account"], line["content"], line["area_code"]) == ("abroad", "$5", "469002")
    (line,) = lines(typed("normalize", "smpp", kept(tmp_path, deliver(b"\x02", coding=0))))
    assert line["content"] == "$"
    said = typed("normalize", "smpp", "--account", "abroad", "--alphabet", "gsm7", dollar, config=config)
    assert (said.status, "leave out --alphabet" in said.err) == (1, True)
    said = typed("normalize", "cmpp20", "--account", "abroad", dollar, config=config)
    assert (said.status, 'is of kind "smpp"' in said.err) == (1, True)


def test_the_help_says_what_a_file_holds(typed: Typed) -> None:
    said = typed("normalize", "smpp", "--help")
    assert "hexadecimal text with one PDU a line" in " ".join(said.out.split())


def test_every_entry_reads_with_its_own_options() -> None:
    for name, entry in PDUS.items():
        parser = argparse.ArgumentParser()
        entry.add_arguments(parser)
        read = entry.reader(parser.parse_args([]), lambda: pytest.fail("no configuration is needed"))
        assert len(list(read(b"\0\0\0\x10" + bytes(9), 0.0))) == 1, name  # type: ignore[arg-type]


@given(st.binary(max_size=300) | st.lists(st.binary(max_size=40).map(lambda body: pdu(5, body))).map(b"".join))
def test_no_octets_are_lost_and_any_are_messages_or_bad_input(body: bytes) -> None:
    for pdus in (smpp_pdus(), cmpp_pdus("2.0"), cmpp_pdus("3.0")):
        try:
            arrived = arrived_of(body, pdus, 5.0, lambda words: None)
        except BadInput:
            continue
        whole = pdus_of(body, pdus.reader)
        # text (hexadecimal, with # for remarks) is read as such: what stands there are not the octets
        assert b"".join(whole) == body or body.isascii() or body.lstrip().startswith(b"#")
        assert len(arrived) <= len(whole)
        made = messages_of(arrived, Line("hainan", area_code="460100"))
        assert all(one.received_at == 5.0 and one.given["area_code"] == "460100" for one in made)
