from __future__ import annotations

from dataclasses import replace

from gateway.model.records import Ticket
from gateway.tickets.acts import Act, push_id
from gateway.tickets.config import RepliesConfig
from gateway.tickets.service import ticket_policy
from gateway.tickets.templates import Templates
from tests.tickets.conftest import AT, DAY, shipped_categories, working_days

NO = "460000-20261121-0000001"
ACT = Act(
    ticket_policy(RepliesConfig(), shipped_categories(), working_days),
    Templates(RepliesConfig()),
    NO,
    "1001",
    "staff",
    AT,
)


def ticket(state: str, **fields) -> Ticket:
    return Ticket(NO, "1", 1, state, "web", "portal", "", "own", "460000", AT - DAY, AT - DAY, **fields)


def test_a_push_has_one_name_for_ever():
    assert push_id(NO, "110") == push_id(NO, "110") == "d58e3d57-b0f1-508b-85ff-1c36cdc71728"
    assert push_id(NO, "12315") != push_id(NO, "110")


def test_times_follow_from_states():
    assert ACT.moved(ticket("accepted"), "sent") == {"state": "sent", "sent_at": AT}
    assert ACT.moved(ticket("returned", sent_at=1.0), "sent") == {"state": "sent"}
    assert ACT.moved(ticket("sent"), "closed") == {"state": "closed", "closed_at": AT}
    assert ACT.moved(ticket("closed", closed_at=1.0), "accepted") == {"state": "accepted", "closed_at": None}


def test_ratings_of_earlier_closings_are_kept():
    rated = ticket("accepted", satisfaction=2, more={"ratings": [1], "x": 1})
    assert ACT.moved(rated, "closed")["more"] == {"ratings": [1, 2], "x": 1}


def test_only_a_low_rating_soon_enough_opens_again():
    citizen = replace(ACT, author="citizen", role="citizen")
    closed = ticket("closed", closed_at=AT - DAY)
    assert [citizen.reopens(closed, score) for score in (1, 2, 3)] == [True, True, False]
    assert not citizen.reopens(ticket("closed", closed_at=AT - 16 * DAY), 1)
    never = replace(
        citizen, policy=ticket_policy(RepliesConfig(reopen={"score": 0}), shipped_categories(), working_days)
    )
    assert not never.reopens(closed, 1)
