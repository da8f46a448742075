"""The dialplan of closed queues, broadcasts and callers moved by hand, as text."""

from __future__ import annotations

import re

from gateway.asterisk.templates.queueing import ALL, CLOSED, NOTICE, QUEUE, WITHDRAWN, contexts, gate
from gateway.asterisk.templates.text import begin
from gateway.seats.queue_states import Broadcast, Closure

GONE = "QueueLog(GONE)"


def text() -> str:
    conf = begin("test")
    contexts(conf, GONE)
    return conf.text()


def test_the_gate_looks_where_the_gateway_writes() -> None:
    rows = [*Closure("legal").rows(), *Broadcast("b1", 9.0).rows(), *Broadcast("b2", 9.0, ("legal",)).rows()]  # type: ignore[arg-type]
    written = {f"{row.family}/{row.key}" for row in rows if row.family != "gw-note"}
    assert written == {f"{CLOSED}/legal", f"{NOTICE}/{ALL}", f"{NOTICE}/{QUEUE}legal"}
    assert set(re.findall(r"DB\(([^)]*)\)", gate("legal"))) == written


def test_in_every_context_in_which_a_citizen_can_hang_up_queue_log_is_told() -> None:
    for name in ("gw-gate", "gw-lead"):
        section = text().partition(f"[{name}]")[2].partition("\n[")[0]
        assert GONE in section.partition("exten => h,1,")[2], name


def test_nobody_is_hung_up_without_words_before() -> None:
    """In the gate the one Hangup follows the words; who is moved or picked up ends only after a conversation."""
    gate_of = text().partition("[gw-gate]")[2].partition("\n[")[0].splitlines()
    (end,) = [n for n, row in enumerate(gate_of) if "Hangup(" in row]
    assert "Playback(gw/queue-closed-end)" in gate_of[end - 1]
    lead = text().partition("[gw-lead]")[2].partition("\n[")[0].splitlines()
    (end,) = [n for n, row in enumerate(lead) if "Hangup(" in row]
    assert "gw-talked" in lead[end - 1]


def test_the_word_of_an_order_is_an_extension_and_nothing_else_of_it_is_taken() -> None:
    assert "FILTER(0-9a-zA-Z-_,${QUEUE_WITHDRAW_INFO})" in WITHDRAWN[0]
    names = re.findall(r"(?m)^exten => ([^,]+),", text().partition("[gw-lead]")[2].partition("\n[")[0])
    assert names == ["_f_.", "_b_.", "on", "_p_.", "again", "i", "h"]
