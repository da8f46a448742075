"""Rows of what comes in and what goes out. What people said, and whom it reaches, is sealed as one ``data`` a row;
plain are only the columns that a search, a report or a clean-up needs, none of which names a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

import orjson

from gateway.ledger import tables
from gateway.ledger.driver import Params, Row
from gateway.ledger.personal import Seal
from gateway.ledger.rows import plain
from gateway.ledger.texts import dumps, storable
from gateway.model.messages import (
    Attachment,
    Conversation,
    DeadLetter,
    Delivery,
    Denial,
    Follower,
    KeptAttachment,
    KeptMessage,
    Message,
    Person,
    Place,
    Raw,
    Reply,
)

_RAW_PLAIN = ("id", "channel", "account", "received_at", "content_type", "file")
_ATTACHMENT_KEPT = ("message_id", "ticket_no", "channel", "account", "attempts", "due_at")
_ATTACHMENT_PLAIN = ("id", "state", "mime", "size", "sha256", "original")
_ATTACHMENT_COLUMNS = tuple(tables.attachments.columns.keys())
_REPLY_PLAIN = ("id", "ticket_no", "at", "author", "template")
_DELIVERY_PLAIN = (
    "id",
    "kind",
    "ticket_no",
    "channel",
    "account",
    "created_at",
    "state",
    "reply_id",
    "attempts",
    "due_at",
    "done_at",
    "external_id",
    "answer_by",
)
_DELIVERY_SEALED = ("target", "text", "error", "more")
_DELIVERY_COLUMNS = tuple(tables.deliveries.columns.keys())
_FOLLOWER_PLAIN = ("id", "name", "state", "cursor", "failures", "failing_since", "due_at", "created_at")
_FOLLOWER_SEALED = ("url", "secrets", "types", "error", "batch")
_FOLLOWER_COLUMNS = tuple(tables.followers.columns.keys())

_delivery_sealed = attrgetter(*_DELIVERY_SEALED)
_follower_sealed = attrgetter(*_FOLLOWER_SEALED)


# What comes in -------------------------------------------------------------------------------------------------------


def raw_row(raw: Raw, seal: Seal) -> Params:
    """``data`` is the sealed meta with its length in front (4 bytes, big-endian), then the body as it came."""
    row = plain(raw, _RAW_PLAIN)
    meta = dumps(raw.meta if type(raw.meta) is dict else dict(raw.meta))
    row["data"] = seal.close_bytes(f"raws/{raw.id}", b"".join((len(meta).to_bytes(4), meta, raw.body)))
    return row


def raw_of(row: Row, seal: Seal) -> Raw:
    id_, channel, account, received_at, content_type, data, file = row
    opened = seal.open_bytes(f"raws/{id_}", data)
    end = 4 + int.from_bytes(opened[:4])
    return Raw(id_, channel, account, received_at, content_type, opened[end:], orjson.loads(opened[4:end]), file)


def message_row(kept: KeptMessage, seal: Seal) -> Params:
    message = kept.message
    return {
        "id": kept.id,
        "raw_id": kept.raw_id,
        "ticket_no": kept.ticket_no,
        "channel": message.channel,
        "account": storable(message.account),
        "kind": message.kind,
        "occurred_at": message.occurred_at,
        "received_at": message.received_at,
        "data": seal.close(f"messages/{kept.id}", message),
    }


def message_of(row: Row, seal: Seal) -> KeptMessage:
    id_, raw_id, ticket_no, *_, data = row
    values = seal.open(f"messages/{id_}", data)
    values["person"] = Person(**values["person"])
    values["place"] = Place(**values["place"]) if values["place"] is not None else None
    values["attachments"] = tuple([Attachment(**one) for one in values["attachments"]])
    values["flags"] = tuple(values["flags"])
    return KeptMessage(id_, raw_id, ticket_no, Message(**values))


def attachment_row(kept: KeptAttachment, seal: Seal) -> Params:
    one = kept.attachment
    row = plain(kept, _ATTACHMENT_KEPT) | plain(one, _ATTACHMENT_PLAIN)
    said = {"name": one.name, "source": dict(one.source), "note": one.note}
    row["data"] = seal.close(f"attachments/{one.id}", said)
    return row


def attachment_of(row: Row, seal: Seal) -> KeptAttachment:
    values = dict(zip(_ATTACHMENT_COLUMNS, row, strict=True))
    said = seal.open(f"attachments/{values['id']}", values["data"])
    attachment = Attachment(**{name: values[name] for name in _ATTACHMENT_PLAIN}, **said)
    return KeptAttachment(attachment, **{name: values[name] for name in _ATTACHMENT_KEPT})


def conversation_row(conversation: Conversation, seal: Seal) -> Params:
    """ValueError for a conversation without an id: it would be everybody's."""
    key = conversation_key(conversation.id, seal)
    if key is None:
        raise ValueError("id: a conversation is kept under its id")
    return {"id": key, "data": seal.close(f"conversations/{key.hex()}", conversation)}


def conversation_key(id_: str, seal: Seal) -> bytes | None:
    return seal.text_hash("conversation", id_)


def conversation_of(row: Row, seal: Seal) -> Conversation:
    key, data = row
    return Conversation(**seal.open(f"conversations/{bytes(key).hex()}", data))


def sender_key(channel: str, user_id: str, seal: Seal) -> bytes | None:
    return seal.text_hash("sender", f"{channel}\0{user_id}" if user_id else "")


def denial_row(denial: Denial, seal: Seal) -> Params:
    """ValueError for a denial of nobody."""
    sender = sender_key(denial.channel, denial.user_id, seal)
    if sender is None:
        raise ValueError("user_id: a denial names a sender")
    said = {"user_id": denial.user_id, "reason": denial.reason}
    return {
        "id": denial.id,
        "channel": denial.channel,
        "sender_hash": sender,
        "author": storable(denial.by),
        "at": denial.at,
        "until": denial.until,
        "lifted": False,
        "data": seal.close(f"denials/{denial.id}", said),
    }


def denial_of(row: Row, seal: Seal) -> Denial:
    id_, channel, _, author, at, until, _, data = row
    said = seal.open(f"denials/{id_}", data)
    return Denial(id_, channel, said["user_id"], said["reason"], author, at, until)


# What goes out -------------------------------------------------------------------------------------------------------


def reply_row(reply: Reply, seal: Seal) -> Params:
    row = plain(reply, _REPLY_PLAIN)
    row["data"] = seal.close(f"replies/{reply.id}", {"text": reply.text})
    return row


def reply_of(row: Row, seal: Seal) -> Reply:
    id_, ticket_no, at, author, template, data = row
    return Reply(id_, ticket_no, at, author, seal.open(f"replies/{id_}", data)["text"], template)


def delivery_row(delivery: Delivery, seal: Seal) -> Params:
    row = plain(delivery, _DELIVERY_PLAIN)
    said = dict(zip(_DELIVERY_SEALED, _delivery_sealed(delivery), strict=True))
    row["data"] = seal.close(f"deliveries/{delivery.id}", said)
    return row


def delivery_of(row: Row, seal: Seal) -> Delivery:
    values = dict(zip(_DELIVERY_COLUMNS, row, strict=True))
    return Delivery(**seal.open(f"deliveries/{values['id']}", values.pop("data")), **values)


def follower_row(follower: Follower, seal: Seal) -> Params:
    row = plain(follower, _FOLLOWER_PLAIN)
    kept = dict(zip(_FOLLOWER_SEALED, _follower_sealed(follower), strict=True))
    row["data"] = seal.close(f"followers/{follower.id}", kept)
    return row


def follower_of(row: Row, seal: Seal) -> Follower:
    values = dict(zip(_FOLLOWER_COLUMNS, row, strict=True))
    kept: dict[str, Any] = seal.open(f"followers/{values['id']}", values.pop("data"))
    kept["secrets"], kept["types"] = tuple(kept["secrets"]), tuple(kept["types"])
    return Follower(**values, **kept)


def dead_letter_row(letter: DeadLetter, seal: Seal) -> Params:
    place = f"dead_letters/{letter.follower_id}/{letter.sequence}"
    return {
        "follower_id": letter.follower_id,
        "sequence": letter.sequence,
        "at": letter.at,
        "data": seal.close(place, {"error": letter.error}),
    }


def dead_letter_of(row: Row, seal: Seal) -> DeadLetter:
    follower_id, sequence, at, data = row
    said: Mapping[str, Any] = seal.open(f"dead_letters/{follower_id}/{sequence}", data)
    return DeadLetter(follower_id, sequence, at, said["error"])
