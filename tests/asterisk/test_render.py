"""What ``render`` writes for a hall, and that no name in a configuration can write anything else."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.asterisk.config import AsteriskConfig
from gateway.asterisk.render import AsteriskPaths, RenderError, render
from gateway.ivr.config import Flow
from gateway.seats.config import EntryNumberConfig, HallConfig, QueueConfig, RoomConfig, SeatBlockConfig
from gateway.transfer.config import PartnerConfig
from gateway.transfer.virtual_config import VirtualConfig

PATHS = AsteriskPaths.under(Path("/srv/gw"), modules=Path("/m"), share=Path("/share"), sbin=Path("/sbin"))
KEYS = SimpleNamespace(
    ami_events="e" * 24, ami_orders="o" * 24, probe="p" * 24, seats={"8001": "a" * 24, "8002": "b" * 24}
)


def site(**changes):
    room = RoomConfig(id="main", name="大厅", width=10, height=10)
    block = SeatBlockConfig(prefix="A", first_extension=8001, count=2, room="main", queues=["hotline"])
    parts = {
        "asterisk": AsteriskConfig(),
        "halls": [HallConfig(id="hall", name="大厅", area_code="460000", rooms=[room], seat_blocks=[block])],
        "queues": [QueueConfig(id="hotline", name="综合受理"), QueueConfig(id="h", name="短名", record=False)],
        "entries": [EntryNumberConfig(number="12345", name="热线")],
        "partners": [],
        "flows": [],
        "virtual": VirtualConfig(),
    }
    return SimpleNamespace(**parts | changes)


def rendered(event_names=("Newchannel",), **changes) -> dict[str, str]:
    return render(site(**changes), KEYS, PATHS, event_names)


def section(text: str, name: str) -> list[str]:
    """The lines of every section of that name."""
    parts = re.split(r"(?m)^\[([^\]]+)\].*$", text)
    return [
        row.strip()
        for head, body in zip(parts[1::2], parts[2::2], strict=True)
        if head == name
        for row in body.splitlines()
        if row.strip() and not row.startswith(";")
    ]


def test_the_same_configuration_gives_the_same_files():
    assert rendered() == rendered()


def test_a_call_goes_through_the_contexts_of_the_contract():
    text = rendered()["extensions.conf"]
    entry = section(text, "from-trunk")
    account = "${CHANNEL(name):6:-9}"
    number = "${SET(CHANNEL(accountcode)=12345)}"
    assert entry[0] == f"exten => 12345,1,UserEvent(GWEntered,Entry: {number},Account: {account},Flow: greeting)"
    assert entry[1].startswith(
        f"same => n,QueueLog(NONE,${{UNIQUEID}},NONE,INFO,GWARRIVED|12345|${{CHANNEL(LINKEDID)}}|{account}|"
    )
    assert entry[2].startswith("same => n,GotoIf($[${LEN(") and entry[2].endswith(")}]?gw-intake,s,flow)")
    assert set(re.findall(r"\$\{SET\(([^$]*?)\)\}", entry[2])) >= {
        "__GW_ENTRY=12345", "GW_DONE=0", "GW_NEXT=", "AGIEXITONHANGUP=yes",
        "TIMEOUT(absolute)=8",
    }  # fmt: skip
    assert f"${{SET(__GW_ACCOUNT={account})}}" in entry[2]
    intake = section(text, "gw-intake")
    assert (
        "same => n(flow),AGI(agi://127.0.0.1:4573/flow/${GW_FLOW}"
        "?call=${CHANNEL(LINKEDID)}&entry=${GW_ENTRY}&account=${GW_ACCOUNT}&state=${CHANNEL(state)}&guard=8)"
    ) in intake
    assert "exten => T,1,Set(TIMEOUT(absolute)=0)" in intake
    assert "${SET(TIMEOUT(absolute)=0)}" in next(row for row in intake if row.endswith("?gw-queue,q_${GW_QUEUE},new)"))
    queue = section(text, "gw-queue")
    ins = [row for row in queue if row.startswith("same => n(in),")]
    assert all("GW_QUEUE=" in row and "TIMEOUT(absolute)=0" in row for row in ins)
    (recorded, other) = [row for row in queue if row.startswith("same => n(new),")]
    assert recorded.startswith("same => n(new),MixMonitor(")
    assert other.startswith("same => n(new),Queue(h,")


def test_who_comes_into_a_queue_again_keeps_the_recording_that_he_has():
    text = rendered()["extensions.conf"]
    (check,) = [row for row in section(text, "gw-queue") if row.startswith("same => n(in),GotoIf(")]
    assert check.endswith('${MIXMONITOR_FILENAME}"!="hotline0"]?wait)')
    assert '& "${MIXMONITOR_FILENAME}"=""]?gw-queue,q_${GW_QUEUE},new)' in text
    again = [row for row in text.splitlines() if "gw-queue,q_" in row and ",new)" in row]
    assert len(again) == 1, "only a call whose flow is done goes there at once"


def test_an_entry_in_another_language_than_the_trunks_is_set():
    english = EntryNumberConfig(number="12346", name="热线", language="en")
    set_to = "${SET(CHANNEL(language)=en)}"
    assert set_to not in rendered()["extensions.conf"]
    assert set_to in rendered(entries=[english])["extensions.conf"]


def test_the_dialplan_adds_one_header_to_legs_it_dials_and_none_of_a_callers_choosing():
    """PJSIP copies no header from one leg to another: an agent's telephone is told only what is added by name, here or
    by an order of ours (``gateway.asterisk.dialling``), and a phone that answers by itself asks for such a name."""
    calls_in = {"addresses": ["10.0.0.0/8"], "headers": ["X-Case-No"]}
    partner = {"number": "110", "name": "公安", "mode": "three_way", "calls_in": calls_in}
    text = rendered(partners=[PartnerConfig.model_validate(partner)])["extensions.conf"]
    assert set(re.findall(r"PJSIP_HEADERS?\([^)]*\)", text)) == {
        "PJSIP_HEADER(read,X-Case-No)", "PJSIP_HEADER(add,X-Ticket-No)",
    }  # fmt: skip
    seats = [row for row in text.splitlines() if "Dial(" in row and "@trunk" not in row]
    added = [row for row in seats if "b(" in row and "b(gw-picking^" not in row]  # that one only tells that it rings
    assert seats and not added, "nothing is added to a leg to a seat"


def test_a_flow_that_begins_by_answering_is_answered_by_the_dialplan():
    answering = Flow.model_validate(
        {
            "id": "greeting",
            "name": "问候",
            "languages": ["zh"],
            "start": "first",
            "nodes": {"first": {"kind": "answer", "next": "people"}, "people": {"kind": "queue"}},
        }
    )
    entry = section(rendered(flows=[answering])["extensions.conf"], "from-trunk")
    assert entry[2].endswith("?gw-intake,s,answer)")


def test_what_nobody_asks_for_is_switched_off_at_the_source():
    files = rendered(event_names=["Newchannel", "BridgeEnter"])
    (off,) = [row for row in section(files["manager.conf"], "general") if row.startswith("disabledevents")]
    names = off.partition(" = ")[2].split(",")
    assert {"VarSet", "Newexten"} <= set(names)
    assert not {"Newchannel", "BridgeEnter"} & set(names)
    assert "decline = ast_channel_varset_type" in section(files["stasis.conf"], "declined_message_types")


def test_recordings_lie_by_day_of_the_hall_and_only_where_the_queue_records():
    text = rendered()["extensions.conf"]
    assert text.count("same => n(new),MixMonitor(") == 1, "others have their own"
    assert "MixMonitor(${STRFTIME(${EPOCH},Asia/Shanghai,%Y%m%d)}/${UNIQUEID}.wav,b)" in text


def test_a_queue_called_like_a_special_extension_is_no_special_extension():
    names = re.findall(r"(?m)^exten => ([^,]+),", "\n".join(section(rendered()["extensions.conf"], "gw-queue")))
    assert names == ["q_hotline", "q_h", "h"]  # h: the citizen hung up, below


@pytest.mark.parametrize("context", ["intake", "static", "handover", "transfer", "queue", "sorry"])
def test_wherever_a_citizens_leg_ends_queue_log_is_told(context: str):
    gone = "exten => h,%s,QueueLog(NONE,${UNIQUEID},NONE,INFO,GWGONE|${GW_DONE})"
    lines = section(rendered()["extensions.conf"], f"gw-{context}")
    at = next(i for i, line in enumerate(lines) if line.startswith("exten => h,1,"))
    assert gone % "1" in lines[at:] or gone.replace("exten => h,%s", "same => n") in lines[at:]


def test_queue_settings_reach_app_queue():
    queue = QueueConfig(
        id="legal", name="法律", ring_s=20, weight=5, max_length=9, join_empty=False, strategy="rrmemory"
    )
    text = rendered(queues=[queue])["queues.conf"]
    rows = section(text, "legal")
    for row in ("strategy = rrmemory", "timeout = 20", "weight = 5", "maxlen = 9", "ringinuse = no", "autopause = no"):
        assert row in rows
    assert "joinempty = unavailable,invalid,unknown" in rows
    assert {"persistentmembers = yes", "shared_lastcall = yes"} <= set(section(text, "general"))


def test_a_queue_with_a_longest_wait_ends_it():
    text = rendered(queues=[QueueConfig(id="hotline", name="综合", max_wait_s=600)])["extensions.conf"]
    assert "Queue(hotline,ci,,,600)" in text


def test_each_seat_is_a_telephone_with_its_own_password():
    text = rendered()["pjsip.conf"]
    rows = section(text, "8002")
    assert {
        "auth = 8002",
        "aors = 8002",
        'callerid = "A002" <8002>',
        "username = 8002",
        f"password = {'b' * 24}",
    } <= set(rows)
    assert "endpoint_identifier_order = username,auth_username,ip" in section(text, "global")


def test_the_trunk_is_known_by_the_configured_addresses():
    asterisk = AsteriskConfig(trunk_match=["10.0.0.5", "10.1.0.0/16"], trunk_contact="sip:10.0.0.5:5060")
    rows = section(rendered(asterisk=asterisk)["pjsip.conf"], "trunk")
    assert {"match = 10.0.0.5", "match = 10.1.0.0/16", "contact = sip:10.0.0.5:5060", "direct_media = no"} <= set(rows)


def test_only_the_named_events_leave_asterisk():
    text = rendered(event_names=["Newchannel", "Hangup", "Hangup"])["manager.conf"]
    filters = [row for row in section(text, "gw-events") if row.startswith("eventfilter")]
    assert filters == [
        "eventfilter(action(include),name(Hangup)) =",
        "eventfilter(action(include),name(Newchannel)) =",
    ]
    orders = section(text, "gw-orders")
    assert not [row for row in orders if row.startswith(("read", "eventfilter"))]
    assert "permit = 127.0.0.1" in orders
    assert "bindaddr = 127.0.0.1" in section(text, "general")


@pytest.mark.parametrize("name", ["New channel", "x)) = \nsecret", "", "甲"])
def test_an_event_name_that_is_none_is_refused(name):
    with pytest.raises(RenderError, match="event name"):
        rendered(event_names=[name])


def test_partners_are_dialled_only_when_a_trunk_leads_to_them():
    partners = [
        PartnerConfig(number="110", name="公安", mode="three_way"),
        PartnerConfig(number="12388", name="纪检", mode="readout"),
        PartnerConfig(number="12315", name="市场", mode="queue", queue="hotline"),
    ]
    names = re.findall(
        r"(?m)^exten => ([^,]+),", "\n".join(section(rendered(partners=partners)["extensions.conf"], "from-seats"))
    )
    assert [name for name in names if not name.startswith("_")] == ["8001", "8002", "110"]


def test_a_seat_without_a_password_is_an_error_not_an_open_telephone():
    keys = SimpleNamespace(ami_events="e", ami_orders="o", probe="p", seats={"8001": "a"})
    with pytest.raises(KeyError, match="8002"):
        render(site(), keys, PATHS, [])


def test_a_path_too_long_for_the_control_socket_is_refused():
    with pytest.raises(RenderError, match="too long"):
        AsteriskPaths.under(Path("/" + "x" * 100), modules=Path("/m"), share=Path("/s"), sbin=Path("/b"))


def test_a_path_with_a_semicolon_is_escaped_and_one_with_a_line_end_refused():
    odd = AsteriskPaths.under(Path("/srv/a;b"), modules=Path("/m"), share=Path("/s"), sbin=Path("/b"))
    assert "astrundir = /srv/a\\;b/run" in render(site(), KEYS, odd, [])["asterisk.conf"]
    worse = AsteriskPaths.under(Path("/srv/a\nb"), modules=Path("/m"), share=Path("/s"), sbin=Path("/b"))
    with pytest.raises(RenderError, match="control character"):
        render(site(), KEYS, worse, [])


HOSTILE = st.text(
    alphabet=st.one_of(st.sampled_from("\n\r\0;[]=>,()#${}\"'\\-!&|甲 \u2028\u0085"), st.characters()), max_size=30
)


def shape(files: dict[str, str]) -> dict[str, list[str]]:
    """The files without their comments: what Asterisk acts upon."""
    return {name: [row for row in text.split("\n") if not row.startswith(";")] for name, text in files.items()}


@given(HOSTILE, HOSTILE)
def test_free_names_change_nothing_that_asterisk_acts_upon(name, name_en):
    """``name`` has a pattern, ``name_en`` is free text: neither may leave its comment."""
    try:
        queue = QueueConfig(id="hotline", name=name, name_en=name_en)
        entry = EntryNumberConfig(number="12345", name=name, name_en=name_en)
        partner = PartnerConfig(number="110", name=name, name_en=name_en, mode="attended")
    except ValidationError:
        return
    plain = PartnerConfig(number="110", name="x", mode="attended")
    hostile = rendered(queues=[queue], entries=[entry], partners=[partner])
    tame = rendered(
        queues=[QueueConfig(id="hotline", name="x")],
        entries=[EntryNumberConfig(number="12345", name="x")],
        partners=[plain],
    )
    assert shape(hostile) == shape(tame)
    assert not any(";--" in text for text in hostile.values())


@given(HOSTILE)
def test_values_that_reach_a_file_are_refused_unless_plain(text):
    plain = re.compile(r"^[A-Za-z0-9_.:*#+/-]*$")
    for make in (
        lambda: QueueConfig(id=text, name="x"),
        lambda: EntryNumberConfig(number=text, name="x"),
        lambda: EntryNumberConfig(number="12345", name="x", flow=text),
        lambda: PartnerConfig(number=text, name="x", mode="attended"),
        lambda: AsteriskConfig(host=text),
        lambda: AsteriskConfig(agi_host=text),
        lambda: AsteriskConfig(trunk_match=[text]),
        lambda: AsteriskConfig(trunk_contact=text),
        lambda: AsteriskConfig(external_address=text),
        lambda: AsteriskConfig(caller_id=text),
        lambda: AsteriskConfig(entry_prefixes=[text]),
    ):
        try:
            make()
        except ValidationError:
            continue
        assert plain.fullmatch(text)


@pytest.mark.parametrize("pattern", ["_X.", "_1!", "1XXX", "_1X,1,System(x)", "_[0-9\n]XXX", "_XX"])
def test_outside_patterns_are_of_fixed_length(pattern):
    with pytest.raises(ValidationError):
        AsteriskConfig(outside=[pattern])
