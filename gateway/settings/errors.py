"""Errors of the configuration, all at once and in an operator's words: file, key, what is wrong, what is allowed.

pydantic finds the errors; its words are for programmers, so they are put anew here. What is allowed comes from the JSON
schema of the very model, and so cannot drift from it.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Location = tuple[int | str, ...]


@dataclass(frozen=True, slots=True, order=True)
class ConfigError:
    """One error. ``file`` is relative to the configuration directory, ``key`` the path in it, ``line`` 0 if unknown."""

    file: str
    key: str
    message: str
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class ConfigErrors(Exception):
    """Everything that is wrong with a configuration; ``str`` is a list to read, one error a line, file by file."""

    def __init__(self, errors: Iterable[ConfigError]) -> None:
        self.errors = sorted(set(errors), key=lambda error: (error.file, error.line, error.key, error.message))
        super().__init__(self._text())

    def _text(self) -> str:
        many = len(self.errors)
        head = f"The configuration has {many} error{'' if many == 1 else 's'}:"
        return "\n".join([head, *(f"  {error}" for error in self.errors)])


def nearest(word: str, known: Iterable[str]) -> str:
    """`` Did you mean "queue"?`` with up to three near names, or all known ones when they are few; "" for none."""
    names = sorted(set(known))
    alike = {name: difflib.SequenceMatcher(None, word.lower(), name.lower()).ratio() for name in names}
    best = max(alike.values(), default=0.0)
    close = sorted((name for name in names if alike[name] > max(0.6, best - 0.1)), key=alike.__getitem__)[:-4:-1]
    if close:
        return " Did you mean " + " or ".join(f'"{name}"' for name in close) + "?"
    if 0 < len(names) <= 12:
        return " Known: " + ", ".join(f'"{name}"' for name in names) + "."
    return ""


def key_path(location: Sequence[int | str], data: object = None) -> str:
    """``entry[3].number``; an item that has a name of its own is called by it: ``entry[12315].number``."""
    path = ""
    for part in location:
        if isinstance(part, int):
            item = data[part] if isinstance(data, list) and part < len(data) else None
            path += f"[{_name_of(item) or part + 1}]"
            data = item
        else:
            path += f".{part}" if path else part
            data = data.get(part) if isinstance(data, Mapping) else None
    return path


def _name_of(item: object) -> str:
    if isinstance(item, Mapping):
        for key in ("id", "account", "number", "code", "prefix"):
            if isinstance(item.get(key), str) and item[key].isprintable():
                return str(item[key])[:40]
    return ""


def explain(error: ValidationError, model: type[BaseModel], data: object) -> list[tuple[Location, str]]:
    """Each of pydantic's errors as (location in ``data``, message that says what is allowed)."""
    schema = model.model_json_schema()
    return [_explain(detail, schema, data) for detail in error.errors()]


def _explain(detail: ErrorDetails, root: dict[str, Any], data: object) -> tuple[Location, str]:
    location = _real(detail["loc"], data, missing=detail["type"] == "missing")
    schema = _at(root, location, data)
    kind = detail["type"]
    if kind == "extra_forbidden":
        parent = _at(root, location[:-1], data)
        return location, f"unknown key.{nearest(str(location[-1]), parent.get('properties', {}))}"
    if kind == "missing":
        return location, f"is missing; give {allowed(schema, root)}"
    if kind == "value_error":
        return location, detail["msg"].removeprefix("Value error, ")
    if kind == "union_tag_invalid":
        return location, f"{detail['ctx']['tag']!r} is unknown; allowed are {detail['ctx']['expected_tags']}"
    what = allowed(schema, root) if schema else detail["msg"].lower()
    return location, f"{_shown(detail['input'])} is not allowed; allowed is {what}"


def _shown(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) and value.isprintable() else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _real(location: Location, data: object, *, missing: bool) -> Location:
    """pydantic puts the tags of unions into a location; keep the parts that lead into ``data``."""
    kept: list[int | str] = []
    for n, part in enumerate(location):
        in_list = isinstance(part, int) and isinstance(data, list) and part < len(data)
        if in_list or (isinstance(data, Mapping) and part in data):
            kept.append(part)
            data = data[part]  # type: ignore[index]
        elif missing and n == len(location) - 1:
            kept.append(part)
    return tuple(kept)


def _resolve(schema: Any, root: dict[str, Any]) -> dict[str, Any]:
    while isinstance(schema, dict) and "$ref" in schema:
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        schema = root["$defs"].get(schema["$ref"].rsplit("/", 1)[1], {}) | rest
    return schema if isinstance(schema, dict) else {}


def _at(root: dict[str, Any], location: Location, data: object) -> dict[str, Any]:
    """The schema of a place in ``data``, {} where it cannot be told."""
    schema = _shape(root, root, data)
    for part in location:
        if isinstance(part, int):
            fixed = schema.get("prefixItems", [])
            schema = fixed[part] if part < len(fixed) else schema.get("items", {})
            data = data[part] if isinstance(data, list) and part < len(data) else None
        else:
            named = next(iter(schema.get("patternProperties", {}).values()), None)
            schema = schema.get("properties", {}).get(part) or named or schema.get("additionalProperties") or {}
            data = data.get(part) if isinstance(data, Mapping) else None
        schema = _shape(schema, root, data)
    return schema


def _shape(schema: Any, root: dict[str, Any], data: object) -> dict[str, Any]:
    """Follow references, and of several shapes the one that the data's own tag names."""
    schema = _resolve(schema, root)
    if "discriminator" in schema and isinstance(data, Mapping):
        tag = str(data.get(schema["discriminator"]["propertyName"]))
        return _resolve({"$ref": schema["discriminator"]["mapping"].get(tag, "#/$defs/")}, root)
    tables = [_resolve(shape, root) for shape in schema.get("anyOf", [])]
    return next((shape for shape in tables if "properties" in shape and isinstance(data, Mapping)), schema)


def allowed(schema: dict[str, Any], root: dict[str, Any]) -> str:
    """A schema in words: ``a whole number from 1 to 200``, ``one of "own", "merged"``."""
    schema = _resolve(schema, root)
    if "enum" in schema:
        return "one of " + ", ".join(f'"{value}"' for value in schema["enum"])
    if "const" in schema:
        return f'"{schema["const"]}"'
    if "anyOf" in schema:
        shapes = [allowed(shape, root) for shape in schema["anyOf"] if shape.get("type") != "null"]
        return " or ".join(dict.fromkeys(shapes))
    words = _WORDS.get(str(schema.get("type")))
    return words(schema, root) if words else "a value"


def _number(name: str, schema: dict[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    above = schema.get("exclusiveMinimum")
    words = name
    if low is not None and high is not None:
        return f"{name} from {low} to {high}"
    if low is not None or above is not None:
        words += f" of at least {low}" if low is not None else f" above {above}"
    return words + (f", at most {high}" if high is not None else "")


def _text(schema: dict[str, Any], _root: dict[str, Any]) -> str:
    low, high = schema.get("minLength"), schema.get("maxLength")
    size = f" of {low or 0} to {high} characters" if high is not None else ""
    if "description" in schema:
        return f"text: {schema['description']}"
    if "format" in schema:
        return _FORMATS.get(schema["format"], str(schema["format"]))
    pattern = schema.get("pattern", "")
    if "x00" in pattern:
        return f"text{size} without control characters"
    return f"text{size}" + (f" that matches {pattern}" if pattern else "")


def _list(schema: dict[str, Any], root: dict[str, Any]) -> str:
    least = f" of at least {schema['minItems']}" if schema.get("minItems") else ""
    if "prefixItems" in schema:
        return "a list of " + ", ".join(allowed(item, root) for item in schema["prefixItems"])
    return f"a list{least}, each {allowed(schema.get('items', {}), root)}"


_FORMATS = {
    "date": "a date as 2026-11-21",
    "time": "a time as 08:30",
    "ipvanynetwork": "a network as 10.1.0.0/16, with nothing but zeros behind the mask",
}
_WORDS: dict[str, Callable[[dict[str, Any], dict[str, Any]], str]] = {
    "integer": lambda schema, _root: _number("a whole number", schema),
    "number": lambda schema, _root: _number("a number", schema),
    "string": _text,
    "boolean": lambda _schema, _root: "true or false",
    "array": _list,
    "object": lambda _schema, _root: "a table",
}
