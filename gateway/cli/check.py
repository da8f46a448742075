"""``gateway check``: every error of the configuration at once, or one line that says what it holds."""

from __future__ import annotations

import argparse

from gateway.cli.common import add_config, settings_or_say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--config."""
    add_config(parser)


def run(args: argparse.Namespace) -> int:
    """0 when the configuration has no error, else 1."""
    settings = settings_or_say(args.config)
    if settings is None:
        return 1
    seats = sum(len(hall.all_seats()) for hall in settings.halls)
    print(
        f"{args.config}: 配置无误 / no errors: {len(settings.halls)} halls, {seats} seats, "
        f"{len(settings.queues)} queues, {len(settings.entries)} entry numbers, {len(settings.partners)} partners, {len(settings.flows)} flows"
    )
    return 0
