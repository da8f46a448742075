"""Encrypted WeChat pushes acknowledged a second (signature checked, opened, made durable, answered with the sealed
ticket number), and the latency of 1,000 a second.

A push of the platform is made before the measurement, by wechatpy and not by the gateway's code (tests/fakes/tencent):
each citizen writes three messages, of which the first opens a ticket and the others join it. The account is the shipped
example, switched on; the limit of messages for one sender stays, nobody reaches it. Nothing of the platform is called.
"""

from __future__ import annotations

import json
import pickle
import random
import re
import shutil
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench.load import Job, run_load
from bench.served import gateway, on_disk
from bench.site import cpu_s
from bench.table import Row, run
from tests.fakes.tencent import Official, xml_of
from tools.lab.site import CONFIG

RATE = 1_000.0
CONNECTIONS, SECONDS, WARM_S = 64, 5.0, 1.5
FULL, TIMED = 16_000, 9_000
A_PERSON = 3
_TEXTS = (
    "美兰区人民大道68号小区门口的路灯坏了三天，晚上很不安全，请派人来修。",
    "还有小区东门的路灯也不亮。",
    "联系我请打13812345678。",
)


def with_wechat(folder: Path, account: Official) -> tuple[Path, dict[str, str]]:
    """The shipped configuration with its WeChat account on, and the environment with its secrets."""
    config = folder / "config"
    shutil.copytree(CONFIG, config)
    file = config / "channels.toml"
    text = file.read_text(encoding="utf-8")
    secrets = {"token": account.token, "aes_key": account.key, "app_secret": account.secret}
    first, mark, rest = text.partition("[[wecom]]")
    first = first.replace("enabled = false", "enabled = true", 1)
    first = re.sub(r'original_id = "[^"]*"', f'original_id = "{account.gh}"', first)
    first = re.sub(r'app_id = "[^"]*"', f'app_id = "{account.app_id}"', first)
    for name in secrets:
        first = re.sub(rf'^{name} = "[^"]*"', f'{name} = "env:BENCH_{name.upper()}"', first, flags=re.MULTILINE)
    file.write_text(first + mark + rest, encoding="utf-8")
    return config, {f"BENCH_{name.upper()}": value for name, value in secrets.items()}


def pushes(account: Official, port: int, first: int, count: int) -> list[bytes]:
    """Requests as the platform would send them now. A citizen's messages are a third of the pushes apart."""
    now, people = time.time(), -(-count // A_PERSON)
    made = []
    for n in range(count):
        fields = {
            "ToUserName": account.gh, "FromUserName": f"oBench{first + n % people:020d}", "CreateTime": int(now),
            "MsgType": "text", "Content": _TEXTS[n // people], "MsgId": 24_000_000_000_000_000 + first + n,
        }  # fmt: skip
        query, body = account.signed(now, xml_of(fields))
        head = (
            f"POST /in/wechat/hainan?{urlencode(query)} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Content-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


def measure() -> dict[str, Any]:
    """About forty seconds."""
    random.seed(12345)
    account = Official()
    with on_disk("wechat") as folder:
        config, secrets = with_wechat(folder, account)
        with gateway(folder, config=config, more=secrets) as served:
            told: dict[str, Any] = {}
            for name, count, rate, first in (("full", FULL, 0.0, 0), ("timed", TIMED, RATE, 10_000_000)):
                file = folder / f"{name}.pickle"
                file.write_bytes(pickle.dumps(pushes(account, served.port, first, count)))
                used = cpu_s(served.child.pid)
                seconds = SECONDS if not rate else (count - 500) / rate - WARM_S
                job = Job(
                    served.port, "", "", connections=CONNECTIONS, seconds=seconds, warm_s=WARM_S, rate=rate,
                    requests=str(file),
                )  # fmt: skip
                got = run_load(job)
                if set(got.statuses) != {"200"} or "<Encrypt>" not in got.sample:
                    raise RuntimeError(f"answers were {json.dumps(got.statuses)}: {got.sample}")
                told[name] = asdict(got) | {"cpu_us": (cpu_s(served.child.pid) - used) / got.sent * 1e6}
        return told


def rows(result: dict[str, Any]) -> list[Row]:
    """Told: the issue sets no target."""
    full, timed = result["full"], result["timed"]
    return [
        Row("wechat: encrypted messages acknowledged, SQLite", f"{full['per_s']:,.0f}/s", "", "", "", None),
        Row(f"wechat: p99 at {timed['per_s']:,.0f}/s", f"{timed['p99_s'] * 1000:.1f} ms", "the platform cuts at 5 s",
            f"{timed['p99_s'] / 5:.4f}", "", None),
    ]  # fmt: skip


if __name__ == "__main__":
    run(measure, rows, __doc__ or "")
