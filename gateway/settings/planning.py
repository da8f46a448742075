"""Editing the floor plan from the page: the hall's file with the change in it, judged with the settings' own checks,
shown as a diff, written whole or not at all, and taken into force.

A file that somebody has changed since the diff was shown is left alone; one that the gateway cannot take into force is
put back as it was. Reading, judging and writing happen in a thread: the loop serves calls.
"""

from __future__ import annotations

import asyncio
import difflib
import hashlib
import os
import shutil
import tempfile
import tomllib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

import structlog

from gateway.settings.errors import ConfigErrors
from gateway.settings.hall_text import moved
from gateway.settings.load import load
from gateway.web.plan_edit import PlanChange, PlanDraft, PlanRefused

_log = structlog.get_logger(__name__)


class HallFiles:
    """``config_dir`` is asked each time, for it may move with a reload; ``reload`` takes the files into force and
    raises when it cannot."""

    def __init__(
        self, config_dir: Callable[[], Path], environ: Mapping[str, str], reload: Callable[[], Awaitable[object]]
    ) -> None:
        self._config_dir, self._environ, self._reload = config_dir, environ, reload
        self._one = asyncio.Lock()

    async def preview(self, change: PlanChange) -> PlanDraft:
        """The file as it would be. Raises PlanRefused when that would not be a good configuration."""
        draft, _, _ = await asyncio.to_thread(self._made, change)
        return draft

    async def save(self, change: PlanChange, version: str) -> PlanDraft:
        """Write the file and take it into force. Raises PlanRefused, and then the file is as it was."""
        async with self._one:
            draft, before, after = await asyncio.to_thread(self._made, change)
            path = self._config_dir() / draft.file
            if draft.version != version:
                raise PlanRefused(f"{draft.file} 已被他人修改，请重新打开布局", stale=True)
            if not draft.writable:
                raise PlanRefused(f"网关不能写 {draft.file}")
            if before == after:
                return replace(draft, saved=True)
            await asyncio.to_thread(_write, path, after)
            try:
                await self._reload()
            except Exception as error:
                await asyncio.to_thread(_write, path, before)
                _log.warning("plan.not_taken", file=draft.file, error=str(error))
                raise PlanRefused(f"布局未生效，文件已恢复：{error}") from error
            _log.info("plan.saved", file=draft.file)
            return replace(draft, saved=True)

    def _made(self, change: PlanChange) -> tuple[PlanDraft, bytes, bytes]:
        """The draft, and the file before and after."""
        directory = self._config_dir()
        path = _file_of(directory, change.hall)
        before = path.read_bytes()
        try:
            text = moved(before.decode("utf-8-sig").replace("\r\n", "\n"), change.seats, change.pillars)
        except KeyError as error:
            raise PlanRefused(f"没有这个座席或房间：{error.args[0]}", unknown=True) from None
        except ValueError as error:
            raise PlanRefused(str(error)) from None
        name = path.relative_to(directory).as_posix()
        _judge(directory, name, text, self._environ)
        diff = _diff(before.decode("utf-8-sig").replace("\r\n", "\n"), text, name)
        writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
        return PlanDraft(name, hashlib.sha256(before).hexdigest(), diff, writable), before, text.encode()


def _file_of(directory: Path, hall: str) -> Path:
    for path in sorted((directory / "halls").glob("*.toml")):
        try:
            found = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
        except (OSError, ValueError):
            continue  # the configuration's own check will tell of it
        if found.get("id") == hall:
            return path
    raise PlanRefused(f"没有这个大厅：{hall}", unknown=True)


def _judge(directory: Path, name: str, text: str, environ: Mapping[str, str]) -> None:
    """Read a copy of the whole configuration with the new text in it."""
    with tempfile.TemporaryDirectory(prefix="gateway-plan-") as made:
        copy = Path(made) / "config"
        shutil.copytree(directory, copy)
        target = copy / name
        target.chmod(0o600)
        target.write_text(text, encoding="utf-8")
        try:
            load(copy, environ)
        except ConfigErrors as errors:
            raise PlanRefused("\n".join(str(error) for error in errors.errors)) from None


def _diff(before: str, after: str, name: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), f"a/{name}", f"b/{name}", lineterm="")
    return "\n".join(lines)


def _write(path: Path, content: bytes) -> None:
    """Replace a file in one step, with its rights; whoever reads meanwhile sees the old or the new."""
    handle, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, made)
        Path(made).replace(path)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise
