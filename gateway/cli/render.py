"""``gateway render``: writes Asterisk's configuration from ours, and the prompts with it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gateway.asterisk.deploy import diff, write
from gateway.asterisk.prompts import PromptError, build_prompts
from gateway.asterisk.render import AsteriskPaths, RenderError, render
from gateway.asterisk.translate import EVENT_NAMES
from gateway.cli.common import add_config, load_or_say
from gateway.reload import installed_paths


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to write, and where the installed Asterisk lies."""
    add_config(parser)
    parser.add_argument("--out", type=Path, help="Asterisk's folder (default: STATE_DIR/asterisk)")
    parser.add_argument("--modules", type=Path, default=Path("/usr/lib/x86_64-linux-gnu/asterisk/modules"))
    parser.add_argument("--share", type=Path, default=Path("/usr/share/asterisk"))
    parser.add_argument("--sbin", type=Path, default=Path("/usr/sbin"))
    parser.add_argument("--diff", action="store_true", help="only show what would change")
    parser.add_argument("--no-prompts", action="store_true", help="leave the spoken prompts alone")


def run(args: argparse.Namespace) -> int:
    """0 when written (or shown), 1 when something could not be."""
    loaded = load_or_say(args.config)
    if loaded is None:
        return 1
    settings, secrets = loaded
    root = args.out or settings.state_dir / "asterisk"
    try:
        paths = installed_paths(root) or AsteriskPaths.under(
            root, modules=args.modules, share=args.share, sbin=args.sbin
        )
        files = render(settings, secrets, paths, EVENT_NAMES)
        if args.diff:
            print(diff(files, paths.etc), end="")
            return 0
        paths.make()
        written = write(files, paths.etc)
        if not args.no_prompts:
            flows = {flow.id: flow for flow in settings.flows}
            cache = settings.state_dir / "prompt-cache"
            report = build_prompts(flows, paths.data / "sounds", settings.config_dir / "prompts", cache)
            print(f"prompts: {report.built} built, {report.cached} from the cache, {report.recorded} recorded")
    except (RenderError, PromptError, OSError) as error:
        print(f"gateway render: {error}", file=sys.stderr)
        return 1
    print(f"{paths.etc}: {len(written.changed)} of {len(files)} files changed")
    for module in written.reload:
        print(f"  reload {module}")
    for name in written.restart:
        print(f"  {name} takes a restart of Asterisk")
    return 0
