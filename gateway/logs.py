"""Logs: structlog to stderr, one JSON object a line (or for people on a console), numbers masked whatever is logged.

Lines carry ``call_id`` or ``ticket_no`` where there is one: bound by whoever handles the call, merged here.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from gateway.model.masking import mask_text

_KEEP = frozenset({"timestamp", "call_id", "ticket_no", "leg", "pid", "request_id"})
"""Fields whose digits are no telephone numbers: a Linkedid looks like one to any pattern."""


def configure(level: str, style: str) -> None:
    """Set structlog and the standard library's logging up for this process. ``style`` is json or console."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask_numbers,
    ]
    last: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if style == "console":
        plain = structlog.dev.plain_traceback  # it is text by now, and masked
        last = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
        )
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler], force=True)


def complain() -> None:
    """For commands that print results on stdout: warnings of the parts they use go to stderr, for people, masked."""
    structlog.configure(
        processors=[structlog.processors.add_log_level, mask_numbers, structlog.dev.ConsoleRenderer(colors=False)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def mask_numbers(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask runs of digits in every field but identifiers (PIPL: logs are no place for whole numbers)."""
    for key, value in event.items():
        if key not in _KEEP and not key.startswith("_"):  # with an underscore: structlog's own
            event[key] = _masked(value)
    return event


def _masked(value: Any) -> Any:
    """Masked as deep as it goes. Plain figures stay: times, counts and sequences are no telephone numbers."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {mask_text(str(key)): inner if key in _KEEP else _masked(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_masked(item) for item in value]
    return mask_text(value if isinstance(value, str) else repr(value))
