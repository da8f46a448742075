"""Reloading: what a changed configuration means for the running Asterisk, without dropping a call.

Asterisk's files are rendered anew and its modules told to read them. What a reload cannot change (doors, the ledger,
folders) is named, kept as it was in the running node, and applied at the next restart. Until something is written a
reload can still be refused as a whole; after that a module that would not take its file stays owed for the next one.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import structlog
from pydantic import BaseModel

from gateway.asterisk.ami import actions
from gateway.asterisk.ami.errors import AmiError
from gateway.asterisk.ami.link import Link
from gateway.asterisk.deploy import RELOADS, Written, write
from gateway.asterisk.prompts import PromptError, build_prompts
from gateway.asterisk.render import AsteriskPaths, RenderError, render
from gateway.settings import Secrets, Settings

_DIRECTORY = re.compile(r"^(ast\w+dir) *=>? *(\S+)$", re.MULTILINE)
_RELOAD_LIMIT_S = 10.0
_log = structlog.get_logger(__name__)

_FIXED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "gateway": ("state_dir", "probe_every_s", "probe_dial", "probe_limit_s"),
        "asterisk": (
            "host", "ami_bind", "ami_port", "agi_host", "agi_bind", "agi_port",
            "http_bind", "http_port", "softphone_url", "ice_servers",
        ),
        "web": (),
        "ledger": (),
        "bus": (),
        "files": (),
        "delivery": (),
        "followers": (),
        "guard": (),
        "log": (),
    }
)  # fmt: skip
"""Table -> the keys that are read once, at the start; () means every key of the table."""


class ReloadRefused(Exception):
    """The new configuration cannot be applied; nothing was changed. The message is for the operator."""


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What a reload did: Asterisk's files that changed, the keys or files that wait for a restart, and the modules
    that did not take their files (they are asked again at the next reload).
    """

    changed: tuple[str, ...]
    needs_restart: tuple[str, ...]
    owed: tuple[str, ...] = ()


def with_fixed(old: Settings, new: Settings) -> tuple[Settings, list[str]]:
    """The new settings with what a reload cannot change as it was, and the names of the keys that therefore wait."""
    held: dict[str, BaseModel] = {}
    waiting: list[str] = []
    for table, fixed in _FIXED.items():
        was, now = getattr(old, table), getattr(new, table)
        kept = {key: getattr(was, key) for key in fixed or type(was).model_fields}
        moved = [key for key, value in kept.items() if getattr(now, key) != value]
        if moved:
            held[table] = now.model_copy(update=kept)
            waiting += [f"{table}.{key}" for key in moved]
    if old.zone != new.zone:
        waiting.append("zone of the first hall")  # the ledger numbers its tickets by it
    return replace(new, state_dir=old.state_dir, **held), waiting  # type: ignore[arg-type]


async def apply_to_asterisk(
    settings: Settings,
    secrets: Secrets,
    orders: Link,
    event_names: Iterable[str],
    waiting: Iterable[str],
    owed: set[str],
) -> Reloaded:
    """Render, write and reload what changed. When Asterisk is not ours to configure only the node itself changes.

    ``settings`` and ``waiting`` come from ``with_fixed``. ``owed`` holds the modules that did not take their files at
    an earlier reload, and is kept up to date. Raises ReloadRefused before anything is written, OSError when the disk
    refuses.
    """
    paths = installed_paths(settings.state_dir / "asterisk")
    if paths is None:
        _log.warning("reload.asterisk_not_ours", hint="run gateway render and reload Asterisk")
        return Reloaded((), tuple(waiting))
    try:
        files = render(settings, secrets, paths, event_names)
        flows = {flow.id: flow for flow in settings.flows}
        recorded, cache = settings.config_dir / "prompts", settings.state_dir / "prompt-cache"
        await asyncio.to_thread(build_prompts, flows, paths.data / "sounds", recorded, cache)
    except (RenderError, PromptError) as error:
        raise ReloadRefused(str(error)) from error
    written = await _write(files, paths.etc, owed)
    owed.update(written.reload)
    for module in [module for module in dict.fromkeys(RELOADS.values()) if module in owed]:
        try:
            await orders.send(actions.reload(module), timeout=_RELOAD_LIMIT_S)
        except AmiError as error:
            # The files are right: an Asterisk that starts reads them, one that runs is asked again next time.
            _log.error("reload.asterisk", module=module, error=str(error), hint="run gateway reload again")
        else:
            owed.discard(module)
    return Reloaded(written.changed, (*waiting, *written.restart), tuple(sorted(owed)))


async def _write(files: Mapping[str, str], etc: Path, owed: set[str]) -> Written:
    try:
        return await asyncio.to_thread(write, files, etc)
    except OSError:
        # Some files may be new by now, and the next look at the disk would not call them changed.
        owed.update(RELOADS.values())
        raise


def installed_paths(root: Path) -> AsteriskPaths | None:
    """The paths of an Asterisk that was set up below ``root``; None when there is none or it is not ours."""
    try:
        text = (root / "etc" / "asterisk.conf").read_text(encoding="utf-8")
        share = (root / "data" / "documentation").readlink().parent
    except (OSError, UnicodeDecodeError):
        return None
    found = dict(_DIRECTORY.findall(text))
    if not {"astmoddir", "astsbindir"} <= found.keys():
        return None
    return AsteriskPaths.under(root, modules=Path(found["astmoddir"]), share=share, sbin=Path(found["astsbindir"]))
