"""What several commands share: loading the configuration and saying what is wrong with it."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from gateway.cli import reason
from gateway.settings import ConfigErrors, Secrets, SecretsRefused, Settings, load, load_secrets


def add_config(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """The option that every command with a configuration has.

    ``again`` is for the parsers of a command's acts: it may then stand before or after the act.
    """
    default = argparse.SUPPRESS if again else Path("config")
    parser.add_argument("--config", type=Path, default=default, help="configuration directory (default: config)")


def settings_or_say(config: Path) -> Settings | None:
    """The settings, or None after every error has been listed on stderr."""
    try:
        return load(config, os.environ)
    except ConfigErrors as errors:
        print(errors, file=sys.stderr)
        return None


def load_or_say(config: Path) -> tuple[Settings, Secrets] | None:
    """Settings and secrets, or None after what is wrong has been said on stderr."""
    settings = settings_or_say(config)
    if settings is None:
        return None
    try:
        return settings, load_secrets(settings.state_dir, settings)
    except SecretsRefused as error:
        print(f"gateway: {error}", file=sys.stderr)
    except OSError as error:
        print(f"gateway: secrets of {settings.state_dir}: {reason(error)}", file=sys.stderr)
    return None
