"""``gateway reload``: checks the configuration here, then asks the running gateway to take it (SIGHUP)."""

from __future__ import annotations

import argparse
import os
import signal
import sys

from gateway.cli import reason
from gateway.cli.common import add_config, settings_or_say
from gateway.cli.pidfile import PID_FILE, running


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
        process = running(settings.state_dir)
        if process is None:
            print(f"gateway reload: no gateway runs here ({path})", file=sys.stderr)
            return 1
        os.kill(process, signal.SIGHUP)
    except ProcessLookupError:
        print(f"gateway reload: the gateway has just ended ({path})", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"gateway reload: {path}: {reason(error)}: is this the gateway's user?", file=sys.stderr)
        return 1
    print("the gateway reloads; its log says what changed")
    return 0
