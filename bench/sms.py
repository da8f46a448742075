"""CMPP: messages a second delivered to the gateway and answered after their commit, with the standard's window of 16 on
one connection; and what the codec alone does, in frames a second, beside a loop that only unpacks.

The carrier is the tests' fake ISMG in a process of its own (bench/ismg_load.py). Each citizen writes three messages,
of which the first opens a ticket and gets a receipt, so the gateway sends while it takes. The codec's stream is of
DELIVERs of 2.0 and 3.0 as a carrier sends them, in reads of 64 kB: decoding cuts the frames and reads all fields; a
turn also writes the answer. Beside it, in the same run: length, command, sequence and the fixed part unpacked by struct
at each frame and the content cut out, nothing checked, nothing decoded, nothing kept.
"""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.ismg_load import Load
from bench.served import gateway, on_disk
from bench.site import cpu_s
from bench.table import Row, run
from gateway.channels.sms.cmpp.units import DeliverResp, Version
from gateway.channels.sms.cmpp.wire import read, write
from gateway.channels.sms.frames import FrameReader
from tests.fakes.ismg import Ismg
from tools.lab.site import CONFIG, ROOT

ACCOUNT, SECRET = "901234", "bench-cmpp-secret"
COUNT, SECONDS, WARM_S = 30_000, 6.0, 2.0
FRAMES, ROUNDS, READ = 40_000, 5, 65_536
VERSIONS: tuple[Version, ...] = ("2.0", "3.0")
_TEXTS = (
    "美兰区人民大道68号小区门口的路灯坏了三天，晚上很不安全，请派人来修。",
    "还有小区东门的路灯也不亮。",
    "联系我请打13812345678。",
)
_FIXED: dict[Version, struct.Struct] = {
    "2.0": struct.Struct(">IIIQ21s10sBBB21sBB"),
    "3.0": struct.Struct(">IIIQ21s10sBBB32sBBB"),
}


def _config(folder: Path, port: int) -> Path:
    """The shipped configuration with this one account instead of the shipped ones."""
    config = folder / "config"
    shutil.copytree(CONFIG, config)
    (config / "channels.toml").write_text(
        f"""
[[sms]]
kind = "cmpp"
account = "hainan"
number = "1065812345"
signature = "海南12345"
version = "3.0"
host = "127.0.0.1"
port = {port}
source_addr = "{ACCOUNT}"
secret = "env:BENCH_CMPP_SECRET"
""",
        encoding="utf-8",
    )
    return config


def delivered() -> dict[str, Any]:
    """The whole gateway process on SQLite, as shipped."""
    load = Load("3.0", ACCOUNT, SECRET, _TEXTS, COUNT, SECONDS, WARM_S)
    with on_disk("sms") as folder:
        carrier = subprocess.Popen(
            [sys.executable, "-m", "bench.ismg_load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        with carrier:
            assert carrier.stdin is not None and carrier.stdout is not None
            carrier.stdin.write(json.dumps(asdict(load)))
            carrier.stdin.close()
            port = int(carrier.stdout.readline())
            with gateway(folder, config=_config(folder, port), more={"BENCH_CMPP_SECRET": SECRET}) as served:
                used = cpu_s(served.child.pid)
                told: dict[str, Any] = json.loads(carrier.stdout.readline())
                told["cpu_us"] = (cpu_s(served.child.pid) - used) / told["kept"] * 1e6
    if told["logins"] != 1 or told["most_flying"] > load.window or not told["submits"]:
        raise RuntimeError(f"the carrier saw {told}")
    return told


def stream(version: Version) -> bytes:
    """DELIVERs as a carrier sends them."""
    fake = Ismg(version, ACCOUNT, SECRET)
    made = (fake.deliver(f"138{n:08d}", "1065812345", _TEXTS[n % 3].encode("utf-16-be")).body for n in range(FRAMES))
    return b"".join(struct.pack(">III", 12 + len(body), 5, n + 1) + body for n, body in enumerate(made))


def decoded(data: bytes, version: Version) -> int:
    """All frames read."""
    reader, count = FrameReader(), 0
    for at in range(0, len(data), READ):
        for frame in reader.feed(data[at : at + READ]):
            read(frame, version)
            count += 1
    return count


def turned(data: bytes, version: Version) -> int:
    """All frames read and answered."""
    reader, count, octets = FrameReader(), 0, 0
    for at in range(0, len(data), READ):
        for frame in reader.feed(data[at : at + READ]):
            deliver: Any = read(frame, version)
            octets += len(write(DeliverResp(deliver.msg_id, 0), frame.sequence, version))
            count += 1
    assert octets == count * (21 if version == "2.0" else 24)
    return count


def unpacked(data: bytes, version: Version) -> int:
    """The least that anyone can do who looks at the fields."""
    fixed, at, count = _FIXED[version], 0, 0
    unpack, size = fixed.unpack_from, fixed.size
    while at < len(data):
        fields = unpack(data, at)
        data[at + size : at + size + fields[-1]]
        at += fields[0]
        count += 1
    return count


def codec() -> dict[str, dict[str, float]]:
    """Frames a second, the best of a few rounds taken in turns, so that each meets the same machine."""
    ways: dict[str, Callable[[bytes, Version], int]] = {"decoded": decoded, "turned": turned, "unpacked": unpacked}
    told: dict[str, dict[str, float]] = {}
    for version in VERSIONS:
        data = stream(version)
        best = dict.fromkeys(ways, 0.0)
        for _ in range(ROUNDS):
            for name, way in ways.items():
                began = time.perf_counter()
                count = way(data, version)
                best[name] = max(best[name], count / (time.perf_counter() - began))
                assert count == FRAMES
        told[version] = best
    return told


def measure() -> dict[str, Any]:
    """About half a minute."""
    return {"codec": codec(), "delivered": delivered()}


def rows(result: dict[str, Any]) -> list[Row]:
    """Told: the issue sets no target."""
    got = result["delivered"]
    made = [
        Row("sms: CMPP messages kept and answered, window 16, SQLite", f"{got['per_s']:,.0f}/s",
            f"receipts sent beside: {got['submits']:,}", "", "", None),
        Row("sms: DELIVER to its answer after the commit, window full, p99", f"{got['p99_s'] * 1000:.1f} ms",
            "a carrier repeats after 60 s", f"{got['p99_s'] / 60:.4f}", "", None),
        Row("sms: processor time a message, the whole gateway", f"{got['cpu_us']:,.0f} µs", "", "", "", None),
    ]  # fmt: skip
    for version, told in result["codec"].items():
        limit = told["unpacked"]
        made += [
            Row(f"sms: CMPP {version} frames cut, checked and decoded, codec alone", f"{told['decoded']:,.0f}/s",
                f"struct.unpack only {limit:,.0f}/s", f"{told['decoded'] / limit:.2f}", "", None),
            Row(f"sms: CMPP {version} frames decoded and answers written, codec alone", f"{told['turned']:,.0f}/s",
                f"struct.unpack only {limit:,.0f}/s", f"{told['turned'] / limit:.2f}", "", None),
        ]  # fmt: skip
    return made


if __name__ == "__main__":
    run(measure, rows, __doc__ or "")
