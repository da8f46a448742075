"""Fails when a module of the gateway has no test of its name: gateway/x/y.py wants tests/x/test_y.py.

``tests/x/test_x_y.py`` will do as well, where the short name is taken. Exempt are ``__init__``, modules of 40 lines or
fewer, migrations, and modules that only define: protocols, records, tables, in which no function does anything.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

EXEMPT_LINES = 40


def missing(root: Path) -> list[str]:
    """One line a module without its test: what is missing, and where it was looked for."""
    found = []
    for module in sorted((root / "gateway").rglob("*.py")):
        inner = module.relative_to(root / "gateway")
        if module.stem == "__init__" or "versions" in inner.parts or not _does_something(module):
            continue
        names = {f"test_{module.stem}.py", f"test_{module.parent.name}_{module.stem}.py"}
        if not any((root / "tests" / inner.parent / name).exists() for name in names):
            found.append(f"gateway/{inner} has no tests/{inner.parent / f'test_{module.stem}.py'}")
    return found


def _does_something(module: Path) -> bool:
    """True for more than EXEMPT_LINES lines and at least one function, ``__init__`` apart, with a statement in it."""
    text = module.read_text(encoding="utf-8")
    if len(text.splitlines()) <= EXEMPT_LINES:
        return False
    functions = (n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return any(not _empty(line) for function in functions if function.name != "__init__" for line in function.body)


def _empty(statement: ast.stmt) -> bool:
    """A docstring or ``...``."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def main() -> int:
    """Print what is missing; exit status 1 if anything is."""
    found = missing(Path(__file__).resolve().parent.parent)
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
