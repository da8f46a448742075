"""What citizens send by the page and by apps: one body for both, and the message and original that it becomes.

The original kept for a submission is this body as JSON with the photos' records beside it (the photos are in the store
of files), so ``message_of`` can make the same message of it again at any time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Literal

import orjson
from pydantic import Field, field_validator, model_validator

from gateway.model.ids import new_id
from gateway.model.messages import Attachment, Message, Person, Place, Raw
from gateway.model.value import value
from gateway.tickets.config import Kind
from gateway.tickets.ports import Taken
from gateway.web.asked import Instant, Lines, Part
from gateway.web.problem import Problem
from gateway.web.services import Desk
from gateway.web.uploads import HANDLE_LENGTH

RAW_TYPE = "application/json; profile=submission"
_GIVEN = ("kind", "category", "is_secret", "is_anonymous", "is_public", "need_callback", "against")


class SubmissionBody(Part):
    """A request of a citizen. Only ``text`` is needed; what is left out is asked of nobody."""

    text: Lines = Field(min_length=1, max_length=20_000, pattern=r"\S", description="what it is about; may have lines")
    title: str = Field(default="", max_length=60)
    kind: Kind | Literal[""] = Field(default="", description="empty: the hotline decides")
    category: str = Field(default="", max_length=20, description="a code of the hotline's categories")
    against: str = Field(default="", max_length=80, description="whom or what it is about")
    occurred_at: Instant | None = Field(default=None, ge=0, le=4_102_444_800)
    address: str = Field(default="", max_length=200)
    longitude: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)
    latitude: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)
    crs: Literal["", "WGS-84", "GCJ-02", "BD-09", "CGCS2000"] = Field(
        default="", description="reference system of the coordinates; WGS-84 when they are given without one"
    )
    name: str = Field(default="", max_length=40)
    contact_number: str = Field(default="", pattern=r"^(\+?[0-9][0-9 -]{4,19})?$")
    is_secret: bool = Field(default=False, description="name and number are not told to the department")
    is_anonymous: bool = Field(default=False, description="name and number are not recorded at all")
    is_public: bool = False
    need_callback: bool = False
    language: str = Field(default="", max_length=20)
    uploads: tuple[str, ...] = Field(default=(), max_length=20, description="ids of POST /api/v1/uploads")
    channel: Literal["web", "app"] = Field(default="web", description="app needs a machine's token")
    user_id: str = Field(default="", max_length=64, description="the app's own id of the person; only with a token")

    @field_validator("uploads")
    @classmethod
    def _are_short(cls, handles: tuple[str, ...]) -> tuple[str, ...]:
        if any(len(handle) > HANDLE_LENGTH for handle in handles):
            raise ValueError("not an id of an upload")
        return handles

    @model_validator(mode="after")
    def _fits_together(self) -> SubmissionBody:
        if (self.longitude is None) != (self.latitude is None):
            raise ValueError("longitude and latitude belong together")
        if self.is_anonymous and (self.name or self.contact_number):
            raise ValueError("is_anonymous: name and contact_number must be left out")
        return self


@value
class Submission:
    """A checked body, what it is to be known by, and its photos. ``login`` is the app's, "" on the page."""

    key: str
    body: SubmissionBody
    photos: tuple[Attachment, ...]
    at: float
    address: str
    login: str = ""

    @property
    def fingerprint(self) -> str:
        """The same for the same request, whatever its photos' records are called this time."""
        said = {**self.body.__dict__}  # as model_dump(mode="json") has it: texts, numbers and marks only
        del said["uploads"]
        photos = [photo.original or photo.sha256 for photo in self.photos]
        return hashlib.sha256(orjson.dumps([said, photos], option=orjson.OPT_SORT_KEYS)).hexdigest()


class Twice(Exception):
    """The key is known for another request; ``ticket_no`` is that one's, for the eyes of who holds the key."""

    def __init__(self, ticket_no: str) -> None:
        super().__init__("another request under the same key")
        self.ticket_no = ticket_no


def check_against(body: SubmissionBody, desk: Desk) -> None:
    """What the model cannot know: the configuration's limits and categories. Raises Problem 400 with the field."""
    most = desk.config.text_most
    if len(body.text) > most:
        zh, en = f"正文最多 {most} 字，现有 {len(body.text)} 字", f"field text: at most {most} characters"
        raise Problem(400, zh, en, field="text")
    if body.category and body.category not in {one.code for one in desk.services.categories().category}:
        raise Problem(400, "没有这个分类", "field category: no such category", field="category")
    if len(body.uploads) > desk.config.photos_most:
        zh, en = f"照片最多 {desk.config.photos_most} 张", f"at most {desk.config.photos_most} photos"
        raise Problem(400, zh, en, field="uploads")


def original_of(submission: Submission) -> Raw:
    """The original to be kept: the body and the photos' records."""
    content = {
        "body": submission.body.model_dump(mode="json", exclude_defaults=True),
        "photos": [asdict(photo) for photo in submission.photos],
    }
    meta = {"key": submission.key, "address": submission.address, "login": submission.login}
    channel, account = submission.body.channel, submission.login or "page"
    return Raw(new_id(), channel, account, submission.at, RAW_TYPE, orjson.dumps(content), meta)


def message_of(raw: Raw) -> Message:
    """The message of an original of ours, the same each time. Raises ValueError for one that is not of this form."""
    try:
        content = orjson.loads(raw.body)
        body = SubmissionBody.model_validate(content["body"])
        photos = tuple(Attachment(**photo) for photo in content["photos"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"raw {raw.id} is not a submission: {error}") from None
    submission = Submission(raw.meta.get("key", ""), body, photos, raw.received_at, "", raw.meta.get("login", ""))
    return _message(submission, raw)


def _message(submission: Submission, raw: Raw) -> Message:
    body = submission.body
    given: dict[str, Any] = {name: getattr(body, name) for name in _GIVEN if getattr(body, name)}
    return Message(
        key=submission.key,
        channel=raw.channel,
        account=raw.account,
        kind="form",
        occurred_at=submission.at if body.occurred_at is None else body.occurred_at,
        received_at=submission.at,
        external_id=submission.key.partition(":")[2],
        conversation=f"{raw.channel}:{raw.account}:{body.user_id}" if body.user_id else "",
        person=Person(user_id=body.user_id, name=body.name, contact_number=_plain(body.contact_number)),
        title=body.title,
        text=body.text,
        place=_place(body),
        attachments=submission.photos,
        given=given,
        language=body.language,
        more={"fingerprint": submission.fingerprint},
    )


def _plain(number: str) -> str:
    return number.replace(" ", "").replace("-", "")


def _place(body: SubmissionBody) -> Place | None:
    if body.longitude is None or body.latitude is None:
        return Place(address=body.address) if body.address else None
    return Place(body.address, body.longitude, body.latitude, body.crs or "WGS-84")


async def submit(submission: Submission, desk: Desk, way: str) -> Taken:
    """Make it durable. Returns after the commit; raises Twice when the key stands for another request."""
    raw = original_of(submission)
    taken = await desk.services.intake.take(raw, _message(submission, raw))
    desk.figures.submissions.labels(way, taken.outcome).inc()
    if taken.outcome == "known":
        first = await desk.services.ledger.message(taken.message_id)
        if first is None or first.message.more.get("fingerprint") != submission.fingerprint:
            raise Twice(taken.ticket.ticket_no if taken.ticket else "")
    return taken


def photos_of(handles: Sequence[str], desk: Desk) -> tuple[Attachment, ...]:
    """The photos that handles stand for. Raises Problem 422 for one that is not ours or too old."""
    claimed = tuple(desk.counter.uploads.claim(handle) for handle in handles)
    if None in claimed:
        place = claimed.index(None)
        zh, en = "照片编号无效或已过期，请重新上传", "an upload is unknown or older than a day: send it again"
        raise Problem(422, zh, en, field=f"uploads.{place}")
    return tuple(photo for photo in claimed if photo is not None)
