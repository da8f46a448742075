"""Facts reach those who want their kind, and nobody else."""

from __future__ import annotations

from typing import Any, get_args

from gateway.model.facts import CallLeftQueue, Fact, LegEnded, LinkLost
from gateway.model.hearers import Hearers
from gateway.model.ids import CallId, LegId, QueueId

LOST = LinkLost(1.0, "cut")
ENDED = LegEnded(2.0, LegId("1.1"), CallId("1.1"), "PJSIP/8001-1", 16, "")
LEFT = CallLeftQueue(3.0, LegId("1.1"), CallId("1.1"), QueueId("hotline"))


def test_each_is_told_of_the_kinds_asked_for_in_the_order_of_asking() -> None:
    hearers, heard = Hearers(), list[tuple[str, Any]]()
    hearers.add(lambda fact: heard.append(("first", fact)), LinkLost, LegEnded)
    hearers.add(lambda fact: heard.append(("second", fact)), LegEnded)
    for fact in (LOST, ENDED, LEFT):
        hearers.tell(fact)
    assert heard == [("first", LOST), ("first", ENDED), ("second", ENDED)]


def test_who_names_no_kind_is_told_of_all() -> None:
    hearers, heard = Hearers(), list[Any]()
    hearers.add(heard.append)
    for fact in (LOST, ENDED, LEFT):
        hearers.tell(fact)
    assert heard == [LOST, ENDED, LEFT]
    assert {LinkLost, LegEnded, CallLeftQueue} <= set(get_args(Fact))
