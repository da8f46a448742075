from __future__ import annotations

import pytest

HALL = "halls/haikou.toml"
P001 = 'room = "expert"\nx = 5\ny = 4'


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (P001, 'room = "expert"\nx = 1\ny = 4', 'seat "E001" at (1, 4) is on the cell of seat "P001"'),
        (P001, 'room = "expert"\nx = 3\ny = 2', 'seat "P001" at (3, 2) is on a pillar of "专家坐席区"'),
        (
            P001,
            'room = "expert"\nx = 7\ny = 4',
            'is outside the room "专家坐席区", whose cells go from (0, 0) to (6, 7)',
        ),
        (P001, 'room = "export"\nx = 5\ny = 4', 'unknown room "export"; allowed are the rooms of this hall.'),
        ("pillars = [[3, 2]]", "pillars = [[9, 9]]", "the pillar (9, 9) is outside the room"),
        ('id = "expert"', 'id = "main"', 'the room "main" is given twice'),
        ("x = 13", "x = 11", '"专家坐席区" overlaps "综合受理区" on the floor'),
    ],
)
def test_a_floor_plan_that_cannot_be_is_told(config, old, new, message):
    config.edit(HALL, old, new)
    errors = config.errors()
    assert any(error.startswith(f"{HALL}:") and message in error for error in errors), errors


def test_rooms_may_touch(config):
    config.edit(HALL, "x = 13", "x = 12")
    config.load()
