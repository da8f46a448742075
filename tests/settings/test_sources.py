from __future__ import annotations

import pytest

from gateway.settings.sources import read

QUEUES = """\
# comment
[[queue]]
id = "a"
ring_s = 5

[[queue]]
id = "b"
ring_s = 1

[nodes.ask]
kind = "menu"
"""


def source(tmp_path, text: str):
    (tmp_path / "queues.toml").write_bytes(text.encode())
    return read(tmp_path, "queues.toml", ("queues.toml",))


@pytest.mark.parametrize(
    ("location", "line"),
    [
        (("queue", 0, "id"), 3),
        (("queue", 1, "ring_s"), 8),
        (("queue", 1, "missing"), 6),
        (("queue", 1), 6),
        (("nodes", "ask", "kind"), 11),
        (("nodes", "ask", "choices", 0, "next"), 10),
        (("nowhere",), 0),
    ],
)
def test_a_place_is_found_in_the_text(tmp_path, location, line):
    assert source(tmp_path, QUEUES).line_of(location) == line


def test_a_byte_order_mark_and_crlf_of_windows_do_no_harm(tmp_path):
    found = source(tmp_path, "\ufeff" + QUEUES.replace("\n", "\r\n"))
    assert found.data is not None
    assert found.data["queue"][1]["id"] == "b"


def test_a_file_in_gbk_is_told_with_its_line(config):
    path = config.directory / "queues.toml"
    path.write_bytes('# ok\nname = "综合"\n'.encode("gb18030"))
    assert config.only() == "queues.toml:2: is not UTF-8: save the file as UTF-8 (not GBK or ANSI)"


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = 1\nb = \n", 2), ("a = 1\na = 2\n", 2), ('a = """open', 1), ("[[queue]\n", 1)],
)
def test_a_syntax_error_is_told_with_its_line(tmp_path, text, line):
    found = source(tmp_path, text)
    assert found.data is None
    assert [error.line for error in found.errors] == [line]
    assert "not valid TOML" in found.errors[0].message


def test_a_misnamed_file_is_told_from_both_sides(config):
    (config.directory / "queues.toml").rename(config.directory / "queue.toml")
    assert config.errors() == [
        'queue.toml: no such file is known. Did you mean "queues.toml"?',
        'queues.toml: the file is missing. There is "queue.toml", which is not read.',
    ]
