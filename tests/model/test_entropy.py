"""Random bytes are given out once each: to whatever thread asks, and not again to a forked child."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.model.entropy import Entropy


def test_nothing_is_given_out_twice_whoever_asks() -> None:
    entropy = Entropy()
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: entropy.take(12), range(20_000)))
    assert {len(one) for one in taken} == {12}
    assert len(set(taken)) == len(taken)


def test_what_does_not_fit_in_the_rest_of_a_block_comes_from_the_next() -> None:
    entropy = Entropy()
    assert len(entropy.take(8000)) == 8000
    assert len(entropy.take(8192)) == 8192


def test_more_than_a_block_is_refused() -> None:
    with pytest.raises(ValueError, match="8193 bytes are more than a block"):
        Entropy().take(8193)


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
