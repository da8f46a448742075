from __future__ import annotations

from gateway.asterisk.config import AsteriskConfig
from gateway.asterisk.templates.sip import pjsip_conf, sorcery_conf, transports_conf
from gateway.seats.config import SeatConfig


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


def test_a_seat_has_a_telephone_in_the_browser_whose_password_is_in_no_file():
    seat = SeatConfig(id="A001", extension="8001", room="main", x=0, y=0, queues=["hotline"])
    text = pjsip_conf(AsteriskConfig(), [seat], {"8001": "s" * 20}, "p" * 20)
    section = text.split("[8001w](browser)")[1].split("\n\n")[0]
    assert section.split("\n")[1:] == ["auth = 8001w", "aors = 8001w", 'callerid = "A001" <8001>']
    assert "[8001w](socket)" in text and "[8001w](login)" not in text
    browser = text.split("[browser](!)")[1].split("\n\n")[0]
    for row in ("webrtc = yes", "dtls_auto_generate_cert = yes", "rtp_timeout = 10", "from_user = 12345"):
        assert row in browser
    rows = sorcery_conf().splitlines()
    assert rows[-2:] == ["auth = config,pjsip.conf,criteria=type=auth", "auth = astdb,gw-phones"]
