"""A small real Asterisk for the tests of the probe and of the SIPp scenarios.

Not the gateway's own configuration (tools/lab has that): a handful of extensions that each do one thing a telephone
can meet (answers with a tone, answers and says nothing, rings for ever, refuses), and one queue of two seats, so that
what these tests prove is about the caller's side alone. Audio comes from Milliwatt, so no sound files are needed.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.lab import Ports

ROOT = Path("/var/cache/gateway-12345/asterisk-root")
MODULES = """
pbx_config res_timing_timerfd res_sorcery_config res_sorcery_memory res_sorcery_astdb res_pjproject res_pjsip
res_pjsip_session res_pjsip_sdp_rtp res_pjsip_authenticator_digest res_pjsip_endpoint_identifier_user
res_pjsip_endpoint_identifier_ip res_pjsip_registrar res_pjsip_caller_id res_pjsip_rfc3326 res_pjsip_nat
res_pjsip_dtmf_info res_pjsip_pubsub res_rtp_asterisk chan_pjsip bridge_simple
bridge_native_rtp bridge_holding bridge_builtin_features codec_alaw codec_ulaw codec_a_mu codec_resample format_pcm
format_wav app_dial app_queue app_playback app_milliwatt app_echo app_read app_userevent app_verbose app_stack
func_callerid func_channel func_logic func_strings func_timeout func_cdr res_musiconhold
"""
PJSIP = """
[global]
type=global
endpoint_identifier_order=username,auth_username,ip
[t]
type=transport
protocol=udp
bind=127.0.0.1:{sip}
[trunk]
type=endpoint
context=from-trunk
disallow=all
allow=alaw,ulaw
direct_media=no
[trunk]
type=identify
endpoint=trunk
match=127.0.0.1
{phones}
"""
PHONE = """
[{user}]
type=endpoint
context=from-trunk
disallow=all
allow=alaw,ulaw
direct_media=no
auth={user}
aors={user}
[{user}]
type=auth
auth_type=userpass
username={user}
password=secret-{user}
[{user}]
type=aor
max_contacts=1
remove_existing=yes
qualify_frequency=2
"""
EXTENSIONS = """
[from-trunk]
exten => 12345,1,Answer
 same => n,Milliwatt
exten => 12346,1,Ringing
 same => n,Wait(60)
exten => 12347,1,Answer
 same => n,Wait(60)
exten => 12348,1,Hangup(17)
exten => 12349,1,Answer
 same => n,Wait(0.1)
 same => n,Hangup
exten => 12350,1,Answer
 same => n,Set(DIALLED=${EXTEN})
 same => n,Queue(hotline,,,,20)
 same => n,Hangup
exten => 12351,1,Progress
 same => n,Read(DIGITS,,3,,1,5)
 same => n,GotoIf($["${DIGITS}" = "120"]?pressed)
 same => n,Hangup(21)
 same => n(pressed),Answer
 same => n,Milliwatt
exten => 12352,1,Dial(PJSIP/8001,20)
 same => n,Hangup
exten => h,1,Verbose(1,KEPT|${CALLERID(name)}|${DIALLED}|${MEMBERINTERFACE})
"""
QUEUES = """
[hotline]
strategy=rrmemory
setinterfacevar=yes
timeout=6
retry=1
ringinuse=no
member => PJSIP/8001
member => PJSIP/8002
"""


@dataclass
class SmallAsterisk:
    """The running server. ``freeze`` makes it a peer that takes packets and never speaks; ``thaw`` undoes it."""

    folder: Path
    sip_port: int
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.sip_port}"

    def cli(self, command: str) -> str:
        """Run one command of Asterisk's own console and return what it prints."""
        done = subprocess.run(
            [*asterisk_command(), "-C", str(self.folder / "etc/asterisk.conf"), "-rx", command],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.stdout + done.stderr

    async def eventually(self, holds: Callable[[], bool], limit_s: float = 40.0) -> None:
        """Return when it is so: what a telephone sees and what the server has done come by different ways."""
        async with asyncio.timeout(limit_s):
            while not holds():
                await asyncio.sleep(0.05)

    async def nobody_left(self) -> None:
        """Return when no channel is up."""
        await self.eventually(lambda: self.channels() == 0)

    def channels(self) -> int:
        """How many channels are up: 0 means that nobody was left behind."""
        return int(self.cli("core show channels count").split()[0])

    def kept(self) -> list[list[str]]:
        """Of each ended call caller name, number dialled and the member that answered, as the dialplan wrote them."""
        log = (self.folder / "log/messages").read_text(encoding="utf-8", errors="replace")
        return [line.split("KEPT|", 1)[1].split("|") for line in log.splitlines() if ": KEPT|" in line]

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)


def asterisk_command() -> list[str]:
    """Debian's Asterisk from the cached root, run by that root's own loader; or the installed one."""
    installed = shutil.which("asterisk")
    if installed:
        return [installed]
    loader = ROOT / "usr/lib64/ld-linux-x86-64.so.2"
    if not loader.exists():
        pytest.skip("no Asterisk on this machine (tools/bootstrap makes one)")
    return [str(loader), "--library-path", f"{ROOT}/usr/lib/x86_64-linux-gnu", f"{ROOT}/usr/sbin/asterisk"]


def write_config(folder: Path, sip_port: int, rtp: tuple[int, int]) -> None:
    etc = folder / "etc"
    for name in ("etc", "run", "log", "db", "spool", "keys"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    base = ROOT if ROOT.exists() else Path("/")
    (etc / "asterisk.conf").write_text(
        f"""[directories]
astetcdir => {etc}
astmoddir => {base}/usr/lib/x86_64-linux-gnu/asterisk/modules
astvarlibdir => {folder}/db
astdbdir => {folder}/db
astkeydir => {folder}/keys
astdatadir => {base}/usr/share/asterisk
astspooldir => {folder}/spool
astrundir => {folder}/run
astlogdir => {folder}/log
[options]
verbose = 3
"""
    )
    files = {
        "modules.conf": "[modules]\nautoload=no\n" + "".join(f"load={name}.so\n" for name in MODULES.split()),
        "logger.conf": "[general]\n[logfiles]\nmessages => notice,warning,error,verbose\n",
        "rtp.conf": f"[general]\nrtpstart={rtp[0]}\nrtpend={rtp[1]}\n",
        "pjsip.conf": PJSIP.format(
            sip=sip_port, phones="".join(PHONE.format(user=u) for u in ("probe", "8001", "8002"))
        ),
        "extensions.conf": EXTENSIONS,
        "queues.conf": QUEUES,
        "musiconhold.conf": "[default]\nmode=files\ndirectory=/nonexistent\n",
    }
    for name, text in files.items():
        (etc / name).write_text(text)


@pytest.fixture(scope="module")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallAsterisk]:
    folder = tmp_path_factory.mktemp("asterisk")
    ports = Ports()
    port = ports.take()
    write_config(folder, port, ports.take_block())
    command = [*asterisk_command(), "-f", "-C", str(folder / "etc/asterisk.conf")]
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    server = SmallAsterisk(folder, port, process)
    try:
        wait_until_booted(server)
        yield server
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=60)
        ports.close()


def wait_until_booted(server: SmallAsterisk) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        if "fully booted" in server.cli("core waitfullybooted").lower():
            return
        time.sleep(0.1)  # the console socket is not there yet: nothing else can be waited on
    raise RuntimeError(f"Asterisk did not start: {(server.folder / 'out').read_text(errors='replace')[-2000:]}")
