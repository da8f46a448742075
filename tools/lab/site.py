"""A site: a whole gateway configuration with an Asterisk of its own, on ports and below a directory that clash with
nobody.

``make run`` uses it with the ports of the configuration, tests and benchmarks with free ones. The configuration is
always the project's own (config/ or a copy that a test has changed), so what is tested is what is shipped.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gateway.asterisk.prompts import PromptReport, build_music_on_hold, build_prompts
from gateway.asterisk.render import AsteriskPaths, render, write
from gateway.asterisk.translate import ASKED_FOR
from gateway.settings import Secrets, Settings, load, load_secrets
from tools.lab.asterisk import AsteriskLab
from tools.lab.binary import AsteriskBinary
from tools.lab.ports import Ports
from tools.lab.process import Child
from tools.lab.sipp import Sipp

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "config"
PROMPT_CACHE = ROOT / ".cache" / "prompt-cache"
"""Spoken prompts of all test runs: the first costs 10 s, the later ones nothing."""


@dataclass
class Site:
    """Settings, secrets and Asterisk of one installation. ``environ`` starts a gateway or a command for it."""

    settings: Settings
    secrets: Secrets
    environ: dict[str, str]
    asterisk: AsteriskLab
    paths: AsteriskPaths
    prompt_cache: Path
    ports: Ports = field(default_factory=Ports)

    @classmethod
    def of(cls, config_dir: Path, environ: Mapping[str, str], *, prompt_cache: Path | None = None) -> Site:
        """Read the configuration and find Asterisk. Raises ConfigErrors, SecretsRefused, NoAsterisk, RenderError."""
        settings = load(config_dir, environ)
        binary = AsteriskBinary.find(environ)
        state_dir = settings.state_dir.resolve()
        paths = AsteriskPaths.under(
            state_dir / "asterisk", modules=binary.modules_dir, share=binary.data_dir, sbin=binary.sbin_dir
        )
        secrets = load_secrets(state_dir, settings, environ)
        lab = AsteriskLab(state_dir, ami_port=settings.asterisk.ami_port, binary=binary)
        cache = prompt_cache or state_dir / "prompt-cache"
        site = cls(settings, secrets, dict(environ), lab, paths, cache)
        lab.write = site.write
        return site

    @classmethod
    def free(cls, state_dir: Path, *, config_dir: Path = CONFIG, overrides: Mapping[str, str] | None = None) -> Site:
        """A site on free ports below ``state_dir``. ``overrides`` are more GATEWAY__TABLE__KEY of the environment."""
        ports = Ports()
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GATEWAY__")},
            **free_environ(ports, state_dir),
            **(overrides or {}),
        }
        site = cls.of(config_dir, environ, prompt_cache=PROMPT_CACHE)
        site.ports = ports
        return site

    @property
    def state_dir(self) -> Path:
        return self.settings.state_dir.resolve()

    @property
    def web_url(self) -> str:
        return f"http://{self.settings.web.host}:{self.settings.web.port}"

    @property
    def recordings(self) -> Path:
        return self.paths.spool / "monitor"

    def write(self) -> None:
        """Render Asterisk's files into etc/; done before each start of Asterisk."""
        self.paths.make()
        write(render(self.settings, self.secrets, self.paths, ASKED_FOR), self.paths.etc)

    def prompts(self) -> PromptReport:
        """Speak what is missing of the prompts, and the music of the queue. Raises PromptError."""
        self.paths.make()
        flows = {flow.id: flow for flow in self.settings.flows}
        recorded = self.settings.config_dir / "prompts"
        report = build_prompts(flows, self.paths.data / "sounds", recorded, self.prompt_cache)
        music = self.prompt_cache / "moh"
        build_music_on_hold(self.prompt_cache)
        for piece in music.glob("*.wav"):
            shutil.copyfile(piece, self.paths.data / "moh" / piece.name)
        return report

    def start(self) -> Site:
        """Prompts and Asterisk, ready for calls; the gateway is not started."""
        self.prompts()
        self.asterisk.start()
        return self

    def stop(self) -> None:
        self.asterisk.stop()
        self.ports.close()

    def gateway(self, *arguments: str, log: Path | None = None) -> Child:
        """`gateway run` (or another command) for this site as a process of its own; the caller ends it."""
        command = [*gateway_command(), *(arguments or ("run", "--config", str(self.settings.config_dir)))]
        return Child("gateway", command, log or self.state_dir / "gateway.log", cwd=ROOT, environ=self.environ)

    def sipp(self, folder: Path | None = None) -> Sipp:
        """Callers and seats of this site."""
        return Sipp(self.settings.asterisk.sip_port, folder or self.state_dir / "sipp", ports=self.ports)

    def seat_passwords(self, extensions: Sequence[str]) -> dict[str, str]:
        """Extension -> SIP password, as ``Sipp.seats`` wants it."""
        return {extension: self.secrets.seats[extension] for extension in extensions}


def gateway_command() -> list[str]:
    """How this tree's gateway is started."""
    return [str(ROOT / ".venv" / "bin" / "python"), "-m", "gateway"]


def free_environ(ports: Ports, state_dir: Path) -> dict[str, str]:
    """Overrides that put every port of a gateway and its Asterisk on a free one and its files below ``state_dir``."""
    first, last = ports.take_block()
    asterisk = {"AMI_PORT": ports.take(), "AGI_PORT": ports.take(), "SIP_PORT": ports.take(), "HTTP_PORT": ports.take()}
    return {
        "GATEWAY__GATEWAY__STATE_DIR": str(state_dir),
        "GATEWAY__WEB__PORT": str(ports.take()),
        "GATEWAY__ASTERISK__RTP_START": str(first),
        "GATEWAY__ASTERISK__RTP_END": str(last),
        **{f"GATEWAY__ASTERISK__{name}": str(port) for name, port in asterisk.items()},
    }
