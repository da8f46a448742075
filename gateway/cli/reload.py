"""``gateway reload``: checks the configuration here, then asks the running gateway to take it (SIGHUP)."""

from __future__ import annotations

import argparse
import os
import signal
import sys

from gateway.cli.common import add_config, settings_or_say
from gateway.cli.run import PID_FILE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--config."""
    add_config(parser)


def run(args: argparse.Namespace) -> int:
    """0 when the running gateway was told; 1 when the configuration has errors or no gateway runs."""
    settings = settings_or_say(args.config)
    if settings is None:
        print("gateway reload: the running configuration is kept", file=sys.stderr)
        return 1
    path = settings.state_dir / PID_FILE
    try:
        os.kill(int(path.read_text()), signal.SIGHUP)
    except (OSError, ValueError):
        print(f"gateway reload: no gateway runs here ({path})", file=sys.stderr)
        return 1
    print("the gateway reloads; its log says what changed")
    return 0
