"""The example in config/: a provincial hotline that keeps to the table of partners and tracks in domain.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.asterisk.render import AsteriskPaths, render
from gateway.settings import Settings, load, load_secrets

CONFIG = Path(__file__).resolve().parents[1] / "config"


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load(CONFIG, {})


def test_thirty_seats_from_8001_to_8030(settings):
    extensions = [seat.extension for hall in settings.halls for seat in hall.all_seats()]
    assert sorted(extensions) == [str(n) for n in range(8001, 8031)]


def test_entry_numbers_carry_their_track(settings):
    tracks = {entry.number: entry.track for entry in settings.entries}
    assert tracks["12345"] == "own"
    assert {number for number, track in tracks.items() if track == "merged"} == {
        "12301",
        "12358",
        "12365",
        "12331",
        "12369",
    }
    assert {number for number, track in tracks.items() if track == "dual"} >= {"12315", "12333", "12329", "12328"}
    assert tracks["961017"] == "branch"


def test_partners_follow_the_table(settings):
    partners = {partner.number: partner for partner in settings.partners}
    assert partners["110"].mode == "three_way"
    assert partners["110"].data == "both_ways"
    assert {partners[number].data for number in ("119", "120", "122", "12395")} == {"one_way"}
    assert {partners[number].mode for number in ("12388", "12355", "12119")} == {"readout"}
    assert {partners[number].queue for number in ("12315", "12333", "12329", "12328")} == {
        "market",
        "hr",
        "fund",
        "transport",
    }
    areas = [partner.area_code for partner in settings.partners if partner.area_code]
    assert len(areas) == len(set(areas)) == 19


def test_rest_reasons_are_those_of_the_field(settings):
    assert [reason.name for reason in settings.halls[0].rest_reasons] == [
        "小休",
        "就餐",
        "会议",
        "培训",
        "辅导",
        "工单整理",
        "其他",
    ]


def test_limits_are_those_of_the_field(settings):
    limits = {(limit.kind, limit.complex): limit.days for limit in settings.categories.limit}
    assert limits[("咨询", False)] == 2
    assert limits[("求助", False)] == 3
    assert limits[("求助", True)] == 5
    assert limits[("投诉", False)] == 10


def test_it_renders(settings, tmp_path):
    paths = AsteriskPaths.under(Path("/srv/gw"), modules=Path("/m"), share=Path("/s"), sbin=Path("/b"))
    files = render(settings, load_secrets(tmp_path, settings), paths, ["Newchannel"])
    assert files["pjsip.conf"].count("](seat)") == 30
    assert all(f"exten => q_{queue.id},1," in files["extensions.conf"] for queue in settings.queues)
