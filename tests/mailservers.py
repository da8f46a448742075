"""Real mail servers for tests: a Postfix that delivers to us and a Dovecot that we read, on free loopback ports, with
configurations, queues and mailboxes of their own in a folder that goes away; neither touches the machine's own.

Both must be started as root (they change to users of their own at once): where the tests run as somebody else, the
fixtures say so. A conftest.py takes the fixtures with ``from tests.mailservers import dovecot_server, postfix_server``.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tools.lab import free_port

START_LIMIT_S = 60
PASSWORD = "mima-12345"
USER = "12345"


def until(true: Callable[[], bool], limit_s: float, what: str) -> None:
    """Wait for a real server, which has no bell to ring."""
    deadline = time.monotonic() + limit_s
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {limit_s} s: {what}")
        time.sleep(0.02)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            return bool(connection.recv(1))
    except OSError:
        return False


class Postfix:
    """A Postfix that takes mail on ``port`` for ``domain`` and relays all of it by LMTP to ``target``
    (``inet:127.0.0.1:PORT`` or ``unix:/path``). What cannot be delivered stays in its queue and is tried every second.
    ``more`` are further lines of its main.cf.
    """

    domain = "hotline.example"

    def __init__(self, folder: Path, target: str, more: str = "") -> None:
        if os.geteuid() != 0:
            raise RuntimeError("Postfix's master must be started as root")
        self.port = free_port()
        self._config, self._queue, self._data = folder / "etc", folder / "queue", folder / "data"
        self.log = folder / "mail.log"
        for path in (self._config, self._queue, self._data):
            path.mkdir()
        folder.chmod(0o755)
        shutil.chown(self._data, "postfix")
        (self._config / "main.cf").write_text(self._main(target) + more)
        (self._config / "master.cf").write_text(self._master())

    def _main(self, target: str) -> str:
        return f"""
compatibility_level = 3.6
queue_directory = {self._queue}
data_directory = {self._data}
maillog_file = {self.log}
maillog_file_prefixes = {self.log.parent}
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.{self.domain}
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
relay_domains = {self.domain}
relay_transport = lmtp:{target}
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_recipient_restrictions =
local_recipient_maps =
alias_maps =
alias_database =
message_size_limit = 62914560
mailbox_size_limit = 0
lmtp_connect_timeout = 2s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
transport_retry_time = 1s
lmtp_destination_concurrency_failed_cohort_limit = 0
in_flow_delay = 0
biff = no
smtputf8_enable = yes
import_environment = MAIL_CONFIG
"""

    def _master(self) -> str:
        rows = [
            f"127.0.0.1:{self.port} inet n - n - - smtpd",
            "pickup unix n - n 60 1 pickup",
            "cleanup unix n - n - 0 cleanup",
            "qmgr unix n - n 1 1 qmgr",
            "rewrite unix - - n - - trivial-rewrite",
            "bounce unix - - n - 0 bounce",
            "defer unix - - n - 0 bounce",
            "trace unix - - n - 0 bounce",
            "flush unix n - n 1000? 0 flush",
            "proxymap unix - - n - - proxymap",
            "lmtp unix - - n - - lmtp",
            "smtp unix - - n - - smtp",
            "relay unix - - n - - smtp",
            "showq unix n - n - - showq",
            "error unix - - n - - error",
            "retry unix - - n - - error",
            "discard unix - - n - - discard",
            "local unix - n n - - local",
            "virtual unix - n n - - virtual",
            "anvil unix - - n - 1 anvil",
            "scache unix - - n - 1 scache",
            "verify unix - - n - 1 verify",
            "tlsmgr unix - - n 1000? 1 tlsmgr",
            "postlog unix-dgram n - n - 1 postlogd",
        ]
        return "\n".join(rows) + "\n"

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            log = self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""
            raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}{log}")
        return done

    def start(self) -> None:
        self._run("postfix", "-c", str(self._config), "start")
        until(lambda: _answers(self.port), START_LIMIT_S, f"Postfix on port {self.port}")

    def stop(self) -> None:
        self._run("postfix", "-c", str(self._config), "abort")

    def flush(self) -> None:
        """Try what waits at once."""
        self._run("postqueue", "-c", str(self._config), "-f")

    def waiting(self) -> int:
        """Mails in its queues. Looked through twice: one that is moved meanwhile is in neither place of the first look,
        or in both."""
        places = [self._queue / name for name in (*_QUEUES, *_QUEUES)]
        return len({one.name for place in places for one in place.rglob("*") if one.is_file()})

    def send(self, mail: bytes, *recipients: str, sender: str = "wang@example.com") -> None:
        """Give it a mail over SMTP, as the world does; it is in the queue when this returns."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as smtp:
            smtp.sendmail(sender, list(recipients) or [f"{USER}@{self.domain}"], mail)


_QUEUES = ("incoming", "active", "deferred", "maildrop")


class Dovecot:
    """A Dovecot with one user, whose mailbox is a Maildir that tests write into. A test may stop it and start it again
    on the same port, and make it number its mails anew."""

    def __init__(self, folder: Path, *, tls: bool = False) -> None:
        if os.geteuid() != 0:
            raise RuntimeError("Dovecot's master must be started as root")
        self.folder, self.port, self.tls_port = folder, free_port(), free_port()
        self.certificate = folder / "cert.pem"
        self.log = folder / "dovecot.log"
        folder.chmod(0o755)
        self.maildir = folder / "mail"
        for part in ("cur", "new", "tmp"):
            (self.maildir / part).mkdir(parents=True)
        self._owner = pwd.getpwnam("nobody")
        self._give(self.maildir)
        if tls:
            _make_certificate(folder)
        (folder / "dovecot.conf").write_text(self._config(tls))
        self._process: subprocess.Popen[bytes] | None = None
        self._written = 0

    def _config(self, tls: bool) -> str:
        group = grp.getgrgid(self._owner.pw_gid).gr_name
        ssl = f"ssl = yes\nssl_cert = <{self.certificate}\nssl_key = <{self.folder}/key.pem" if tls else "ssl = no"
        return f"""
protocols = imap
listen = 127.0.0.1
base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.log}
{ssl}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_location = maildir:{self.maildir}
mail_max_userip_connections = 100
maildir_very_dirty_syncs = no
mailbox_idle_check_interval = 1 secs
first_valid_uid = 0
first_valid_gid = 0
default_internal_user = dovecot
default_login_user = nobody
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={self._owner.pw_uid} gid={group} home={self.folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.port}
  }}
  inet_listener imaps {{
    port = {self.tls_port if tls else 0}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
"""

    def _give(self, path: Path) -> None:
        for one in (path, *path.rglob("*")):
            shutil.chown(one, self._owner.pw_uid, self._owner.pw_gid)

    def start(self) -> None:
        with self.log.open("ab") as out:
            command = ["dovecot", "-F", "-c", str(self.folder / "dovecot.conf")]
            self._process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
        process = self._process
        until(lambda: process.poll() is not None or _answers(self.port), START_LIMIT_S, f"Dovecot on {self.port}")
        if process.poll() is not None:
            raise RuntimeError(self.log.read_text(errors="replace")[-3000:])

    def stop(self) -> None:
        """End it; clients are told BYE (by processes that learn of their master's end only after ten seconds, so all
        of them are told at once)."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(60)
            self._process = None

    def deliver(self, mail: bytes, *, folder: str = "") -> str:
        """Put a mail into the mailbox as a delivery agent does; returns its file's name."""
        self._written += 1
        name = f"{time.time():.6f}.n{self._written}.test"
        place = self.maildir / folder if folder else self.maildir
        coming = place / "tmp" / name
        coming.write_bytes(mail)
        shutil.chown(coming, self._owner.pw_uid, self._owner.pw_gid)
        coming.rename(place / "new" / name)
        return name

    def renumber(self) -> None:
        """Forget all UIDs: the next start gives new ones and another UIDVALIDITY. Only while it is stopped."""
        assert self._process is None
        for file in self.maildir.glob("dovecot*"):
            file.unlink()

    def mails(self, folder: str = "") -> list[Path]:
        """The files of a folder (``.done``: the folder "done"), wherever they are in it."""
        place = self.maildir / folder if folder else self.maildir
        return sorted(one for part in ("cur", "new") for one in (place / part).glob("*"))


def _make_certificate(folder: Path) -> None:
    """For 127.0.0.1, signed by itself."""
    command = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
        "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key."""
    _make_certificate(folder)
    return folder / "cert.pem", folder / "key.pem"


@contextmanager
def postfix(target: str, more: str = "") -> Iterator[Postfix]:
    """A running Postfix in a folder of its own (a short one: its sockets lie in it)."""
    with tempfile.TemporaryDirectory(prefix="gw-pf-", ignore_cleanup_errors=True) as folder:
        server = Postfix(Path(folder), target, more)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def dovecot(*, tls: bool = False) -> Iterator[Dovecot]:
    """A running Dovecot in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="gw-dc-", ignore_cleanup_errors=True) as folder:
        server = Dovecot(Path(folder), tls=tls)
        server.start()
        try:
            yield server
        finally:
            server.stop()


MakePostfix = Callable[[str], Postfix]


@pytest.fixture
def make_postfix() -> Iterator[MakePostfix]:
    """``make_postfix("inet:127.0.0.1:PORT")``: a Postfix of the test's own that delivers there."""
    with ExitStack() as stack:
        yield lambda target: stack.enter_context(postfix(target))


@pytest.fixture
def dovecot_server() -> Iterator[Dovecot]:
    """A Dovecot of the test's own, because tests stop it."""
    with dovecot() as server:
        yield server
