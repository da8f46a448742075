"""Asterisk's configuration, written from ours: ``render`` is pure, ``deploy.write`` puts its result on the disk.

The files of one running Asterisk are a function of settings, secrets, paths and the events that we listen to. So they
can be compared, tested without Asterisk, and never edited by hand. Templates lie in ``gateway.asterisk.templates``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gateway.asterisk.config import AsteriskConfig
from gateway.asterisk.deploy import Written, diff, needs_restart, reload_plan, write
from gateway.asterisk.music import waiting_tone
from gateway.asterisk.templates import base, dialplan, queues, sip, transfers
from gateway.asterisk.templates.text import RenderError
from gateway.ivr.config import Answer, Flow
from gateway.seats.config import EntryNumberConfig, HallConfig, QueueConfig, SeatConfig
from gateway.transfer.config import PartnerConfig
from gateway.transfer.virtual_config import VirtualConfig

__all__ = [
    "AsteriskPaths",
    "Keys",
    "RenderError",
    "Site",
    "Written",
    "diff",
    "needs_restart",
    "reload_plan",
    "render",
    "write",
]

_SOCKET_LIMIT = 107  # sun_path of a Unix socket, without its closing NUL


class Site(Protocol):
    """What of the settings goes into Asterisk's files; ``gateway.settings.Settings`` has all of it."""

    @property
    def asterisk(self) -> AsteriskConfig: ...
    @property
    def halls(self) -> Sequence[HallConfig]: ...
    @property
    def queues(self) -> Sequence[QueueConfig]: ...
    @property
    def entries(self) -> Sequence[EntryNumberConfig]: ...
    @property
    def partners(self) -> Sequence[PartnerConfig]: ...
    @property
    def flows(self) -> Sequence[Flow]: ...
    @property
    def virtual(self) -> VirtualConfig: ...


class Keys(Protocol):
    """What of the secrets goes into Asterisk's files; ``gateway.settings.Secrets`` has all of it."""

    @property
    def ami_events(self) -> str: ...
    @property
    def ami_orders(self) -> str: ...
    @property
    def probe(self) -> str: ...
    @property
    def seats(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class AsteriskPaths:
    """Where one Asterisk keeps its things. ``modules``, ``share`` and ``sbin`` belong to the installation."""

    etc: Path
    modules: Path
    share: Path
    var_lib: Path
    data: Path
    db: Path
    spool: Path
    run: Path
    log: Path
    sbin: Path

    @classmethod
    def under(cls, root: Path, *, modules: Path, share: Path, sbin: Path) -> AsteriskPaths:
        """The layout of ``state_dir/asterisk``. Raises RenderError when the control socket's path gets too long."""
        root = root.resolve()
        control = os.fsencode(root / "run" / "asterisk.ctl")
        if len(control) > _SOCKET_LIMIT:
            raise RenderError(f"{root} is too long: Asterisk's control socket below it has {len(control)} bytes of 107")
        return cls(
            etc=root / "etc",
            modules=modules,
            share=share,
            var_lib=root / "lib",
            data=root / "data",
            db=root / "db",
            spool=root / "spool",
            run=root / "run",
            log=root / "log",
            sbin=sbin,
        )

    def make(self) -> None:
        """Create what must be there before a start, for this user only: recordings and passwords lie in it.

        A folder of waiting music without a file gets a ringing tone; put recordings there to replace it.
        """
        inner = (self.var_lib / "keys", self.data / "sounds", self.data / "moh", self.spool / "monitor")
        for directory in (self.etc, self.db, self.run, self.log, *inner):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._link_documentation()
        if not any((self.data / "moh").iterdir()):
            (self.data / "moh" / "waiting.wav").write_bytes(waiting_tone())

    def _link_documentation(self) -> None:
        """Asterisk refuses to start without its XML documentation, which it looks for in the data folder (seen)."""
        link, target = self.data / "documentation", self.share / "documentation"
        if link.is_symlink() and link.readlink() != target:
            link.unlink()
        if not (link.is_symlink() or link.exists()):
            link.symlink_to(target)


def render(settings: Site, secrets: Keys, paths: AsteriskPaths, event_names: Iterable[str]) -> dict[str, str]:
    """Every file's name and text. ``event_names`` are the AMI events to let through (translate.EVENT_NAMES).

    Raises RenderError for a value that cannot be written, KeyError for a seat without a password.
    """
    asterisk = settings.asterisk
    seats = _seats(settings.halls)
    answering = {flow.id for flow in settings.flows if isinstance(flow.nodes.get(flow.start), Answer)}
    zone = settings.halls[0].zone if settings.halls else "Asia/Shanghai"
    return base.quiet_files() | {
        "asterisk.conf": base.asterisk_conf(paths),
        "modules.conf": base.modules_conf(),
        "logger.conf": base.logger_conf(),
        "stasis.conf": base.stasis_conf(),
        "rtp.conf": base.rtp_conf(asterisk),
        "http.conf": base.http_conf(asterisk),
        "musiconhold.conf": base.musiconhold_conf(paths),
        "features.conf": base.features_conf(),
        "confbridge.conf": transfers.confbridge_conf(),
        "indications.conf": base.indications_conf(),
        "queues.conf": queues.queues_conf(settings.queues),
        "manager.conf": queues.manager_conf(asterisk, secrets.ami_events, secrets.ami_orders, event_names),
        "sorcery.conf": sip.sorcery_conf(),
        sip.TRANSPORTS: sip.transports_conf(asterisk),
        "pjsip.conf": sip.pjsip_conf(asterisk, seats, secrets.seats, secrets.probe),
        "extensions.conf": dialplan.extensions_conf(
            asterisk,
            settings.entries,
            settings.queues,
            seats,
            settings.partners,
            zone,
            answering,
            settings.virtual,
        ),
    }


def _seats(halls: Sequence[HallConfig]) -> list[SeatConfig]:
    return [seat for hall in halls for seat in hall.all_seats()]
