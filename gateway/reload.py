"""Reloading: what a changed configuration means for the running Asterisk, without dropping a call.

Asterisk's files are rendered anew and its modules told to read them. What a reload cannot change (ports, folders) is
named, kept as it was in the running node and in what is rendered for Asterisk (a dialplan that names a FastAGI port where
nobody listens yet would send every caller past the flow), and applied at the next restart.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import structlog

from gateway.asterisk.ami import actions
from gateway.asterisk.ami.errors import AmiError
from gateway.asterisk.ami.link import Link
from gateway.asterisk.deploy import write
from gateway.asterisk.prompts import PromptError, build_prompts
from gateway.asterisk.render import AsteriskPaths, render
from gateway.settings import Secrets, Settings

_DIRECTORY = re.compile(r"^(ast\w+dir) *=>? *(\S+)$", re.MULTILINE)
_log = structlog.get_logger(__name__)

_FIXED = ("gateway.state_dir", "gateway.probe_every_s", "web.host", "web.port", "ledger.url", "bus.kind", "asterisk.host",
          "asterisk.ami_bind", "asterisk.ami_port", "asterisk.agi_host", "asterisk.agi_bind", "asterisk.agi_port",
          "log.level", "log.format")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What a reload did: Asterisk's files that changed, and the keys or files that wait for a restart."""

    changed: tuple[str, ...]
    needs_restart: tuple[str, ...]


def with_fixed(old: Settings, new: Settings) -> tuple[Settings, list[str]]:
    """``new`` with all that only a restart can change left as in ``old``, and the names of what waits for it."""
    waiting = [name for name in _FIXED if _value(old, name) != _value(new, name)]
    tables: dict[str, dict[str, object]] = {}
    for name in waiting:
        table, key = name.split(".")
        tables.setdefault(table, {})[key] = _value(old, name)
    kept: dict[str, Any] = {table: getattr(new, table).model_copy(update=keys) for table, keys in tables.items()}
    return replace(new, state_dir=old.state_dir, **kept), waiting


async def apply_to_asterisk(
    new: Settings, secrets: Secrets, orders: Link, event_names: Iterable[str], waiting: list[str]
) -> Reloaded:
    """Render, write and reload what changed. When Asterisk is not ours to configure only the node itself changes.

    ``new`` and ``waiting`` come from ``with_fixed``.
    """
    waiting = list(waiting)
    paths = installed_paths(new.state_dir / "asterisk")
    if paths is None:
        _log.warning("reload.asterisk_not_ours", hint="run gateway render and reload Asterisk")
        return Reloaded((), tuple(waiting))
    try:
        flows = {flow.id: flow for flow in new.flows}
        recorded, cache = new.config_dir / "prompts", new.state_dir / "prompt-cache"
        await asyncio.to_thread(build_prompts, flows, paths.data / "sounds", recorded, cache)
    except PromptError as error:
        _log.error("reload.prompts", error=str(error))
    files = render(new, secrets, paths, event_names)
    written = await asyncio.to_thread(write, files, paths.etc)
    for module in written.reload:
        try:
            await orders.send(actions.reload(module), timeout=10.0)
        except AmiError as error:
            # The files are right and Asterisk reads them when it is back; the calls it has go on.
            _log.error("reload.asterisk", module=module, error=str(error))
            waiting.append(module)
    return Reloaded(written.changed, tuple(waiting) + written.restart)


def installed_paths(root: Path) -> AsteriskPaths | None:
    """The paths of an Asterisk that was set up below ``root``; None when there is none or it is not ours."""
    try:
        text = (root / "etc" / "asterisk.conf").read_text(encoding="utf-8")
        share = (root / "data" / "documentation").readlink().parent
    except OSError:
        return None
    found = dict(_DIRECTORY.findall(text))
    if not {"astmoddir", "astsbindir"} <= found.keys():
        return None
    return AsteriskPaths.under(root, modules=Path(found["astmoddir"]), share=share, sbin=Path(found["astsbindir"]))


def _value(settings: Settings, name: str) -> object:
    table, key = name.split(".")
    return getattr(getattr(settings, table), key)
