"""A configuration while it is being judged: what could be read, with the place of each piece for the messages.

One bad table must not hide errors elsewhere, so every item is validated alone, and names are also taken from items that
are wrong otherwise: a queue with a bad ring time is still a queue that seats may name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from gateway.alarms.config import AlarmsConfig
from gateway.asterisk.config import AsteriskConfig
from gateway.channels.accounts import ChannelsConfig
from gateway.ivr.config import CalendarConfig, Flow
from gateway.seats.config import EntryNumberConfig, HallConfig, QueueConfig
from gateway.settings import sources
from gateway.settings.errors import ConfigError, Location, explain, key_path, nearest
from gateway.settings.model import TABLES
from gateway.settings.sources import Source
from gateway.tickets.config import CategoriesConfig, IntakeConfig, RepliesConfig
from gateway.transfer.config import PartnerConfig
from gateway.transfer.virtual_config import VirtualConfig
from gateway.web.config import WebConfig

Model = TypeVar("Model", bound=BaseModel)
M = TypeVar("M", bound=BaseModel)

ARRAYS = {"queues.toml": "queue", "entries.toml": "entry", "partners.toml": "partner"}
FILES = (
    "gateway.toml", "queues.toml", "entries.toml", "partners.toml", "calendar.toml", "categories.toml",
    "channels.toml", "intake.toml", "replies.toml",
)  # fmt: skip
OPTIONAL = ("alarms.toml",)
"""Files that may be missing: what they set up is then not there (no rules, no alarms)."""


@dataclass(frozen=True, slots=True)
class Placed(Generic[Model]):
    """A valid piece and where it stands."""

    value: Model
    source: Source
    location: Location = ()

    def error(self, message: str, *below: int | str) -> ConfigError:
        """An error at the key ``below`` this piece."""
        return error_at(self.source, (*self.location, *below), message)


def error_at(source: Source, location: Location, message: str) -> ConfigError:
    return ConfigError(source.file, key_path(location, source.data), message, source.line_of(location))


class Anything(set[str]):
    """Stands for the names of a file that could not be read: every name is known, so no error follows from it."""

    def __contains__(self, _name: object) -> bool:
        return True


@dataclass(slots=True)
class Draft:
    """All pieces. ``names`` has the names of each kind, also of pieces that are wrong otherwise."""

    tables: dict[str, BaseModel] = field(default_factory=dict)
    table_source: Source = field(default_factory=lambda: Source("gateway.toml", None))
    halls: list[Placed[HallConfig]] = field(default_factory=list)
    queues: list[Placed[QueueConfig]] = field(default_factory=list)
    entries: list[Placed[EntryNumberConfig]] = field(default_factory=list)
    partners: list[Placed[PartnerConfig]] = field(default_factory=list)
    calendar: Placed[CalendarConfig] | None = None
    categories: Placed[CategoriesConfig] | None = None
    channels: Placed[ChannelsConfig] | None = None
    intake: Placed[IntakeConfig] | None = None
    replies: Placed[RepliesConfig] | None = None
    alarms: Placed[AlarmsConfig] | None = None
    flows: dict[str, Placed[Flow]] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=dict)
    errors: list[ConfigError] = field(default_factory=list)
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def asterisk(self) -> AsteriskConfig | None:
        table = self.tables.get("asterisk")
        return table if isinstance(table, AsteriskConfig) else None

    @property
    def virtual(self) -> VirtualConfig | None:
        table = self.tables.get("virtual")
        return table if isinstance(table, VirtualConfig) else None

    @property
    def web(self) -> WebConfig | None:
        table = self.tables.get("web")
        return table if isinstance(table, WebConfig) else None

    def known(self, kind: str) -> set[str]:
        return self.names.get(kind, Anything())


def read_all(directory: Path, environ: Mapping[str, str]) -> Draft:
    """Read and validate every file of the directory, piece by piece."""
    draft = Draft(errors=sources.strangers(directory, (*FILES, *OPTIONAL)), environ=environ)
    read = {name: sources.read(directory, name, (*FILES, *OPTIONAL)) for name in FILES}
    for source in read.values():
        draft.errors += source.errors
    _tables(draft, read["gateway.toml"], environ)
    draft.queues = list(_array(draft, read["queues.toml"], "queue", "id", QueueConfig))
    draft.entries = list(_array(draft, read["entries.toml"], "entry", "number", EntryNumberConfig))
    draft.partners = list(_array(draft, read["partners.toml"], "partner", "number", PartnerConfig))
    draft.calendar = _whole(draft, read["calendar.toml"], CalendarConfig)
    draft.categories = _whole(draft, read["categories.toml"], CategoriesConfig)
    draft.channels = _whole(draft, read["channels.toml"], ChannelsConfig)
    draft.intake = _whole(draft, read["intake.toml"], IntakeConfig)
    draft.replies = _whole(draft, read["replies.toml"], RepliesConfig)
    draft.alarms = _optional(draft, directory, "alarms.toml", AlarmsConfig)
    calendars = (read["calendar.toml"].data or {}).get("calendars", {})
    if read["calendar.toml"].data is not None and isinstance(calendars, dict):
        draft.names["calendar"] = set(calendars)
    draft.halls = [hall for source in _folder(draft, directory, "halls") if (hall := _whole(draft, source, HallConfig))]
    _flows(draft, directory)
    return draft


def _tables(draft: Draft, source: Source, environ: Mapping[str, str]) -> None:
    draft.table_source = source
    raw = source.data or {}
    for name, table in raw.items():
        if name not in TABLES:
            draft.errors.append(error_at(source, (name,), f"unknown table.{nearest(name, TABLES)}"))
        elif not isinstance(table, dict):
            draft.errors.append(error_at(source, (name,), f"must be a table: [{name}]"))
    tables = {name: dict(raw[name]) for name in TABLES if isinstance(raw.get(name), dict)}
    draft.errors += sources.override(tables, environ, TABLES)
    for name, model in TABLES.items():
        value = _valid(draft, source, (name,), model, tables.get(name, {}), environ)
        if value is not None:
            draft.tables[name] = value


def _array(draft: Draft, source: Source, kind: str, name_key: str, model: type[M]) -> Iterator[Placed[M]]:
    """The valid items of ``[[kind]]``."""
    if source.data is None:
        return
    for stray in source.data.keys() - {kind}:
        draft.errors.append(error_at(source, (stray,), f"unknown key; each {kind} is a table [[{kind}]]"))
    items = source.data.get(kind, [])
    if not isinstance(items, list):
        draft.errors.append(error_at(source, (kind,), f"write [[{kind}]] with two brackets: there can be several"))
        return
    draft.names[kind] = {str(item[name_key]) for item in items if isinstance(item, dict) and name_key in item}
    for n, item in enumerate(items):
        value = _valid(draft, source, (kind, n), model, item)
        if value is not None:
            yield Placed(value, source, (kind, n))


def _whole(draft: Draft, source: Source, model: type[M]) -> Placed[M] | None:
    """A file that is one table."""
    if source.data is None:
        return None
    value = _valid(draft, source, (), model, source.data)
    return None if value is None else Placed(value, source)


def _optional(draft: Draft, directory: Path, name: str, model: type[M]) -> Placed[M] | None:
    """A file that is one table and may be missing."""
    if not (directory / name).exists():
        return None
    source = sources.read(directory, name, (*FILES, *OPTIONAL))
    draft.errors += source.errors
    return _whole(draft, source, model)


def _folder(draft: Draft, directory: Path, folder: str) -> Iterator[Source]:
    """Every TOML file of a folder, which must hold at least one."""
    files = sorted(path.name for path in (directory / folder).glob("*.toml"))
    if not files:
        draft.errors.append(ConfigError(f"{folder}/", "", f"no file: {folder}/*.toml must hold at least one"))
    for name in files:
        source = sources.read(directory, f"{folder}/{name}", ())
        draft.errors += source.errors
        yield source


def _flows(draft: Draft, directory: Path) -> None:
    ids: set[str] = set()
    for source in _folder(draft, directory, "ivr"):
        ids.add(Path(source.file).stem)
        flow = _whole(draft, source, Flow)
        if flow is None:
            continue
        if flow.value.id in draft.flows:
            first = draft.flows[flow.value.id].source.file
            draft.errors.append(flow.error(f'"{flow.value.id}" is also the id of {first}; ids must differ', "id"))
            continue
        draft.flows[flow.value.id] = flow
    draft.names["flow"] = ids | set(draft.flows)


def _valid(
    draft: Draft, source: Source, at: Location, model: type[M], raw: Any, environ: Mapping[str, str] | None = None
) -> M | None:
    """The model of a piece, or None with its errors noted, those of an override under the variable's name."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        for location, message in explain(error, model, raw):
            variable = "__".join(("GATEWAY", *map(str, at), *map(str, location[:1]))).upper()
            if environ is not None and variable in environ:
                draft.errors.append(ConfigError("environment", variable, message))
            else:
                draft.errors.append(error_at(source, (*at, *location), message))
        return None
