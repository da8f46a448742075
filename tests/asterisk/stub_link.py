"""StubLink: answers lists and actions from a script, for tests above the link. The link itself has its own tests."""

from __future__ import annotations

from gateway.asterisk.ami.actions import Action
from gateway.asterisk.ami.wire import Frame


class StubLink:
    """``lists`` maps an action's name to its items; ``refuse`` is raised by every send, or by those with the header
    ``refuses``; ``variables`` are what Getvar finds."""

    def __init__(self, lists: dict[str, list[dict[str, str]]] | None = None) -> None:
        self.lists = lists or {}
        self.sent: list[dict[str, object]] = []
        self.refuse: Exception | None = None
        self.refuses = ""
        self.variables: dict[str, str] = {}
        self.up = True

    async def send_list(self, action: Action, complete_event: str = "", timeout: float = 10.0) -> list[Frame]:
        if self.refuse is not None:
            raise self.refuse
        return [Frame(item) for item in self.lists.get(action.name, [])]

    async def send(self, action: Action, timeout: float = 5.0) -> Frame:
        self.sent.append(dict(action.headers))
        if self.refuse is not None and (not self.refuses or self.refuses in self.sent[-1]):
            raise self.refuse
        return Frame({"Response": "Success", "Value": self.variables.get(str(self.sent[-1].get("Variable")), "")})
