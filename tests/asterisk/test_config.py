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


def test_browsers_find_the_websocket_at_asterisk_unless_a_proxy_has_another():
    assert AsteriskConfig().websocket == "ws://127.0.0.1:8088/ws"
    assert AsteriskConfig(http_bind="0.0.0.0", host="10.1.0.5", http_port=8089).websocket == "ws://10.1.0.5:8089/ws"
    assert AsteriskConfig(softphone_url="wss://phone.example/ws").websocket == "wss://phone.example/ws"


def test_a_proxy_beside_a_carrier_at_loopback_is_an_open_door():
    assert AsteriskConfig(softphone_url="wss://phone.example/ws").open_socket
    assert not AsteriskConfig(softphone_url="wss://phone.example/ws", trunk_match=["10.1.0.9"]).open_socket
    assert not AsteriskConfig().open_socket


@pytest.mark.parametrize("url", ["http://a/ws", "wss://a", "ws://a b/ws", "wss://a/ws; script-src *", "ws://a/ws\nx"])
def test_a_websocket_is_a_plain_url(url):
    with pytest.raises(ValidationError):
        AsteriskConfig(softphone_url=url)


def test_ice_servers_are_told_to_browsers_without_what_is_empty():
    (server,) = AsteriskConfig(ice_servers=[{"urls": "turn:10.1.0.9:3478?transport=udp", "username": "u"}]).ice_servers
    assert server.for_browser() == {"urls": "turn:10.1.0.9:3478?transport=udp", "username": "u"}
    with pytest.raises(ValidationError):
        AsteriskConfig(ice_servers=[{"urls": "https://example.org"}])
