"""``gateway probe``: dial the hotline as a citizen would and say whether it was answered, how soon, and heard.

Exit status: 0 answered with audio; 1 not answered, or nothing heard; 2 the question itself was wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

from gateway.probe import ProbeConfig, run_probe
from gateway.settings import ConfigErrors, SecretsRefused, Settings, load, load_secrets

PASSWORD_VARIABLE = "GATEWAY_PROBE_PASSWORD"  # noqa: S105 - the name of a variable


class Unusable(Exception):
    """The command line or the configuration cannot be used. The message is for the user."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--dial", default="12345", help="number to dial (default 12345)")
    parser.add_argument("--server", metavar="HOST[:PORT]", help="SIP server (default: that of the configuration)")
    parser.add_argument("--user", default="probe", help="SIP user (default probe)")
    parser.add_argument(
        "--password-from",
        metavar="DIR",
        type=Path,
        help=f"state directory with secrets.toml (default: the configuration's); {PASSWORD_VARIABLE} wins over it",
    )
    parser.add_argument("--seconds", type=float, default=20.0, help="limit of the whole probe (default 20)")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    parser.add_argument("--config", type=Path, default=Path("config"), help="configuration directory")


def run(args: argparse.Namespace) -> int:
    """Make one probe call and print what was met."""
    try:
        config = question(args)
    except Unusable as wrong:
        print(f"gateway probe: {wrong}", file=sys.stderr)
        return 2
    result = asyncio.run(run_probe(config))
    print(json.dumps(result.as_dict(), ensure_ascii=False) if args.json else result.line())
    return 0 if result.good else 1


def question(args: argparse.Namespace) -> ProbeConfig:
    """The probe that the command line asks for. The configuration is read only for what is not given.

    Raises Unusable.
    """
    password = os.environ.get(PASSWORD_VARIABLE, "")
    settings = None if args.server and password else _settings(args.config)
    host, port = _server(args.server, settings)
    if not password and settings is not None:
        password = _kept_password(args.password_from or settings.state_dir, settings)
    try:
        return ProbeConfig(host, port, args.user, password, args.dial, args.seconds)
    except ValueError as wrong:
        raise Unusable(str(wrong)) from None


def _settings(directory: Path) -> Settings:
    try:
        return load(directory, os.environ)
    except ConfigErrors as errors:
        raise Unusable(str(errors)) from None


def _server(given: str | None, settings: Settings | None) -> tuple[str, int]:
    if not given:
        assert settings is not None, "no server given, so the configuration was read"
        return settings.asterisk.host, settings.asterisk.sip_port
    host, _, port = given.partition(":")
    if not host or (port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536)):
        raise Unusable(f"--server {given!r} is not HOST or HOST:PORT")
    return host, int(port) if port else 5060


def _kept_password(state_dir: Path, settings: Settings) -> str:
    """The probe's own password. A missing file is an error here: a probe must not make new secrets."""
    if not (state_dir / "secrets.toml").exists():
        raise Unusable(
            f"{state_dir}/secrets.toml is missing: has the gateway been started here? (or --password-from DIR)"
        )
    try:
        return load_secrets(state_dir, settings).probe
    except (SecretsRefused, OSError) as refused:
        raise Unusable(str(refused)) from None
