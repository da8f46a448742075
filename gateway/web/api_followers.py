"""The systems that the feed is posted to (outgoing webhooks): set up, change, pause, rotate, test, replay. For admins.

A secret is shown once, in the answer that made it; afterwards only how many there are.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, Field

from gateway.model.messages import DeadLetter, Follower
from gateway.tickets.ports import NotFound, Refused
from gateway.web.asked import Asked, B, Nothing, Part, Q
from gateway.web.auth import ADMINS
from gateway.web.ports import FollowerActs
from gateway.web.problem import Problem, known
from gateway.web.routes import Answer, Route, route
from gateway.web.services import desk_of

T = TypeVar("T")

Name = Annotated[str, Field(min_length=1, max_length=80)]
Url = Annotated[str, Field(min_length=8, max_length=2000, description="where events are posted")]
Types = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=100)]],
    Field(max_length=50, description="patterns such as hotline.ticket.*; none for all"),
]
Batch = Annotated[
    int, Field(ge=1, le=100, description="1: one event a post; more: a CloudEvents batch of at most so many")
]
Cursor = Annotated[int, Field(ge=0, le=2**63 - 1)]


class FollowerBody(Part):
    """``after`` is the sequence behind which it begins; absent: now."""

    name: Name
    url: Url
    types: Types = []
    batch: Batch = 1
    after: Cursor | None = None


class FollowerChange(Part):
    """What is absent stays. ``state`` active forgets its failures; ``cursor`` further back posts again from there."""

    name: Name | None = None
    url: Url | None = None
    types: Types | None = None
    batch: Batch | None = None
    state: Literal["active", "paused"] | None = None
    cursor: Cursor | None = None


class ReplayBody(Part):
    sequence: Cursor | None = Field(default=None, description="one dead letter; absent: all, in sequence")


class LettersQuery(Part):
    limit: int = Field(default=100, ge=1, le=1000)


class FollowerView(BaseModel):
    """``behind`` is how many events of the feed lie behind its cursor; ``secrets`` how many secrets sign."""

    id: str
    name: str
    url: str
    types: list[str]
    batch: int
    state: Literal["active", "paused", "failing"]
    cursor: int
    behind: int
    secrets: int
    failures: int
    failing_since: float | None
    due_at: float | None
    error: str
    created_at: float


class FollowerList(BaseModel):
    items: list[FollowerView]


class FollowerSecret(BaseModel):
    """The only time that this secret is shown."""

    follower: FollowerView
    secret: str = Field(description="whsec_ and base64, for the libraries of Standard Webhooks")


class TriedView(BaseModel):
    """``status`` 0: no answer; ``error`` says why."""

    taken: bool
    status: int
    took_ms: int
    error: str


class DeadLetterView(BaseModel):
    sequence: int
    at: float
    error: str


class DeadLetterList(BaseModel):
    """In sequence. The event itself is ``/api/v1/feed?after={sequence - 1}&limit=1``."""

    items: list[DeadLetterView]


class ReplayView(BaseModel):
    """``left`` counts up to a hundred; ``error`` is why it stopped before the end."""

    taken: int
    left: int
    error: str


def _acts(asked: Asked[B, Q]) -> FollowerActs:
    acts = desk_of(asked.request).services.followers
    if acts is None:
        raise known(503)
    return acts


async def _done(act: Awaitable[T]) -> T:
    """The result of an act; what it refuses as a problem."""
    try:
        return await act
    except NotFound:
        raise Problem(404, "没有这个订阅方或死信", "no such follower or dead letter") from None
    except Refused as refused:
        raise Problem(400, refused.zh, str(refused), field=refused.field or None) from None


async def _view(asked: Asked[B, Q], follower: Follower) -> FollowerView:
    last = await desk_of(asked.request).tail.look()
    fields = {name: getattr(follower, name) for name in FollowerView.model_fields if name not in ("behind", "secrets")}
    fields["types"] = list(follower.types)
    return FollowerView(**fields, behind=max(0, last - follower.cursor), secrets=len(follower.secrets))


async def _note(asked: Asked[B, Q], act: str, id: str, **detail: Any) -> None:
    await desk_of(asked.request).gate.note(asked.request, asked.who, f"follower.{act}", id, asked.at, **detail)


async def followers(asked: Asked[Nothing, Nothing]) -> Answer:
    acts = desk_of(asked.request).services.followers
    found = await acts.all() if acts is not None else ()
    return FollowerList(items=[await _view(asked, follower) for follower in found])


async def follower(asked: Asked[Nothing, Nothing]) -> Answer:
    return await _view(asked, await _done(_acts(asked).one(asked.path["id"])))


async def create(asked: Asked[FollowerBody, Nothing]) -> Answer:
    made = await _done(_acts(asked).create(**asked.body.model_dump()))
    await _note(asked, "create", made.id, name=made.name, url=made.url)
    return FollowerSecret(follower=await _view(asked, made), secret=made.secrets[0])


async def change(asked: Asked[FollowerChange, Nothing]) -> Answer:
    changes = asked.body.model_dump(exclude_none=True)
    if not changes:
        raise Problem(400, "没有要修改的内容", "nothing to change", field="body")
    changed = await _done(_acts(asked).change(asked.path["id"], **changes))
    await _note(asked, "change", changed.id, **changes)
    return await _view(asked, changed)


async def remove(asked: Asked[Nothing, Nothing]) -> Answer:
    gone = await _done(_acts(asked).one(asked.path["id"]))
    await _done(_acts(asked).remove(gone.id))
    await _note(asked, "remove", gone.id, name=gone.name)
    return await _view(asked, gone)


async def rotate(asked: Asked[Nothing, Nothing]) -> Answer:
    rotated = await _done(_acts(asked).rotate(asked.path["id"]))
    await _note(asked, "rotate", rotated.id)
    return FollowerSecret(follower=await _view(asked, rotated), secret=rotated.secrets[0])


async def retire(asked: Asked[Nothing, Nothing]) -> Answer:
    retired = await _done(_acts(asked).retire(asked.path["id"]))
    await _note(asked, "retire", retired.id)
    return await _view(asked, retired)


async def test(asked: Asked[Nothing, Nothing]) -> Answer:
    tried = await _done(_acts(asked).test(asked.path["id"]))
    return TriedView(taken=tried.taken, status=tried.status, took_ms=round(tried.took_s * 1000), error=tried.error)


async def letters(asked: Asked[Nothing, LettersQuery]) -> Answer:
    found = await _done(_acts(asked).dead_letters(asked.path["id"], asked.query.limit))
    return DeadLetterList(items=[_letter(letter) for letter in found])


def _letter(letter: DeadLetter) -> DeadLetterView:
    return DeadLetterView(sequence=letter.sequence, at=letter.at, error=letter.error)


async def replay(asked: Asked[ReplayBody, Nothing]) -> Answer:
    id = asked.path["id"]
    taken, left, error = await _done(_acts(asked).replay(id, asked.body.sequence))
    await _note(asked, "replay", id, sequence=asked.body.sequence, taken=taken)
    return ReplayView(taken=taken, left=left, error=error)


async def drop(asked: Asked[Nothing, Nothing]) -> Answer:
    id, sequence = asked.path["id"], asked.path["sequence"]
    if not (sequence.isascii() and sequence.isdigit() and len(sequence) < 19):
        raise Problem(400, "序号须为数字", "the sequence must be a number", field="sequence")
    await _done(_acts(asked).drop(id, int(sequence)))
    await _note(asked, "drop", id, sequence=int(sequence))
    return DeadLetterList(items=[_letter(letter) for letter in await _acts(asked).dead_letters(id, 100)])


def routes() -> list[Route]:
    base, one = "/api/v1/followers", "/api/v1/followers/{id}"
    missing = (404, 503)
    return [
        route(
            "GET", base, "Systems that the feed is posted to", followers,
            roles=ADMINS, body=Nothing, query=Nothing, answer=FollowerList, errors=(503,),
        ),
        route(
            "POST", base, "Post the feed to a system (Standard Webhooks); the secret is shown once", create,
            roles=ADMINS, body=FollowerBody, query=Nothing, answer=FollowerSecret, status=201, errors=(503,),
        ),
        route(
            "GET", one, "One follower, how far it has come and what its last error was", follower,
            roles=ADMINS, body=Nothing, query=Nothing, answer=FollowerView, errors=missing,
        ),
        route(
            "PATCH", one, "Change, pause or resume a follower, or set its cursor back", change,
            roles=ADMINS, body=FollowerChange, query=Nothing, answer=FollowerView, errors=missing,
        ),
        route(
            "DELETE", one, "Remove a follower and its dead letters", remove,
            roles=ADMINS, body=Nothing, query=Nothing, answer=FollowerView, errors=missing,
        ),
        route(
            "POST", one + "/rotate", "A new secret; those of before sign for a day more", rotate,
            roles=ADMINS, body=Nothing, query=Nothing, answer=FollowerSecret, errors=missing,
        ),
        route(
            "POST", one + "/retire-secrets", "Only the newest secret signs from now on", retire,
            roles=ADMINS, body=Nothing, query=Nothing, answer=FollowerView, errors=missing,
        ),
        route(
            "POST", one + "/test", "Post a test event now and say what came back", test,
            roles=ADMINS, body=Nothing, query=Nothing, answer=TriedView, errors=missing,
        ),
        route(
            "GET", one + "/dead-letters", "Events that it did not take after all tries", letters,
            roles=ADMINS, body=Nothing, query=LettersQuery, answer=DeadLetterList, errors=missing,
        ),
        route(
            "POST", one + "/dead-letters/replay", "Post dead letters again until one fails", replay,
            roles=ADMINS, body=ReplayBody, query=Nothing, answer=ReplayView, errors=missing,
        ),
        route(
            "DELETE", one + "/dead-letters/{sequence}", "Forget a dead letter; answers with those left", drop,
            roles=ADMINS, body=Nothing, query=Nothing, answer=DeadLetterList, errors=missing,
        ),
    ]  # fmt: skip
