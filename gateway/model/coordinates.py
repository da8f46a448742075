"""Coordinates between the reference systems that China's maps use, in degrees.

WGS-84 is what satellites, partners and Open311 clients speak. By regulation Chinese map services shift it: GCJ-02
(WeChat, Amap, Tencent) is off by up to some 700 m, BD-09 (Baidu) shifts GCJ-02 once more. CGCS2000, the national
system, differs from WGS-84 by less than a decimetre, so it is taken as the same. The shift is not published; the series
here is the one that map clients have used since 2010, checked against their test points. Outside of China nothing is
shifted.
"""

from __future__ import annotations

from math import atan2, cos, hypot, pi, sin, sqrt

from gateway.model.messages import Crs

Point = tuple[float, float]
"""Longitude, latitude."""

_AXIS = 6378245.0  # Krassowsky 1940, which the series was made with: semi-major axis in metres, and e squared below
_ECCENTRICITY = 0.00669342162296594323
_BAIDU = pi * 3000.0 / 180.0
_STEPS = 8
"""Each step of the inversion leaves about a thousandth of the error: two would do, the rest cost nothing."""


def convert(longitude: float, latitude: float, given: Crs, wanted: Crs) -> Point | None:
    """The point in another reference system; None when either system is not known ("")."""
    if not given or not wanted:
        return None
    if given == wanted:
        return longitude, latitude
    return _from_wgs84(_to_wgs84((longitude, latitude), given), wanted)


def _to_wgs84(point: Point, given: Crs) -> Point:
    if given == "BD-09":
        return gcj02_to_wgs84(bd09_to_gcj02(point))
    return gcj02_to_wgs84(point) if given == "GCJ-02" else point


def _from_wgs84(point: Point, wanted: Crs) -> Point:
    if wanted == "BD-09":
        return gcj02_to_bd09(wgs84_to_gcj02(point))
    return wgs84_to_gcj02(point) if wanted == "GCJ-02" else point


def is_shifted(point: Point) -> bool:
    """True in the rectangle around China within which map services shift (it covers some neighbours as well)."""
    longitude, latitude = point
    return 72.004 <= longitude <= 137.8347 and 0.8293 <= latitude <= 55.8271


def wgs84_to_gcj02(point: Point) -> Point:
    """Shift a satellite's point as Chinese map services do."""
    if not is_shifted(point):
        return point
    east, north = _shift(point)
    return point[0] + east, point[1] + north


def gcj02_to_wgs84(point: Point) -> Point:
    """Undo the shift, to well under a centimetre: the series has no inverse, so it is approached."""
    if not is_shifted(point):
        return point
    longitude, latitude = point
    for _ in range(_STEPS):
        east, north = _shift((longitude, latitude))
        longitude, latitude = point[0] - east, point[1] - north
    return longitude, latitude


def gcj02_to_bd09(point: Point) -> Point:
    """Baidu's second shift."""
    longitude, latitude = point
    radius = hypot(longitude, latitude) + 0.00002 * sin(latitude * _BAIDU)
    angle = atan2(latitude, longitude) + 0.000003 * cos(longitude * _BAIDU)
    return radius * cos(angle) + 0.0065, radius * sin(angle) + 0.006


def bd09_to_gcj02(point: Point) -> Point:
    """Undo Baidu's shift, approached as above: the usual closed form is off by half a metre."""
    longitude, latitude = point[0] - 0.0065, point[1] - 0.006
    for _ in range(_STEPS):
        shifted = gcj02_to_bd09((longitude, latitude))
        longitude, latitude = longitude + point[0] - shifted[0], latitude + point[1] - shifted[1]
    return longitude, latitude


def _shift(point: Point) -> Point:
    """How far GCJ-02 lies east and north of WGS-84 at a point, in degrees."""
    x, y = point[0] - 105.0, point[1] - 35.0
    waves = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    root, latitude = sqrt(abs(x)), point[1] / 180.0 * pi
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    flattened = 1.0 - _ECCENTRICITY * sin(latitude) ** 2
    metres_north = _AXIS * (1.0 - _ECCENTRICITY) / (flattened * sqrt(flattened)) * pi / 180.0
    metres_east = _AXIS / sqrt(flattened) * cos(latitude) * pi / 180.0
    return east / metres_east, north / metres_north
