from __future__ import annotations

from gateway.asterisk.config import AsteriskConfig
from gateway.asterisk.templates.queues import manager_conf, queues_conf
from gateway.seats.config import QueueConfig


def test_a_queue_that_takes_callers_always_never_throws_them_out():
    text = queues_conf([QueueConfig(id="hotline", name="综合")])
    assert "joinempty = yes" in text
    assert "leavewhenempty = no" in text


def test_wrap_up_is_ours_and_asterisk_keeps_only_a_guard():
    assert "wrapuptime = 2" in queues_conf([QueueConfig(id="hotline", name="综合", wrap_up_s=300)])


def test_ami_lets_in_only_the_gateway():
    text = manager_conf(AsteriskConfig(ami_permit=["10.0.0.9"]), "e" * 20, "o" * 20, [])
    assert text.count("deny = 0.0.0.0/0.0.0.0") == 2
    assert text.count("permit = 10.0.0.9") == 2
    assert "webenabled = no" in text
    assert "writetimeout = 1000" in text
