"""Writes tests/channels/email/corpus: a mail for each trap of reading, with what must be read of it beside.

    python -m tests.channels.email.make_corpus

Made by us; persons, addresses and requests are invented. ``NNN-name.eml`` is the mail, byte for byte what the trap is
about; ``NNN-name.json`` tells subject, sender, text, files (name, type, size, inline, content id) and flags, and where
the case is about more, that as well. What is expected is written by hand in ``cases``, never taken from the reader.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.channels.email.cases import (
    charset_cases,
    file_cases,
    header_cases,
    html_cases,
    machine_cases,
    structure_cases,
)
from tests.channels.email.cases.made import Case

FOLDER = Path(__file__).parent / "corpus"


def cases() -> Iterator[Case]:
    """All cases in the order of their numbers."""
    for module in (header_cases, charset_cases, structure_cases, html_cases, file_cases, machine_cases):
        yield from module.cases()


def expected(case: Case) -> str:
    """The JSON beside a mail."""
    told = {
        "subject": case.subject,
        "from": list(case.sender),
        "text": case.text,
        "files": [list(one) for one in case.files],
        "flags": sorted(case.flags),
        **case.more,
    }
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def output() -> dict[str, bytes]:
    """All files by name."""
    found: dict[str, bytes] = {}
    for number, case in enumerate(cases(), 1):
        stem = f"{number:03}-{case.name}"
        found[f"{stem}.eml"] = case.raw
        found[f"{stem}.json"] = expected(case).encode()
    return found


def main() -> None:
    """Write the folder anew."""
    FOLDER.mkdir(exist_ok=True)
    files = output()
    for old in FOLDER.iterdir():
        if old.name not in files:
            old.unlink()
    for name, content in files.items():
        (FOLDER / name).write_bytes(content)
    print(f"{len(files) // 2} mails, {sum(map(len, files.values()))} bytes")


if __name__ == "__main__":
    main()
