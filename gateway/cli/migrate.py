"""``gateway migrate``: brings the ledger's schema up to date (``gateway run`` does it too)."""

from __future__ import annotations

import argparse
import asyncio
import sys

from gateway.cli import reason
from gateway.cli.common import add_config, settings_or_say
from gateway.ledger.errors import LedgerError
from gateway.ledger.migrate import migrate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--config."""
    add_config(parser)


def run(args: argparse.Namespace) -> int:
    """0 when the schema is up to date, 1 when the ledger cannot be opened or is of a newer gateway."""
    settings = settings_or_say(args.config)
    if settings is None:
        return 1
    try:
        settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        asyncio.run(migrate(settings.ledger.url_in(settings.state_dir)))
    except LedgerError as error:
        print(f"gateway migrate: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"gateway migrate: {reason(error)}", file=sys.stderr)
        return 1
    print("the ledger's schema is up to date")
    return 0
