"""pjsip.conf and sorcery.conf: the carrier's trunk, two telephones a seat, and the probe.

A seat has the telephone on its desk (``8001``, its password in a file) and the one in the browser (``8001w``: WebRTC
over the websocket, its password in AstDB while an agent is signed in with it).

Transports sit in a file of their own: Asterisk cannot reload a transport in place, and so a change of just that file
tells that a restart is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gateway.asterisk.config import AsteriskConfig
from gateway.asterisk.templates.text import Conf, begin
from gateway.seats.config import SeatConfig

TRUNK = "trunk"
PROBE = "probe"
TRANSPORTS = "pjsip_transports.conf"
SECRETS = "gw-phones"
"""The family of AstDB below which PJSIP finds the passwords of softphones."""

_SILENT_S = 10
"""So long without a packet ends a softphone's leg: a laptop's closed lid says no goodbye."""
_SILENT_ON_HOLD_S = 30
_ALIVE_EVERY_S = 15
"""A softphone is asked so often whether it is there: a dead socket must not be rung."""


def sorcery_conf() -> str:
    """Passwords are looked for in AstDB first: those of softphones come and go without a reload."""
    conf = begin("sorcery.conf: where PJSIP finds things; all that is not named here lies in pjsip.conf")
    return (
        conf.section("res_pjsip")
        .put("auth", "config,pjsip.conf,criteria=type=auth")
        .put("auth", f"astdb,{SECRETS}")
        .text()
    )


def transports_conf(asterisk: AsteriskConfig) -> str:
    conf = begin("pjsip_transports.conf: where SIP is spoken; a change needs a restart")
    conf.section("transport-udp").set(
        type="transport", protocol="udp", bind=f"{asterisk.sip_bind}:{asterisk.sip_port}", tos="cs3"
    )
    if asterisk.external_address is not None:
        conf.set(external_signaling_address=asterisk.external_address, external_media_address=asterisk.external_address)
        for network in asterisk.local_networks:
            conf.put("local_net", network)
    # chan_pjsip's websocket rides on http.conf; its bind is only a name for it.
    conf.section("transport-ws").set(type="transport", protocol="ws", bind=f"{asterisk.http_bind}:{asterisk.http_port}")
    return conf.text()


def pjsip_conf(
    asterisk: AsteriskConfig, seats: Iterable[SeatConfig], passwords: Mapping[str, str], probe_password: str
) -> str:
    """``passwords`` by extension. Raises KeyError for a seat without one."""
    conf = begin("pjsip.conf: trunk, seats, probe")
    conf.lines += ["", f"#include {TRANSPORTS}"]
    # A trunk known by its address on loopback would swallow the softphones' registrations: names come first.
    conf.section("global").set(
        type="global", endpoint_identifier_order="username,auth_username,ip", user_agent="gateway-12345"
    )
    _trunk(conf, asterisk)
    _templates(conf, asterisk)
    for seat in seats:
        caller_id = f'"{seat.id}" <{seat.extension}>'
        _telephone(conf, seat.extension, "seat", passwords[seat.extension], caller_id)
        _softphone(conf, seat.softphone, caller_id)
    conf.note("the synthetic caller of gateway probe")
    _telephone(conf, PROBE, "probe-caller", probe_password, "")
    return conf.text()


def _trunk(conf: Conf, asterisk: AsteriskConfig) -> None:
    conf.note("the carrier, known by its addresses")
    conf.section(TRUNK).set(
        type="endpoint",
        transport="transport-udp",
        context="from-trunk",
        disallow="all",
        allow=",".join(asterisk.trunk_codecs),
        aors=TRUNK,
        direct_media=False,
        dtmf_mode="rfc4733",
        trust_id_inbound=True,
        allow_transfer=False,
        language="zh",
    )
    # Asked only when the operator wants it: Asterisk dials no trunk that leaves OPTIONS unanswered; some carriers do.
    conf.section(TRUNK).set(type="aor", qualify_frequency=asterisk.trunk_qualify_s)
    if asterisk.trunk_contact:
        conf.set(contact=asterisk.trunk_contact)
    conf.section(TRUNK).set(type="identify", endpoint=TRUNK)
    for network in asterisk.trunk_match:
        conf.put("match", network)


def _templates(conf: Conf, asterisk: AsteriskConfig) -> None:
    """What all seats share, and what the probe has: it comes in like a citizen."""
    telephone = {"type": "endpoint", "transport": "transport-udp", "disallow": "all", "direct_media": False}
    telephone |= {"dtmf_mode": "rfc4733", "allow_subscribe": False, "language": "zh"}
    telephone |= {"rtp_symmetric": True, "force_rport": True, "rewrite_contact": True}
    seat_codecs, trunk_codecs = ",".join(asterisk.seat_codecs), ",".join(asterisk.trunk_codecs)
    conf.section("seat", is_template=True).set(**telephone, context="from-seats", allow=seat_codecs)
    conf.section("probe-caller", is_template=True).set(**telephone, context="from-trunk", allow=trunk_codecs)
    browser = {"type": "endpoint", "transport": "transport-ws", "webrtc": True, "dtls_auto_generate_cert": True}
    browser |= {"disallow": "all", "allow": seat_codecs, "direct_media": False, "allow_subscribe": False}
    browser |= {"context": "from-seats", "language": "zh", "dtmf_mode": "auto_info", "rewrite_contact": True}
    # A page shows what the agent may see of a number: so the INVITE must not tell the browser the whole of it.
    browser |= {"from_user": asterisk.caller_id}
    browser |= {"rtp_timeout": _SILENT_S, "rtp_timeout_hold": _SILENT_ON_HOLD_S}
    conf.section("browser", is_template=True).set(**browser)
    conf.section("login", is_template=True).set(type="auth", auth_type="userpass")
    conf.section("contact", is_template=True).set(
        type="aor",
        max_contacts=1,
        remove_existing=True,
        minimum_expiration=30,
        default_expiration=min(300, asterisk.registration_s),
        maximum_expiration=asterisk.registration_s,
        qualify_frequency=asterisk.seat_qualify_s,
    )
    conf.section("socket", is_template=True).set(
        type="aor",
        max_contacts=1,
        remove_existing=True,
        minimum_expiration=30,
        default_expiration=120,
        maximum_expiration=300,
        qualify_frequency=_ALIVE_EVERY_S,
        qualify_timeout=3.0,
    )


def _softphone(conf: Conf, name: str, caller_id: str) -> None:
    """An endpoint whose auth is in no file: nobody registers there until one is put into AstDB."""
    conf.section(name, base="browser").set(auth=name, aors=name, callerid=caller_id)
    conf.section(name, base="socket")


def _telephone(conf: Conf, name: str, template: str, password: str, caller_id: str) -> None:
    conf.section(name, base=template).set(auth=name, aors=name)
    if caller_id:
        conf.set(callerid=caller_id)
    conf.section(name, base="login").set(username=name, password=password)
    conf.section(name, base="contact")
