"""The process that sets a report's page as PDF: ``python -m gateway.web.reports.pdf < page.html > report.pdf``.

A process of its own because WeasyPrint takes 170 MB and seconds of pure computing: neither may be the
gateway's. It reads nothing but its own input and the fonts of the machine: the style comes from package data, and an
address in the page is never fetched. Exit status 3: the libraries it needs are not installed (what is missing stands on
stderr).
"""

from __future__ import annotations

import os
import sys
from importlib.resources import files

NO_LIBRARY = 3
_NICE = 5


def to_pdf(html: str) -> bytes:
    """The PDF (1.7) of a report's page. Raises OSError when Pango or another library is missing."""
    from weasyprint import CSS, HTML  # type: ignore[import-untyped]
    from weasyprint.urls import URLFetcher  # type: ignore[import-untyped]

    style = (files("gateway.web") / "static" / "report.css").read_text("utf-8")
    nothing = URLFetcher(allowed_protocols=())  # a report names nothing to be fetched: whatever asks is not ours
    page = HTML(string=html, url_fetcher=nothing)
    return bytes(page.write_pdf(stylesheets=[CSS(string=style, url_fetcher=nothing)]))


def main() -> int:
    """From standard input to standard output."""
    os.nice(_NICE)
    html = sys.stdin.buffer.read().decode()
    try:
        body = to_pdf(html)
    except (ImportError, OSError) as error:
        print(f"{type(error).__name__}: {error}"[:500], file=sys.stderr)  # noqa: T201
        return NO_LIBRARY
    sys.stdout.buffer.write(body)
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
