"""A text of ours is cut where the standard allows and comes together again as it was."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.coding import decode
from gateway.channels.sms.split import References, TooLong, segments
from gateway.channels.sms.udh import read


@pytest.mark.parametrize(
    ("text", "bits", "lengths"),
    [
        ("好" * 70, 8, [140]),
        ("好" * 71, 8, [140, 14]),
        ("好" * 134, 8, [140, 140]),
        ("好" * 71, 16, [139, 17]),
        ("a" * 160, 8, [160]),
        ("a" * 161, 8, [159, 14]),
        ("a" * 161, 16, [159, 16]),
        ("", 8, [0]),
    ],
)
def test_parts_are_as_long_as_the_air_interface_allows(text: str, bits: int, lengths: list[int]) -> None:
    made = segments(text, 7, bits=bits)  # type: ignore[arg-type]
    assert [len(part) for part in made.parts] == lengths
    assert made.headed == (len(lengths) > 1)


def test_a_brace_takes_two_septets_also_as_ascii() -> None:
    assert segments("{" * 80, 1).total == 1
    assert segments("{" * 81, 1).total == 2


def test_a_pair_is_never_divided() -> None:
    made = segments("好" * 66 + "😀" * 3, 7)
    bodies = [read(part).data.decode("utf-16-be") for part in made.parts]
    assert bodies == ["好" * 66, "😀" * 3]


def test_an_escape_is_never_divided() -> None:
    made = segments("a" * 152 + "€" * 10, 7, alphabet="gsm7")
    first = read(made.parts[0]).data
    assert first == b"a" * 152


def test_a_text_beyond_255_parts_is_refused() -> None:
    assert segments("好" * 67 * 255, 1).total == 255
    with pytest.raises(TooLong, match="256"):
        segments("好" * 67 * 255 + "好", 1)


@given(st.text(max_size=700), st.integers(0, 70_000), st.sampled_from([8, 16]), st.sampled_from(["ascii", "gsm7"]))
def test_parts_join_to_the_text(text: str, reference: int, bits: int, alphabet: object) -> None:
    made = segments(text, reference, bits=bits, alphabet=alphabet)  # type: ignore[arg-type]
    got = [read(part) if made.headed else None for part in made.parts]
    bodies = [one.data if one is not None else part for one, part in zip(got, made.parts, strict=True)]
    assert all(len(part) <= (160 if made.coding == 0 else 140) for part in made.parts)
    for one, body in zip(got, bodies, strict=True):
        assert decode(body, made.coding, alphabet).flags == ()  # type: ignore[arg-type]
        assert one is None or (one.part is not None and one.part.reference == reference % (1 << bits))
    assert [one.part.n for one in got if one is not None and one.part is not None] in (
        [], list(range(1, made.total + 1))
    )  # fmt: skip
    whole = b"".join(bodies)
    assert whole.decode("utf-16-be") == text if made.coding == 8 else decode(whole, 0, alphabet).text == text  # type: ignore[arg-type]


def test_references_run_on() -> None:
    references = References(65_534)
    taken = [references.take() for _ in range(4)]
    assert taken == [65_534, 65_535, 0, 1]


def test_a_later_start_begins_elsewhere() -> None:
    assert all(a != b for a, b in pairwise(References(start).take() for start in (1000, 1001, 1010)))
