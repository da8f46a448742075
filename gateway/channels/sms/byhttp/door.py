"""The doors of an SMS vendor that pushes by HTTP: messages at ``/in/sms/{account}/{secret}``, reports below it.

Nothing in such a push is signed, so the address is the proof: its secret part is compared in constant time, the
caller's network is looked at, and whoever fails either gets the same 404. Whoever passes is believed to be the vendor,
and what the vendor sends is never lost: the answer comes after the commit, what could not be kept is answered 503 so
that the vendor repeats it, and what nobody can read is kept as it is, with its flag, and acknowledged: repeated it
would read no better. One callback holds several messages; each is kept by itself, so none waits for a faulty one.
"""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network, ip_address

import structlog

from gateway.channels.sms.byhttp.config import ByHttp
from gateway.channels.sms.port import Arrived, Inbox, Told
from gateway.model.http import Door, HttpAnswer, HttpAsked

_log = structlog.get_logger(__name__)

UNREADABLE = "unreadable"
_SECRET = re.compile(r"[A-Za-z0-9_-]{16,128}")
_LARGE = 65_536
"""Bodies beyond this are read in a thread: taking a megabyte apart takes longer than the loop may wait."""

_NOT_FOUND = HttpAnswer(404, b"not found\n")
_LATER = HttpAnswer(503, b"not kept, send it again\n")


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a callback held. ``passed`` are reports that name no message of ours: nothing can be done with them."""

    arrived: tuple[Arrived, ...] = ()
    told: tuple[Told, ...] = ()
    passed: tuple[str, ...] = ()


Read = Callable[[HttpAsked, bool], Pieces]
"""Reads a callback; True for one at the door for reports. Never raises."""


def unreadable(raw: bytes, content_type: str, at: float, flags: Sequence[str] = ()) -> Arrived:
    """A piece that nobody can read, as it came. Its key is its bytes, so that a repeat of it is known."""
    key = f"unread-{sha256(raw).hexdigest()[:40]}"
    return Arrived(key, raw, content_type, "", "", at, text="", flags=(UNREADABLE, *flags))


class SmsDoors:
    """The doors of one account. ``secret`` is what its address holds; ValueError when it is unfit for one.

    ``methods`` are those by which the vendor calls; ``done`` is the answer that it takes for an acknowledgement.
    ``refused`` counts callers without the secret or from elsewhere, ``unanswered`` callbacks left to be repeated,
    ``unread`` pieces kept unread.
    """

    def __init__(
        self,
        config: ByHttp,
        inbox: Inbox,
        secret: str,
        read: Read,
        done: HttpAnswer,
        methods: Sequence[str] = ("POST",),
    ) -> None:
        if not _SECRET.fullmatch(secret):
            raise ValueError("path: the secret needs 16 to 128 of A-Z a-z 0-9 - _")
        self._config, self._inbox, self._secret = config, inbox, secret
        self._read, self._done, self._methods = read, done, tuple(methods)
        self.refused = self.unanswered = self.unread = 0

    def doors(self) -> Sequence[Door]:
        """One for messages and one for reports, a method each. Their names go into figures and hold no secret."""
        name, path, most = (
            f"sms_{self._config.account}",
            f"/in/sms/{self._config.account}/{{secret}}",
            self._config.max_body,
        )
        heard, told = (
            "短信上行推送 / the SMS vendor pushes messages",
            "短信状态报告 / the SMS vendor reports deliveries",
        )
        return tuple(
            door
            for method in self._methods
            for door in (
                Door(method, path, self.receive, name, heard, most),
                Door(method, f"{path}/report", self.receive_report, f"{name}_report", told, most),
            )
        )

    def figures(self) -> Mapping[str, float]:
        """The counters for /metrics."""
        return {
            "sms_callbacks_refused": self.refused,
            "sms_callbacks_unanswered": self.unanswered,
            "sms_callbacks_unread": self.unread,
        }

    async def receive(self, asked: HttpAsked) -> HttpAnswer:
        """A callback at the address for messages."""
        return await self._receive(asked, reports=False)

    async def receive_report(self, asked: HttpAsked) -> HttpAnswer:
        """A callback at the address for reports."""
        return await self._receive(asked, reports=True)

    async def _receive(self, asked: HttpAsked, reports: bool) -> HttpAnswer:
        if not self._let_in(asked):
            return _NOT_FOUND
        try:
            async with asyncio.timeout(self._config.answer_s):
                await self._keep(await self._pieces(asked, reports))
        except OSError as error:  # TimeoutError is one, and so is a ledger that is away
            self.unanswered += 1
            why = str(error) or f"not kept within {self._config.answer_s} s"
            _log.error("sms_callback_unanswered", account=self._config.account, why=why)
            return _LATER
        return self._done

    def _let_in(self, asked: HttpAsked) -> bool:
        right = hmac.compare_digest(asked.path.get("secret", "").encode(), self._secret.encode())
        near = within(asked.address, self._config.allow)
        if right and near:
            return True
        self.refused += 1
        why = "its address is not in allow" if right else "the secret in the path is wrong"
        _log.warning("sms_callback_refused", account=self._config.account, address=asked.address, why=why)
        return False

    async def _pieces(self, asked: HttpAsked, reports: bool) -> Pieces:
        try:
            if len(asked.body) > _LARGE:
                return await asyncio.to_thread(self._read, asked, reports)
            return self._read(asked, reports)
        except Exception:  # a fault of ours must not cost the citizen's message
            _log.exception("sms_callback_not_read", account=self._config.account)
            kind = asked.headers.get("content-type", "")
            return Pieces((unreadable(asked.body or asked.target.partition("?")[2].encode(), kind, asked.at),))

    async def _keep(self, pieces: Pieces) -> None:
        """Keep each piece, in order for one sender and side by side for several. Raises the first OSError at the end,
        when all the others have been kept."""
        for why in pieces.passed:
            _log.warning("sms_report_passed", account=self._config.account, why=why)
        by_sender: dict[str, list[Arrived]] = {}
        for one in pieces.arrived:
            by_sender.setdefault(one.sender or one.key, []).append(one)
        gate, failed = asyncio.Semaphore(self._config.at_once), list[OSError]()
        async with asyncio.TaskGroup() as group:
            for batch in by_sender.values():
                group.create_task(self._arrive(batch, gate, failed))
            for report in pieces.told:
                group.create_task(self._tell(report, gate, failed))
        if failed:
            raise failed[0]

    async def _arrive(self, batch: Sequence[Arrived], gate: asyncio.Semaphore, failed: list[OSError]) -> None:
        for one in batch:
            async with gate:
                try:
                    await self._arrive_one(one)
                except OSError as error:
                    failed.append(error)
                    return  # what the same person wrote later must not overtake it

    async def _arrive_one(self, one: Arrived) -> None:
        if UNREADABLE in one.flags:
            self.unread += 1
            _log.error("sms_unreadable", account=self._config.account, size=len(one.raw), flags=one.flags)
        try:
            return await self._inbox.arrived(one)
        except OSError:
            raise
        except Exception:
            _log.exception("sms_not_taken", account=self._config.account)
        self.unread += 1
        bare = replace(one, text="", data=b"", coding=0, part=None, port=None, flags=(*one.flags, UNREADABLE))
        try:
            await self._inbox.arrived(bare)
        except OSError:
            raise
        except Exception as error:
            _log.exception("sms_not_kept", account=self._config.account)
            raise OSError(f"not kept: {type(error).__name__}") from error

    async def _tell(self, report: Told, gate: asyncio.Semaphore, failed: list[OSError]) -> None:
        async with gate:
            try:
                await self._inbox.told(report)
            except OSError as error:
                failed.append(error)
            except Exception as error:
                _log.exception("sms_report_not_kept", account=self._config.account)
                failed.append(OSError(f"not kept: {type(error).__name__}"))


def within(address: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    """True for an address of one of the networks, and for any when there are none. ``::ffff:1.2.3.4`` is 1.2.3.4."""
    if not networks:
        return True
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if (inner := getattr(parsed, "ipv4_mapped", None)) is not None:
        parsed = inner
    return any(parsed in network for network in networks)
