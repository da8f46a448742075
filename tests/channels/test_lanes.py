"""Who may go out: order within a lane, bounds over an account and over all, and a rate that is not saved up."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.config import DeliveryConfig
from gateway.channels.lanes import Lanes, account_of, lane_of
from gateway.model.ids import TicketNo
from gateway.model.messages import Delivery


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _one(target: str = "o1", account: str = "hainan", kind: str = "reply", ticket: str = "T1") -> Delivery:
    return Delivery("d", kind, TicketNo(ticket), "wechat", account, target, 0.0)  # type: ignore[arg-type]


def test_a_person_is_a_lane_over_all_tickets_and_a_partner_is_one_for_each() -> None:
    assert lane_of(_one(ticket="T1")) == lane_of(_one(ticket="T2"))
    assert lane_of(_one("o1")) != lane_of(_one("o2"))
    assert lane_of(_one(kind="push", ticket="T1")) != lane_of(_one(kind="push", ticket="T2"))


def test_a_lane_takes_one_at_a_time() -> None:
    lanes = Lanes(DeliveryConfig(), Seconds())
    assert lanes.enter(_one())
    assert not lanes.enter(_one())
    assert lanes.enter(_one("o2"))
    lanes.leave(_one())
    assert lanes.enter(_one())


def test_tokens_come_back_with_time_and_are_not_saved_up() -> None:
    clock = Seconds()
    lanes = Lanes(DeliveryConfig(rate_per_s=2), clock)
    assert [lanes.enter(_one(f"o{n}")) for n in range(3)] == [True, True, False]
    assert lanes.next_token_s("wechat:hainan") == 0.5
    clock.now += 0.5
    assert lanes.next_token_s("wechat:hainan") == 0
    assert [lanes.enter(_one(f"p{n}")) for n in range(2)] == [True, False]
    clock.now += 3600
    assert [lanes.enter(_one(f"q{n}")) for n in range(3)] == [True, True, False]


def test_an_account_slower_than_one_a_second_still_sends() -> None:
    clock = Seconds()
    lanes = Lanes(DeliveryConfig(rates={"wechat:hainan": 0.1}), clock)
    assert lanes.enter(_one("o1"))
    assert not lanes.enter(_one("o2"))
    clock.now += 10
    assert lanes.enter(_one("o2"))


def test_an_account_is_open_while_it_has_tokens_and_room() -> None:
    clock = Seconds()
    lanes = Lanes(DeliveryConfig(rate_per_s=2, per_account=3), clock)
    assert lanes.most("wechat:hainan", 2.0) == 6
    for target in ("o1", "o2"):
        assert lanes.open("wechat:hainan")
        assert lanes.enter(_one(target))
    assert not lanes.open("wechat:hainan"), "its rate is spent"
    assert lanes.open("wechat:other")
    assert (lanes.most("wechat:hainan", 0.0), lanes.most("wechat:hainan", 1.0)) == (0, 2)
    clock.now += 1
    assert not lanes.enter(_one("o1")), "its receiver is busy, which takes no token"
    assert (lanes.free(_one("o1")), lanes.free(_one("o3"))) == (False, True)
    assert lanes.enter(_one("o3"))
    assert not lanes.open("wechat:hainan"), "three are under way"
    lanes.leave(_one("o1"))
    assert lanes.open("wechat:hainan")


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["a", "b", "c"]), st.booleans()), max_size=60))
def test_the_bounds_hold_whatever_comes_and_goes(steps: list[tuple[int, str, bool]]) -> None:
    config = DeliveryConfig(concurrency=6, per_account=3, rate_per_s=10_000)
    lanes = Lanes(config, Seconds())
    inside: list[Delivery] = []
    for n, account, leaves in steps:
        if leaves and inside:
            lanes.leave(inside.pop(0))
        elif lanes.enter(one := _one(f"o{n}", account)):
            assert all(lane_of(one) != lane_of(other) for other in inside)
            inside.append(one)
        assert len(inside) <= 6
        assert max(Counter(map(account_of, inside)).values(), default=0) <= 3
        assert lanes.full == (len(inside) == 6)
