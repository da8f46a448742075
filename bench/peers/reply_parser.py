"""mail-parser-reply over texts of mails, for `bench.mailtext`: runs in .cache/bench-peers, never in our environment.

Reads a JSON list of texts from stdin; writes a JSON object: its version, for every text what it takes for the latest
reply, and the seconds that all of them took.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version

from mailparser_reply import EmailReplyParser


def main() -> None:
    """All languages that it has for Chinese and English clients."""
    texts = json.load(sys.stdin)
    parser = EmailReplyParser(languages=["zh", "en"])
    began = time.perf_counter()
    mails = [parser.read(text) for text in texts]
    bodies = [mail.replies[0].body if mail.replies else "" for mail in mails]
    took = time.perf_counter() - began
    json.dump({"version": version("mail-parser-reply"), "texts": bodies, "seconds": took}, sys.stdout)


if __name__ == "__main__":
    main()
