"""What is shown of answers written with nine mail programmes: right or wrong, beside PyPI's mail-parser-reply.

    python -m bench.mailtext

The samples are those of tests/channels/email/clients, made by us after the forms that these programmes write. Our rules
were mended on them, the peer's were not: the figure says that these forms are known, not how many others are. Both
sides get the same text (our reader's, quotations of HTML as > lines) and nothing else: no headers, no HTML. Right is
what holds the same lines as expected, blank ones apart. The peer runs with its Chinese and English rules and is asked
for the body of the latest reply, without signature and disclaimer.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from typing import Any

from bench.served import PEER, ROOT
from bench.table import Row, run
from gateway.channels.email.reading import read_mail
from gateway.channels.email.shown import shown

SAMPLES = ROOT / "tests" / "channels" / "email" / "clients"
NINE = {
    "qq": "QQ", "163": "163", "outlook": "Outlook", "foxmail": "Foxmail", "apple": "Apple", "gmail": "Gmail",
    "wecom": "WeChat Work mail", "android": "Android", "iphone": "iPhone",
}  # fmt: skip
OTHERS = {"other": "other clients", "stays": "nothing to strip"}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.replace("\u00a0", " ").split("\n") if line.strip()]


def _peer(texts: list[str]) -> dict[str, Any] | None:
    """The peer's answers; None where its environment or the package is missing."""
    python = PEER / "python"
    if not python.exists():
        return None
    done = subprocess.run(
        [str(python), "-m", "bench.peers.reply_parser"],
        input=json.dumps(texts), capture_output=True, text=True, timeout=120, check=False, cwd=ROOT,
    )  # fmt: skip
    if "No module named 'mailparser_reply'" in done.stderr:
        return None
    if done.returncode:
        raise RuntimeError(f"mail-parser-reply failed: {done.stderr[-1000:]}")
    return dict(json.loads(done.stdout))


def measure() -> dict[str, Any]:
    """A second or two."""
    files = sorted(SAMPLES.glob("*.eml"))
    wanted = [_lines(one.with_suffix(".txt").read_text(encoding="utf-8")) for one in files]
    texts = [read_mail(one.read_bytes()).text for one in files]
    began = time.perf_counter()
    ours = [shown(text).text for text in texts]
    took = time.perf_counter() - began
    peer = _peer(texts)
    return {
        "samples": [one.stem for one in files],
        "ours": _right(ours, wanted),
        "ours_seconds": took,
        "peer": _right(peer["texts"], wanted) if peer else None,
        "peer_seconds": peer["seconds"] if peer else None,
        "peer_version": peer["version"] if peer else "",
    }


def _right(texts: Sequence[str], wanted: Sequence[list[str]]) -> list[bool]:
    return [_lines(text) == one for text, one in zip(texts, wanted, strict=True)]


def rows(result: dict[str, Any]) -> list[Row]:
    """One for each client, then all nine, then the rest; at the end the time."""
    made = [_row(result, {client: name}) for client, name in NINE.items()]
    made += [_row(result, NINE, "all nine"), *(_row(result, {client: name}) for client, name in OTHERS.items())]
    count, took = len(result["samples"]), result["ours_seconds"]
    theirs = result["peer_seconds"]
    told = f"{count / theirs:,.0f}/s" if theirs else "not installed"
    ratio = f"{theirs / took:.1f}" if theirs else ""
    return [
        *made,
        Row("mailtext: texts a second", f"{count / took:,.0f}/s", f"mail-parser-reply: {told}", ratio, "", None),
    ]


def _row(result: dict[str, Any], clients: dict[str, str], name: str = "") -> Row:
    at = [n for n, sample in enumerate(result["samples"]) if sample.partition("-")[0] in clients]
    ours = sum(result["ours"][n] for n in at)
    theirs = sum(result["peer"][n] for n in at) if result["peer"] else None
    told = "not installed" if theirs is None else f"{result['peer_version']}: {theirs} of {len(at)}"
    named = name or next(iter(clients.values()))
    figure = f"mailtext: right, {named}"
    ratio = f"{ours / theirs:.1f}" if theirs else ""
    met = bool(at) and ours == len(at)
    return Row(figure, f"{ours} of {len(at)}", f"mail-parser-reply {told}", ratio, "all", met)


if __name__ == "__main__":
    run(measure, rows, __doc__ or "")
