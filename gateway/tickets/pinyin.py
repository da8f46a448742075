"""Categories as agents find them while they listen: by code, word, pinyin (shichang) or initials (sc).

The dictionary takes 60 MB and a sixth of a second to load, for a few hundred names that change once a year. So it is
never loaded by the gateway itself: ``python -m gateway.tickets.pinyin`` reads names as JSON from its input, writes
their spellings to its output, and gives the memory back by ending. Without the library names are found by word alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence

from gateway.tickets.config import CategoriesConfig

Spelling = tuple[str, str]
"""The pinyin of a name without tones and spaces, and its initials: ``("shichangjianguan", "scjg")``."""


def spelled(names: Iterable[str]) -> list[Spelling]:
    """The spelling of each name, in order; what is not Chinese stays, in lower case. Loads the dictionary."""
    from pypinyin import lazy_pinyin  # 60 MB: not for whoever only imports this module

    found = []
    for name in names:
        # A list is right as well, says its documentation, and its types do not.
        syllables = [one.strip().lower() for one in lazy_pinyin(name, errors=_apart)]  # type: ignore[arg-type]
        kept = ["".join(filter(str.isalnum, one)) for one in syllables]
        found.append(("".join(kept), "".join(one[:1] for one in kept)))
    return found


def _apart(text: str) -> list[str]:
    """What is not Chinese, letter by letter, so that each is an initial of its own."""
    return list(text)


def paths_of(categories: CategoriesConfig) -> dict[str, str]:
    """By code, the names from the top down to each category: ``市场监管 / 消费维权``. All at once, because one by one
    takes the square of their number; a circle ends where it begins."""
    known = {one.code: one for one in categories.category}
    paths = {}
    for code, one in known.items():
        names, seen, above = [one.name], {code}, one.parent
        while above is not None and above in known and above not in seen:
            names.append(known[above].name)
            seen.add(above)
            above = known[above].parent
        paths[code] = " / ".join(reversed(names))
    return paths


def asked(names: Sequence[str]) -> bytes:
    """What the program is given."""
    return json.dumps(list(names), ensure_ascii=True).encode()


def answered(output: bytes, names: Sequence[str]) -> dict[str, Spelling]:
    """Spellings by name, from the program's output. Raises ValueError when it is none of ours."""
    said = json.loads(output)
    if not isinstance(said, list) or len(said) != len(names):
        raise ValueError(f"{len(names)} names have no {len(names)} spellings")
    return {name: (str(whole), str(initials)) for name, (whole, initials) in zip(names, said, strict=True)}


def main() -> None:
    """Names in, spellings out, as JSON."""
    json.dump(spelled(json.load(sys.stdin)), sys.stdout)


if __name__ == "__main__":
    main()
