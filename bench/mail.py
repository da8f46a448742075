"""Mail in: read and normalised a second, beside the standard library's parser alone; and taken by LMTP with a commit,
beside aiosmtpd with a handler that does nothing.

    python -m bench.mail

The corpus is ``bench.mails``. Reading: for each mail everything that the mailroom's process does with it before it asks
the gateway (MIME, charsets, HTML made safe, files decoded, quotation and signature, verdict, key), beside
``email.message_from_bytes`` on the same bytes, which decodes nothing. Both run in turns in one process, a round each,
and the best round counts. *Letters* are the mails without photos: photos flatter us, because the library goes through
them line by line.

Taking: ``bench.lmtp_load`` in a process of its own delivers the corpus to the whole gateway (SQLite and files on the
project's disk, fsync) and, in turns with it, to aiosmtpd's LMTP in a process of its own on the same event loop, with
the same connections and the same dialogue. The corpus and its letters with a connection a mail, as mail servers do
until much comes; letters also with lasting ones. The gateway's 250 stands for a committed mail: as many as were sent
must be in the ledger at the end. With the gateway there are three processes on the cores (it, its mailroom, the
generator), with aiosmtpd two.
"""

from __future__ import annotations

import email
import gc
import shutil
import socket
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.lmtp_load import Job, run_load
from bench.mails import TO, corpus, numbered
from bench.served import gateway, on_disk
from bench.table import Row, run
from gateway.channels.email.normalise import normalise
from gateway.channels.email.reading import read_mail
from gateway.channels.email.tags import ReplyTags
from tools.lab.ports import Ports
from tools.lab.process import Child
from tools.lab.site import CONFIG, ROOT

ROUNDS = 15
TARGET = 0.5
CONNECTIONS, SECONDS, WARM_S, TURNS = 20, 4.0, 1.5, 2
"""So many connections are Postfix's limit for one destination (default_destination_concurrency_limit)."""
WAYS = (("all", False, False), ("letters", False, True), ("letters_lasting", True, True))
"""Name, whether connections last, whether photos are left out."""
NOTHING = [str(ROOT / ".venv" / "bin" / "python"), "-m", "bench.peers.lmtp_nothing"]

_RECEIVED_AT = 1_795_226_500.0


# -- reading -----------------------------------------------------------------------------------------------------------


def reading() -> dict[str, Any]:
    """Mails a second of both, all and letters."""
    tags = ReplyTags("bench-mail-reply-key-of-32-bytes")

    def ours(raw: bytes) -> None:
        normalise(
            raw, read_mail(raw), account="hainan", addresses=(TO,), tags=tags, received_at=_RECEIVED_AT,
            envelope_from="c@mail.example", envelope_to=TO,
        )  # fmt: skip

    made = corpus()
    told = {}
    for name, mails in (("letters", made.letters), ("all", made.mails)):
        raws = [numbered(mail, n) for n, mail in enumerate(mails)]
        gc.freeze()
        best = _best(raws, (ours, email.message_from_bytes))
        told[name] = {
            "mails": len(raws), "bytes": sum(map(len, raws)), "ours_per_s": len(raws) / best[0],
            "stdlib_per_s": len(raws) / best[1],
        }  # fmt: skip
        gc.unfreeze()
    return told


def _best(raws: Sequence[bytes], readers: Sequence[Callable[[bytes], object]]) -> list[float]:
    """The seconds of a core in each one's best round; they take turns, so that what else runs falls on both."""
    best = [float("inf")] * len(readers)
    for _ in range(ROUNDS):
        for n, read in enumerate(readers):
            began = time.process_time()
            for raw in raws:
                read(raw)
            best[n] = min(best[n], time.process_time() - began)
    return best


# -- taking ------------------------------------------------------------------------------------------------------------


def with_mail(folder: Path, port: int) -> Path:
    """The shipped configuration with its mail account on, received by LMTP on ``port``, and nothing sent: no mailbox,
    no server to send by, no receipt (its sending is another matter). ``folder`` may hold a configuration already."""
    config = folder / "config"
    if not config.exists():
        shutil.copytree(CONFIG, config)
    file = config / "channels.toml"
    before, mark, rest = file.read_text(encoding="utf-8").partition("[mailroom]")
    if not mark:
        raise RuntimeError("config/channels.toml has no [mailroom]")
    room, _, account = rest.partition("[[email]]")
    account = account.partition("[[email.imap]]")[0].replace("enabled = false", "enabled = true\nreceipt = false", 1)
    room = room.replace('listen = ""', f'listen = "tcp:127.0.0.1:{port}"', 1)
    file.write_text(f"{before}{mark}{room}[[email]]{account}", encoding="utf-8")
    return config


def taking() -> dict[str, Any]:
    """Mails a second of the gateway and of aiosmtpd, each way of delivering, in turns. Raises RuntimeError when a mail
    was refused or is not in the ledger."""
    told: dict[str, Any] = {name: {"ours": [], "aiosmtpd": []} for name, _, _ in WAYS}
    ports = Ports()
    ours, theirs = ports.take(), ports.take()
    sent = first = 0
    with on_disk("mail") as folder:
        config = with_mail(folder, ours)
        nothing = Child("aiosmtpd", [*NOTHING, str(theirs)], folder / "aiosmtpd.log", cwd=ROOT)
        try:
            with gateway(folder, config=config) as served:
                listening(ours, served.child)
                listening(theirs, nothing)
                for name, lasting, letters in WAYS * TURNS:
                    for side, port in (("ours", ours), ("aiosmtpd", theirs)):
                        first += 1_000_000
                        got = run_load(Job(port, CONNECTIONS, SECONDS, WARM_S, lasting, first, letters))
                        if set(got.answers) != {"250"}:
                            raise RuntimeError(f"{side} answered {got.answers}: {got.sample}")
                        told[name][side].append(asdict(got))
                        sent += got.sent if side == "ours" else 0
                told["sent"], told["kept"] = sent, _kept(folder)
        finally:
            nothing.stop()
            ports.close()
    if told["kept"] < sent:
        raise RuntimeError(f"{sent} mails were sent, {told['kept']} are in the ledger")
    return told


def listening(port: int, child: Child) -> None:
    """Wait until it does. Raises ChildDied, TimeoutError."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        child.check()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"nothing listens on {port}\n{child.tail()}")


def _kept(folder: Path) -> int:
    """Mails in the ledger."""
    file = next(folder.rglob("*.db"), None) or next(folder.rglob("*.sqlite*"))
    with sqlite3.connect(file) as ledger:
        return int(ledger.execute("SELECT count(*) FROM messages WHERE channel = 'email'").fetchone()[0])


def measure() -> dict[str, Any]:
    """About a minute and a half."""
    return {"reading": reading(), "taking": taking()}


def rows(result: dict[str, Any]) -> list[Row]:
    """The issue's two targets for the corpus as in life, and beside them, without a target, what of it is hardest:
    the letters alone. Photos flatter us, because both peers go through them line by line.
    """
    made = []
    for name, words in (("all", "the corpus"), ("letters", "its letters")):
        one = result["reading"][name]
        figure = f"mail: read and normalised, {words} ({one['bytes'] / one['mails'] / 1000:,.0f} kB each)"
        peer = "email.message_from_bytes"
        made.append(_row(figure, one["ours_per_s"], one["stdlib_per_s"], peer, judged=name == "all"))
    for name, lasting, letters in WAYS:
        words = f"{'letters' if letters else 'the corpus'}, {'lasting connections' if lasting else 'a connection each'}"
        ours, theirs = (max(one["per_s"] for one in result["taking"][name][side]) for side in ("ours", "aiosmtpd"))
        figure = f"mail: taken by LMTP with commit, {words}"
        made.append(_row(figure, ours, theirs, "aiosmtpd doing nothing", judged=not letters))
    return made


def _row(figure: str, ours: float, theirs: float, peer: str, *, judged: bool) -> Row:
    ratio = ours / theirs
    said = (f"{ours:,.0f}/s", f"{peer} {theirs:,.0f}/s", f"{ratio:.2f}")
    return Row(figure, *said, f">= {TARGET}" if judged else "", ratio >= TARGET if judged else None)


if __name__ == "__main__":
    run(measure, rows, __doc__ or "")
