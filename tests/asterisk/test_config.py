from __future__ import annotations

import pytest
from pydantic import ValidationError

from gateway.asterisk.config import AsteriskConfig


def test_by_default_nothing_listens_beyond_loopback():
    config = AsteriskConfig()
    binds = {config.ami_bind, config.agi_bind, config.sip_bind, config.http_bind, *config.trunk_match}
    assert binds == {"127.0.0.1"}


@pytest.mark.parametrize("end", [10000, 10006])
def test_media_ports_leave_room_for_a_call(end):
    with pytest.raises(ValidationError, match="at least 7 above rtp_start"):
        AsteriskConfig(rtp_start=10000, rtp_end=end)


@pytest.mark.parametrize("uri", ["sip:10.0.0.5", "sip:trunk.example.org:5060", ""])
def test_a_carrier_is_a_plain_sip_uri(uri):
    assert AsteriskConfig(trunk_contact=uri).trunk_contact == uri


@pytest.mark.parametrize("uri", ["10.0.0.5", "sip:a;transport=tcp", "sip:a,b", "sip:a\nmatch=0.0.0.0/0", "sips:x"])
def test_anything_else_is_no_carrier(uri):
    with pytest.raises(ValidationError):
        AsteriskConfig(trunk_contact=uri)
