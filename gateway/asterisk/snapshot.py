"""Snapshots: all that Asterisk knows now, asked for over AMI and made into one fact.

AMI has no replay, so after every log-in the live state is built from lists: channels (with their bridges), queues with
members and callers, and the phones that are registered. The event stream is already being buffered when the lists are
asked for; the facts that follow may repeat what the lists say, which the reducers take calmly.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.asterisk.ami import actions
from gateway.asterisk.ami.link import Link
from gateway.asterisk.ami.wire import Frame
from gateway.asterisk.translate import leg_image, member_image, waiting_image
from gateway.model.facts import LegImage, MemberSeen, Snapshot, WaitingImage
from gateway.model.ids import QueueId

_LIST_LIMIT_S = 8.0


async def take_snapshot(link: Link, epoch: int, now: Callable[[], float]) -> Snapshot:
    """Ask for all lists, one after another. Raises what ``Link.send_list`` raises; takes a few milliseconds a list."""
    channels = await link.send_list(actions.core_show_channels(), timeout=_LIST_LIMIT_S)
    at = now()
    queues = await link.send_list(actions.queue_status(), timeout=_LIST_LIMIT_S)
    contacts = await link.send_list(actions.pjsip_show_contacts(), timeout=_LIST_LIMIT_S)
    members, waiting = _queue_images(queues, at)
    return Snapshot(
        at,
        epoch,
        tuple(leg_image(frame) for frame in channels if "Uniqueid" in frame),
        members,
        waiting,
        tuple(QueueId(frame["Queue"]) for frame in queues if frame.get("Event") == "QueueParams"),
        *_contact_images(contacts),
    )


Images = tuple[tuple[MemberSeen, ...], tuple[WaitingImage, ...], tuple[LegImage, ...]]


async def take_images(link: Link, now: Callable[[], float]) -> Images:
    """Members and callers of all queues, and all legs, for the drift check."""
    queues = await link.send_list(actions.queue_status(), timeout=_LIST_LIMIT_S)
    channels = await link.send_list(actions.core_show_channels(), timeout=_LIST_LIMIT_S)
    members, waiting = _queue_images(queues, now())
    return members, waiting, tuple(leg_image(frame) for frame in channels if "Uniqueid" in frame)


def _queue_images(frames: list[Frame], at: float) -> tuple[tuple[MemberSeen, ...], tuple[WaitingImage, ...]]:
    members = tuple(member_image(f, at) for f in frames if f.get("Event") == "QueueMember")
    waiting = tuple(waiting_image(f) for f in frames if f.get("Event") == "QueueEntry")
    return members, waiting


def _contact_images(contacts: list[Frame]) -> tuple[frozenset[str], frozenset[str]]:
    """Endpoints with a contact that can be called, and those whose contacts all leave SIP OPTIONS unanswered."""
    silent = {_endpoint(frame) for frame in contacts if frame.get("Status") == "Unreachable"}
    reachable = frozenset(_endpoint(frame) for frame in contacts if frame.get("Status") != "Unreachable")
    return reachable, frozenset(silent) - reachable


def _endpoint(contact: Frame) -> str:
    return contact.get("Endpoint") or contact.get("Aor") or contact.get("ObjectName", "").partition(";")[0]
