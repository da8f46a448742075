"""Points are those that map clients publish in their own tests: eviltransform (WGS-84 and GCJ-02), gcoord (BD-09)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.coordinates import bd09_to_gcj02, convert, gcj02_to_bd09, gcj02_to_wgs84, wgs84_to_gcj02

KNOWN = [
    ("Shanghai", (121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ("Shenzhen", (113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ("Beijing", (116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
]
in_china = st.tuples(st.floats(74.0, 135.0), st.floats(3.0, 53.0))


@pytest.mark.parametrize(("wgs84", "gcj02"), [point[1:] for point in KNOWN], ids=[point[0] for point in KNOWN])
def test_known_points_are_met(wgs84, gcj02):
    assert wgs84_to_gcj02(wgs84) == pytest.approx(gcj02, abs=1e-9)
    assert gcj02_to_wgs84(gcj02) == pytest.approx(wgs84, abs=1e-9)


def test_baidus_published_point_is_met():
    assert convert(116.403988, 39.914266, "WGS-84", "BD-09") == pytest.approx((116.416615600, 39.921965801), abs=1e-8)


@given(in_china)
def test_both_shifts_can_be_undone_to_a_centimetre(point):
    assert gcj02_to_wgs84(wgs84_to_gcj02(point)) == pytest.approx(point, abs=1e-7)
    assert bd09_to_gcj02(gcj02_to_bd09(point)) == pytest.approx(point, abs=1e-7)


@pytest.mark.parametrize("point", [(2.35, 48.85), (-104.99, 39.74), (153.02, -27.47), (0.0, 0.0)])
def test_nothing_is_shifted_outside_of_china(point):
    assert wgs84_to_gcj02(point) == gcj02_to_wgs84(point) == point


@pytest.mark.parametrize(
    ("given", "wanted"),
    [("GCJ-02", "BD-09"), ("BD-09", "WGS-84"), ("CGCS2000", "GCJ-02"), ("BD-09", "CGCS2000"), ("WGS-84", "WGS-84")],
)
def test_there_and_back_again(given, wanted):
    there = convert(110.35, 20.02, given, wanted)
    assert there is not None
    assert convert(*there, wanted, given) == pytest.approx((110.35, 20.02), abs=1e-9)


def test_cgcs2000_is_taken_as_wgs84():
    assert convert(110.35, 20.02, "CGCS2000", "WGS-84") == (110.35, 20.02)


@pytest.mark.parametrize(("given", "wanted"), [("", "WGS-84"), ("GCJ-02", "")])
def test_an_unknown_system_is_never_guessed(given, wanted):
    assert convert(110.35, 20.02, given, wanted) is None
