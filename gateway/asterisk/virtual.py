"""A call to a virtual number over FastAGI (``agi://host/virtual/<number>``): what the dialplan is told of its way.

Whatever fails here leaves GW_V_KIND empty, and the dialplan says that it cannot be connected and leads to an agent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from gateway.asterisk.fastagi.session import AgiSession
from gateway.transfer.virtual import Route

_log = structlog.get_logger(__name__)

PATH = "virtual/"
_LIMIT_S = 3.0

Routes = Callable[[str, str], Awaitable[Route]]
"""Where a call goes: the virtual number and who calls, as the carrier says."""


async def serve_virtual(session: AgiSession, routes: Routes, shown: Callable[[str], str]) -> None:
    """Tell the dialplan the way of this call. Raises what the session raises (HungUp, LineFailed)."""
    number = session.path.removeprefix(PATH)
    caller = session.environment.get("agi_callerid", "")
    try:
        async with asyncio.timeout(_LIMIT_S):
            found = await routes(number, caller)
    except Exception as error:
        _log.error("virtual.not_routed", call_id=session.call_id, error=type(error).__name__, why=str(error))
        return
    told = {"GW_V_ID": found.binding, "GW_V_SIDE": found.side}
    if found.kind == "dial":
        told |= {"GW_V_NUMBER": found.number, "GW_V_SHOWN": shown(number)}
    told["GW_V_KIND"] = found.kind  # the last: half of the words must not be taken for the whole
    for name, value in told.items():
        await session.command("SET VARIABLE", name, value)
