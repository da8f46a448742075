"""A tiny hand-made Asterisk for the tests of the lab itself: they must not depend on what the gateway renders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.lab import AsteriskBinary, AsteriskLab, Ports

MODULES = [
    *["res_sorcery_memory", "res_sorcery_config", "res_sorcery_astdb", "res_rtp_asterisk", "res_timing_timerfd"],
    *[
        "res_pjproject",
        "res_pjsip",
        "res_pjsip_session",
        "res_pjsip_sdp_rtp",
        "res_pjsip_registrar",
        "res_pjsip_pubsub",
    ],
    *["res_pjsip_authenticator_digest", "res_pjsip_endpoint_identifier_user", "res_pjsip_endpoint_identifier_ip"],
    *["chan_pjsip", "pbx_config", "codec_alaw", "app_dial", "bridge_simple", "func_callerid"],
]
FILES = {
    "asterisk.conf": """\
[directories]
astetcdir => {dir}/etc
astmoddir => {binary.modules_dir}
astvarlibdir => {dir}/data
astdbdir => {dir}/db
astkeydir => {dir}/data
astdatadir => {binary.data_dir}
astagidir => {dir}/data
astspooldir => {dir}/spool
astrundir => {dir}/run
astlogdir => {dir}/log
astsbindir => {binary.sbin_dir}
""",
    "modules.conf": "[modules]\nautoload=no\n" + "".join(f"load={name}.so\n" for name in MODULES),
    "logger.conf": "[logfiles]\nconsole=notice,warning,error\n",
    "manager.conf": "[general]\nenabled=yes\nbindaddr=127.0.0.1\nport={ami}\n",
    "rtp.conf": "[general]\nrtpstart={rtp[0]}\nrtpend={rtp[1]}\n",
    "extensions.conf": """\
[from-trunk]
exten = 12345,1,Answer
 same = n,Wait(30)
exten = 8001,1,Dial(PJSIP/8001,5)
""",
    "pjsip.conf": """\
[global]
type=global
endpoint_identifier_order=username,auth_username,ip
[udp]
type=transport
protocol=udp
bind=127.0.0.1:{sip}
[trunk]
type=endpoint
context=from-trunk
disallow=all
allow=alaw
direct_media=no
[trunk]
type=identify
endpoint=trunk
match=127.0.0.1
[8001]
type=endpoint
context=from-trunk
disallow=all
allow=alaw
direct_media=no
auth=8001
aors=8001
[8001]
type=auth
auth_type=userpass
username=8001
password=correct-horse
[8001]
type=aor
max_contacts=1
""",
}


class SmallAsterisk(AsteriskLab):
    """An AsteriskLab that remembers where it listens for SIP."""

    sip_port: int


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[Ports]:
    ports = Ports()
    yield ports
    ports.close()


@pytest.fixture
def small_asterisk(tmp_path: Path, ports: Ports) -> Iterator[Callable[[], SmallAsterisk]]:
    """Makes Asterisks that are not started yet; all are ended after the test."""
    made: list[SmallAsterisk] = []

    def make() -> SmallAsterisk:
        values = {"ami": ports.take(), "sip": ports.take(), "rtp": ports.take_block(), "binary": AsteriskBinary.find()}

        def write() -> None:
            for name, text in FILES.items():
                (lab.dir / "etc" / name).write_text(text.format(dir=lab.dir, **values), encoding="utf-8")

        lab = SmallAsterisk(tmp_path / f"lab{len(made)}", ami_port=values["ami"], binary=values["binary"], write=write)
        lab.sip_port = values["sip"]
        made.append(lab)
        return lab

    yield make
    for lab in made:
        lab.stop()
