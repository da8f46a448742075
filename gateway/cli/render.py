"""``gateway render``: writes Asterisk's configuration from ours, and the prompts with it."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from gateway.asterisk.deploy import Written, diff, write
from gateway.asterisk.prompts import PromptError, build_prompts
from gateway.asterisk.render import AsteriskPaths, RenderError, render
from gateway.asterisk.translate import ASKED_FOR
from gateway.cli import reason
from gateway.cli.common import add_config, load_or_say
from gateway.reload import installed_paths
from gateway.settings import Settings

_DEBIAN = {
    "modules": Path("/usr/lib/x86_64-linux-gnu/asterisk/modules"),
    "share": Path("/usr/share/asterisk"),
    "sbin": Path("/usr/sbin"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to write, and where the installed Asterisk lies."""
    add_config(parser)
    parser.add_argument("--out", type=Path, help="Asterisk's folder (default: STATE_DIR/asterisk)")
    for name, place in _DEBIAN.items():
        known = f"Asterisk's own {name} (default: as written before, else {place})"
        parser.add_argument(f"--{name}", type=Path, help=known)
    parser.add_argument("--diff", action="store_true", help="only show what would change")
    parser.add_argument("--no-prompts", action="store_true", help="leave the spoken prompts alone")


def run(args: argparse.Namespace) -> int:
    """0 when written (or shown), 1 when something could not be."""
    loaded = load_or_say(args.config)
    if loaded is None:
        return 1
    settings, secrets = loaded
    try:
        paths = _paths(args, settings)
        files = render(settings, secrets, paths, ASKED_FOR)
        if args.diff:
            print(diff(files, paths.etc), end="")
            return 0
        paths.make()
        if not args.no_prompts:  # before the files: what they need to be reloaded would not be told twice
            _speak(settings, paths)
        written = write(files, paths.etc)
    except (RenderError, PromptError) as error:
        print(f"gateway render: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"gateway render: {reason(error)}", file=sys.stderr)
        return 1
    _tell(written, paths, len(files))
    return 0


def _paths(args: argparse.Namespace, settings: Settings) -> AsteriskPaths:
    root = args.out or settings.state_dir / "asterisk"
    given = {name: place for name in _DEBIAN if (place := getattr(args, name)) is not None}
    paths = installed_paths(root)
    paths = replace(paths, **given) if paths is not None else AsteriskPaths.under(root, **{**_DEBIAN, **given})
    if not paths.modules.is_dir():
        hint = f"no Asterisk modules in {paths.modules}: --modules, --share and --sbin say where Asterisk is installed"
        print(f"gateway render: {hint}", file=sys.stderr)
    return paths


def _speak(settings: Settings, paths: AsteriskPaths) -> None:
    flows = {flow.id: flow for flow in settings.flows}
    cache = settings.state_dir / "prompt-cache"
    report = build_prompts(flows, paths.data / "sounds", settings.config_dir / "prompts", cache)
    print(f"prompts: {report.built} built, {report.cached} from the cache, {report.recorded} recorded")


def _tell(written: Written, paths: AsteriskPaths, many: int) -> None:
    print(f"{paths.etc}: {len(written.changed)} of {many} files changed")
    for module in written.reload:
        print(f"  reload {module}")
    for name in written.restart:
        print(f"  {name} takes a restart of Asterisk")
