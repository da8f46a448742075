from __future__ import annotations

from gateway.model.facts import LegImage, Watching
from gateway.model.ids import CallId, LegId, SeatId
from gateway.seats.watching import Watch, Watches, is_supervisors

A, B, C = SeatId("A001"), SeatId("A002"), SeatId("A003")


def watch(leg: str = "spy-1", phone: SeatId = B, seat: SeatId = A, mode: str = "listen") -> Watch:
    return Watch(LegId(leg), phone, seat, Watching(LegId("s1"), mode, "1002"))  # type: ignore[arg-type]


def test_a_supervisors_leg_is_known_by_its_name() -> None:
    assert is_supervisors(LegId("spy-1")) and not is_supervisors(LegId("1795349038.1"))


def test_each_change_names_the_seats_that_look_otherwise_and_a_repetition_none() -> None:
    watches = Watches()
    assert watches.begin(watch()) == {A, B}
    assert watches.begin(watch()) == set()
    assert watches.begin(watch(mode="barge")) == {A, B}
    assert watches.begin(watch(seat=C)) == {A, B, C}
    assert [one.seat for one in watches.of_seat(C)] == [C] and watches.of_seat(A) == []
    assert watches.end(LegId("spy-1")) == {B, C}
    assert watches.end(LegId("spy-1")) == set()


def test_two_leads_may_monitor_one_seat() -> None:
    watches = Watches()
    watches.begin(watch())
    watches.begin(watch("spy-2", C, mode="whisper"))
    assert [one.by({"1002": "陈"})["mode"] for one in watches.of_seat(A)] == ["listen", "whisper"]
    assert watches.of_seat(A)[0].by({"1002": "陈"}) == {"agent": "1002", "name": "陈", "mode": "listen", "seat": B}
    found = watches.at_phone(C)
    assert found is not None and found.of() == {"seat": A, "mode": "whisper"}


def test_a_snapshot_says_all_that_there_is() -> None:
    watches = Watches()
    watches.begin(watch("spy-old"))
    looking = Watching(LegId("s1"), "barge", "")
    image = LegImage(LegId("spy-1"), CallId("spy-1"), "PJSIP/8002-1", "Up", "", "", "", 1.0, watching=looking)
    lost = LegImage(
        LegId("spy-2"), CallId("spy-2"), "PJSIP/8003-1", "Up", "", "", "", 1.0,
        watching=Watching(LegId("gone"), "listen", ""),
    )  # fmt: skip
    watches.settle([image, lost], {LegId("s1"): A, LegId("spy-1"): B, LegId("spy-2"): C})
    assert list(watches.by_leg) == ["spy-1"]
    assert watches.of_seat(A)[0].watching.mode == "barge"
