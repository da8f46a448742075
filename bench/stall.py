"""What ten mails of 20 MB do to webhooks: encrypted WeChat pushes at a steady rate while the mails arrive by LMTP.

    python -m bench.stall

One gateway with both accounts (SQLite and files on the project's disk). Pushes are due at fixed times, whatever the
server does, and latency counts from when one was due (``bench.load``), so a stall cannot hide. The ten mails come all
at once, each on a connection of its own, as fast as they are read. How long that takes is found by a first ten, which
also warm up; the second ten are measured, over three quarters of that time, so that no quiet seconds dilute the
figure. The same rate without mails is told beside it. All mails must be answered 250, which stands for a commit.
"""

from __future__ import annotations

import pickle
import random
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.load import Job, Result, run_load
from bench.mail import listening, with_mail
from bench.mails import TO, large
from bench.served import gateway, on_disk
from bench.table import Row, run
from bench.wechat import pushes, with_wechat
from tests.fakes.tencent import Official
from tools.lab.ports import Ports

MAILS, SIZE = 10, 20_000_000
RATE, CONNECTIONS, WARM_S, LONGEST_S = 200.0, 32, 1.5, 60.0
TARGET_S = 0.2
SHARE = 0.75
"""Of the time that the first ten took: the second ten are warm, and quicker."""
_QUIET_S = 5.0


def deliver(port: int, number: int, wire: bytes) -> float:
    """Send one mail; the seconds until it was taken. Raises RuntimeError when it was not."""
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=LONGEST_S) as peer, peer.makefile("rb") as answers:
        for line in (b"", b"LHLO mx.mail.example", b"MAIL FROM:<c%d@mail.example>" % number,
                     b"RCPT TO:<" + TO.encode() + b">", b"DATA", wire):  # fmt: skip
            if line:
                peer.sendall(line + b"\r\n")
            while (answer := answers.readline())[3:4] == b"-":
                pass
            if answer[:1] not in b"23" or not answer:
                raise RuntimeError(f"a mail of {SIZE:,} bytes was answered {answer!r}")
        peer.sendall(b"QUIT\r\n")
    return time.perf_counter() - began


def wires(first: int) -> list[bytes]:
    """Ten mails as they go over the wire. Made before anything is measured: that costs seconds of a core."""
    return [large(first + n, SIZE).replace(b"\r\n.", b"\r\n..") + b"." for n in range(MAILS)]


def arriving(port: int, first: int, mails: list[bytes]) -> tuple[float, float]:
    """All at once: the seconds until the last was taken, and those of the first."""
    began = time.perf_counter()
    with ThreadPoolExecutor(MAILS) as pool:
        took = list(pool.map(lambda n: deliver(port, first + n, mails[n]), range(MAILS)))
    return time.perf_counter() - began, min(took)


def _pushed(folder: Path, account: Official, port: int, seconds: float, first: int) -> Job:
    """``seconds`` of pushes at RATE, made beforehand."""
    file = folder / f"pushes-{first}.pickle"
    count = int((WARM_S + seconds) * RATE) + 2 * CONNECTIONS
    file.write_bytes(pickle.dumps(pushes(account, port, first, count)))
    return Job(
        port, "", "", connections=CONNECTIONS, seconds=seconds, warm_s=WARM_S, rate=RATE, requests=str(file)
    )  # fmt: skip


def _loaded(job: Job, during: Any) -> tuple[Result, Any]:
    """The job's result, with ``during()`` begun when its measured time does."""
    told: list[Any] = []
    failed: list[BaseException] = []

    def meanwhile() -> None:
        time.sleep(WARM_S)
        try:
            told.append(during())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=meanwhile)
    thread.start()
    got = run_load(job)
    thread.join()
    if failed:
        raise failed[0]
    if set(got.statuses) != {"200"}:
        raise RuntimeError(f"pushes were answered {got.statuses}: {got.sample}")
    return got, told[0]


def measure() -> dict[str, Any]:
    """About forty seconds."""
    random.seed(12345)
    account, ports = Official(), Ports()
    mail_port, tried, measured = ports.take(), wires(100), wires(200)
    with on_disk("stall") as folder:
        config, secrets = with_wechat(folder, account)
        with_mail(folder, mail_port)
        try:
            with gateway(folder, config=config, more=secrets) as served:
                listening(mail_port, served.child)
                jobs = lambda seconds, first: _pushed(folder, account, served.port, seconds, first)  # noqa: E731
                quiet, _ = _loaded(jobs(_QUIET_S, 0), lambda: None)
                _, (tried_s, _) = _loaded(jobs(_QUIET_S, 1_000_000), lambda: arriving(mail_port, 100, tried))
                seconds = max(1.0, SHARE * tried_s)
                busy, (took_s, first_s) = _loaded(jobs(seconds, 2_000_000), lambda: arriving(mail_port, 200, measured))
        finally:
            ports.close()
    return {
        "quiet": asdict(quiet), "busy": asdict(busy), "measured_s": seconds, "mails_s": took_s, "first_mail_s": first_s,
    }  # fmt: skip


def rows(result: dict[str, Any]) -> list[Row]:
    """The target, and what stands beside it."""
    quiet, busy = result["quiet"], result["busy"]
    ms = lambda seconds: f"{seconds * 1000:.1f} ms"  # noqa: E731
    return [
        Row(f"stall: webhooks' p99, {RATE:.0f}/s, {MAILS} mails of {SIZE // 1_000_000} MB", ms(busy["p99_s"]),
            f"{TARGET_S * 1000:.0f} ms", f"{busy['p99_s'] / TARGET_S:.2f}", "< 1", busy["p99_s"] < TARGET_S),
        Row("stall: p50 and worst of them", f"{ms(busy['p50_s'])}, {ms(busy['worst_s'])}",
            f"without mails p50 {ms(quiet['p50_s'])}, p99 {ms(quiet['p99_s'])}", "", "", None),
        Row(f"stall: all {MAILS} mails committed after", f"{result['mails_s']:.1f} s",
            f"measured over {result['measured_s']:.1f} s", "", "", None),
    ]  # fmt: skip


if __name__ == "__main__":
    run(measure, rows, __doc__ or "")
