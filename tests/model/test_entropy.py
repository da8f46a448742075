"""Random bytes are given out once each: to whatever thread asks, and not again to a forked child."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.model.entropy import LONGEST, Entropy


def test_nothing_is_given_out_twice_whoever_asks() -> None:
    entropy = Entropy()
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: entropy.take(12), range(20_000)))
    assert {len(one) for one in taken} == {12}
    assert len(set(taken)) == len(taken)


def test_each_is_as_long_as_was_asked_also_when_a_block_has_run_out() -> None:
    entropy = Entropy()
    assert [len(entropy.take(count)) for count in (0, 4, LONGEST)] == [0, 4, LONGEST]
    assert len({entropy.take(LONGEST) for _ in range(3_000)}) == 3_000


def test_more_than_a_piece_is_refused() -> None:
    with pytest.raises(ValueError, match="17 random bytes are more than a piece of 16"):
        Entropy().take(LONGEST + 1)


def test_a_forked_child_does_not_repeat_its_parents_bytes() -> None:
    entropy = Entropy()
    entropy.take(16)
    out, into = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        os.write(into, entropy.take(16))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(out, 16) != entropy.take(16)
    os.close(out)
    os.close(into)
