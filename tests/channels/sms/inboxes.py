"""An inbox that records, and fails as it is told: for links that are tested without a channel."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.channels.sms.port import Arrived, Told
from gateway.model.http import HttpAsked

SECRET = "a-secret-of-the-path-0"
AT = 1_795_233_600.0


@dataclass
class RecordingInbox:
    """``faults`` are raised by the next calls, in order (None for none); repeats of a key are counted apart."""

    arrived_: list[Arrived] = field(default_factory=list)
    told_: list[Told] = field(default_factory=list)
    faults: dict[str, list[Exception]] = field(default_factory=dict)
    """By the text of a message or the external id of a report."""
    repeats: int = 0

    async def arrived(self, message: Arrived) -> None:
        self._fail(message.text or "")
        if any(one.key == message.key for one in self.arrived_):
            self.repeats += 1
        else:
            self.arrived_.append(message)

    async def told(self, report: Told) -> None:
        self._fail(report.external_id)
        self.told_.append(report)

    def _fail(self, name: str) -> None:
        if self.faults.get(name):
            raise self.faults[name].pop(0)

    @property
    def texts(self) -> list[str]:
        return [one.text or "" for one in self.arrived_]


def asked(
    body: bytes = b"", kind: str = "application/json", secret: str = SECRET, address: str = "127.0.0.1", **more: str
) -> HttpAsked:
    """A callback as a door sees it; ``target`` gives the query."""
    target = f"/in/sms/hainan/{secret}{more.pop('target', '')}"
    headers = ({"content-type": kind} if body else {}) | {name.replace("_", "-"): value for name, value in more.items()}
    return HttpAsked("POST" if body else "GET", target, {"secret": secret}, {}, headers, body, address, AT)
