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
    parts = {
        "halls": len(settings.halls),
        "seats": sum(len(hall.all_seats()) for hall in settings.halls),
        "queues": len(settings.queues),
        "entry numbers": len(settings.entries),
        "partners": len(settings.partners),
        "flows": len(settings.flows),
    }
    print(f"{args.config}: 配置无误 / no errors: " + ", ".join(f"{n} {what}" for what, n in parts.items()))
    return 0
