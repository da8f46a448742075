"""The ``gateway`` command: what an operator types. Each sub-command is a module with ``add_arguments`` and ``run``.

Modules are imported when their command is chosen, so ``gateway --help`` is quick and a probe does not load a ledger.
Messages to the operator go to stderr, results to stdout; exit status 0 done, 1 not done, 2 wrong use.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from gateway import __version__

COMMANDS = {
    "run": "run the gateway until Ctrl-C or SIGTERM; SIGHUP reloads the configuration",
    "check": "list every error of the configuration",
    "render": "write Asterisk's configuration and prompts from ours",
    "reload": "ask the running gateway to take a changed configuration",
    "migrate": "bring the ledger's schema up to date",
    "user": "add, list, disable accounts; set passwords; make machine tokens",
    "seat": "list seats and queues; sign agents in and out, ready and not ready",
    "feed": "show the feed of a running gateway: past events, or each as it comes",
    "demo": "drive simulated citizens and agents against a running gateway",
    "probe": "call the hotline as a citizen would and say how it went",
    "normalize": "show the tickets that originals of a channel would become; nothing is written",
    "replay": "run kept originals through the intake again, after a mend",
    "figures": "count the figures of days anew from the ledger and say what differed",
    "trace": "record Asterisk's event stream, or replay a recorded one",
}
HIDDEN = ("mailroom",)
"""Commands that the gateway gives itself."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, run one command, return its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="gateway", description="The 12345 hotline gateway / 12345热线接入网关", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"gateway {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    chosen = next((word for word in words if word in COMMANDS or word in HIDDEN), None)
    for name in (*COMMANDS, *HIDDEN):
        what = COMMANDS.get(name)
        sub = commands.add_parser(name, help=what, description=what) if what else commands.add_parser(name)
        if name == chosen:
            importlib.import_module(f"gateway.cli.{name}").add_arguments(sub)
    try:
        args = parser.parse_args(words)
        importlib.import_module("gateway.logs").complain()  # stdout is for results; `run` sets its own logging up
        status = int(importlib.import_module(f"gateway.cli.{args.command}").run(args))
        sys.stdout.flush()  # here, where a reader that has gone is no error, and not at the interpreter's end
        return status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # `gateway trace replay | head`: the reader has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        # The last resort: a command says better itself what it was about.
        print(f"gateway: {reason(error)}", file=sys.stderr)
        return 1


def reason(error: OSError) -> str:
    """An OSError in an operator's words: without its number, with the file that it is about."""
    what = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {what}" if error.filename is not None else what
