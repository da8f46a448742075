"""``gateway normalize CHANNEL FILE...``: what the gateway makes of an original, as one JSON line a ticket.

No server is needed and nothing is written. With a configuration its rules propose kind, category, area and urgency;
without one the message is shown as it was read. A file that cannot be read costs one line on stderr and the exit
status; the others are done all the same. Numbers stand unmasked in what is printed: it is the operator's own file.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from gateway.cli import reason
from gateway.cli.common import add_config
from gateway.cli.entry import BadInput, Configured, Read, WrongUse
from gateway.cli.normalizers import NORMALIZERS
from gateway.cli.rules import rules_of
from gateway.model.messages import Attachment, Message
from gateway.settings import ConfigErrors, Secrets, SecretsRefused, Settings, load, load_secrets
from gateway.tickets.opening import draft, read
from gateway.tickets.policy import IntakePolicy

LARGEST = 67_108_864
"""Bytes of one original: more than any platform sends."""

_TOLD_APART = (
    "query_code",
    "raw_id",
    "channel_msg_id",
    "user_id",
    "name",
    "calling_number",
    "email",
    "flags",
    "proposed",
)
"""Fields of a draft that have another place in the line, or no value before a ticket is opened."""


_USUAL: dict[str, Any] = {
    "kind": "", "category": "", "urgency": "一般", "area_code": "", "contact_number": "", "address": "",
    "longitude": None, "latitude": None, "crs": "", "deadline_at": None, "language": "",
}  # fmt: skip
"""Fields that every line has, whatever the message states."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One sub-command a channel."""
    channels = parser.add_subparsers(dest="channel", required=True, metavar="CHANNEL")
    for name, entry in NORMALIZERS.items():
        sub = channels.add_parser(name, help=entry.what, description=f"Reads {entry.what}.", allow_abbrev=False)
        sub.add_argument("files", nargs="+", metavar="FILE", help="the original's bytes; - for standard input")
        entry.add_arguments(sub)
        add_config(sub, again=True)
    add_config(parser)


def run(args: argparse.Namespace) -> int:
    """0 when every file was read, 1 when one was not or the configuration does not serve."""
    try:
        settings = _settings(args.config)
        entry = NORMALIZERS[args.channel]
        reader = entry.reader(args, _configured(settings, args.config))
    except ConfigErrors as errors:
        print(errors, file=sys.stderr)
        return 1
    except (WrongUse, SecretsRefused) as error:
        print(f"gateway normalize: {error}", file=sys.stderr)
        return 1
    policy = rules_of(settings)
    return max([_one(name, reader, policy, entry.strict) for name in args.files])


def _settings(config: Path) -> Settings | None:
    """The configuration, None when there is no such directory. Raises ConfigErrors."""
    return load(config, os.environ) if config.is_dir() else None


def _configured(settings: Settings | None, config: Path) -> Configured:
    def configured() -> tuple[Settings, Secrets]:
        if settings is None:
            raise WrongUse(f"--account: there is no configuration in {config}")
        return settings, load_secrets(settings.state_dir, settings)

    return configured


def _one(name: str, reader: Read, policy: IntakePolicy, strict: bool) -> int:
    """Print the ticket of one file (or its tickets), and on a line of stderr what nobody can read.

    What cannot be read would be kept as a ticket too, and is printed as that; wrong input it is all the same.
    """
    try:
        read_in = reader(_bytes(name), time.time())
        found = [read_in] if isinstance(read_in, Message) else read_in
        lines = [ticket_line(one, policy) for one in found]
    except BadInput as error:
        print(f"gateway normalize: {name}: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"gateway normalize: {name}: {error.strerror or reason(error)}", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    sys.stdout.buffer.flush()
    unread = [(n, one) for n, one in enumerate(found, 1) if strict and one.kind == "unreadable"]
    for n, message in unread:
        why = message.more.get("why") or ", ".join(message.flags)
        print(f"gateway normalize: {name}: message {n}: cannot be understood ({why})", file=sys.stderr)
    return 1 if unread else 0


def _bytes(name: str) -> bytes:
    if name == "-":
        body = sys.stdin.buffer.read(LARGEST + 1)
    else:
        with Path(name).open("rb") as file:
            body = file.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise BadInput("body", f"has more than {LARGEST} bytes")
    return body


def ticket_line(message: Message, policy: IntakePolicy) -> dict[str, Any]:
    """The ticket that a message would open, with the person, files and marks of the message.

    ``opens_ticket`` is False for events, which are only noted. ``full_text`` is the text with what ``content`` leaves
    out of it (quotations in mail). Times are ISO 8601 in UTC.
    """
    made = draft(read(message, policy), "", "", policy)
    fields = _USUAL | {name: value for name, value in made.fields.items() if name not in _TOLD_APART}
    if fields.get("deadline_at") is not None:
        fields["deadline_at"] = _iso(fields["deadline_at"])
    person = message.person
    return {
        "channel": message.channel,
        "account": message.account,
        "key": message.key,
        "external_id": message.external_id,
        "occurred_at": _iso(message.occurred_at),
        "message_kind": message.kind,
        "opens_ticket": message.kind != "event",
        "title": made.fields["title"],
        "content": made.fields["content"],
        "full_text": message.full_text or message.text,
        "from": {
            "name": person.name,
            "user_id": person.user_id,
            "address": person.email or person.number,
            "number": person.number,
        },
        "attachments": [_file(one) for one in message.attachments],
        "flags": made.fields["flags"],
        "proposed": made.fields["proposed"],
        **{name: value for name, value in fields.items() if name not in ("title", "content")},
        "reply_to": message.reply_to,
        "more": fields.get("more", {}) | dict(message.more),
    }


def _file(one: Attachment) -> dict[str, Any]:
    told = asdict(one)
    return {name: told[name] for name in ("name", "mime", "size", "sha256", "state", "source", "note")}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
