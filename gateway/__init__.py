"""The 12345 gateway: calls and messages of a government hotline become one ticket feed.

Imports run downwards only (see pyproject.toml, tool.importlinter):
``__main__ -> cli -> app -> settings -> web | asterisk | channels | ledger | bus -> ivr | transfer | seats |
tickets | kpi -> model``.
"""

__version__ = "0.1.0"
