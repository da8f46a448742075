from __future__ import annotations

from gateway.asterisk.config import AsteriskConfig
from gateway.asterisk.templates.sip import pjsip_conf, transports_conf


def test_behind_an_address_translation_the_outer_address_is_told():
    text = transports_conf(AsteriskConfig(external_address="203.0.113.7", local_networks=["10.0.0.0/8"]))
    assert "external_media_address = 203.0.113.7" in text
    assert "local_net = 10.0.0.0/8" in text
    assert "external" not in transports_conf(AsteriskConfig())


def test_telephones_register_once_and_for_no_longer_than_configured():
    text = pjsip_conf(AsteriskConfig(registration_s=120, seat_qualify_s=30), [], {}, "p" * 20)
    for row in ("max_contacts = 1", "remove_existing = yes", "maximum_expiration = 120", "qualify_frequency = 30"):
        assert row in text
    assert "default_expiration = 120" in text


def test_the_probe_comes_in_like_a_citizen():
    text = pjsip_conf(AsteriskConfig(), [], {}, "p" * 20)
    assert "[probe](probe-caller)" in text
    head = text.split("[probe-caller](!)")[1].split("\n\n")[0]
    assert "context = from-trunk" in head
