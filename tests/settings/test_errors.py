from __future__ import annotations

import pytest

from gateway.settings.errors import ConfigError, key_path, nearest


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("queues.toml", "weight = 10", "wieght = 10", 'queue[market].wieght: unknown key. Did you mean "weight"?'),
        (
            "queues.toml",
            'name = "综合受理"',
            "",
            "queue[hotline].name: is missing; give text of 1 to 40 characters without control characters",
        ),
        (
            "queues.toml",
            'strategy = "rrmemory"',
            'strategy = "best"',
            'queue[legal].strategy: "best" is not allowed; allowed is one of "rrmemory", "leastrecent", "fewestcalls", '
            '"random", "ringall", "linear", "wrandom"',
        ),
        (
            "entries.toml",
            'number = "12345"',
            'number = "12 345"',
            'entry[12 345].number: "12 345" is not allowed; allowed is text: digits as dialled, 2 to 20',
        ),
        (
            "gateway.toml",
            'level = "info"',
            "level = 3",
            'log.level: 3 is not allowed; allowed is one of "debug", "info", "warning", "error"',
        ),
        ("gateway.toml", "[log]", "[lgo]", 'lgo: unknown table. Did you mean "log"?'),
        (
            "gateway.toml",
            "rtp_end = 19999",
            "rtp_end = 10001",
            "asterisk.rtp_end: must be at least 7 above rtp_start (10000)",
        ),
        (
            "gateway.toml",
            'trunk_match = ["127.0.0.1"]',
            'trunk_match = ["a;b"]',
            'asterisk.trunk_match[1]: "a;b" is not allowed; '
            "allowed is text: an IPv4 address, a network as 10.1.0.0/16, or a host name",
        ),
        (
            "partners.toml",
            'name_en = "Police"',
            'name_en = "Police"\ncalls_in = { addresses = ["10.20.0.5/16"] }',
            'partner[110].calls_in.addresses[1]: "10.20.0.5/16" is not allowed; '
            "allowed is a network as 10.1.0.0/16, with nothing but zeros behind the mask",
        ),
        (
            "halls/haikou.toml",
            "pillars = [[3, 3], [8, 3]]",
            'pillars = [[3, "x"]]',
            'rooms[main].pillars[1][2]: "x" is not allowed; allowed is a whole number',
        ),
        (
            "partners.toml",
            'mode = "three_way"',
            'mode = "blind"',
            'partner[110]: 110 is never released blind (2022 No. 12): use "three_way" or "attended"',
        ),
        ("queues.toml", "[[queue]]\nid", "[[queues]]\nid", "queues: unknown key; each queue is a table [[queue]]"),
    ],
)
def test_the_message_says_what_is_allowed(config, name, old, new, message):
    config.edit(name, old, new)
    assert any(error.endswith(f": {message}") for error in config.errors()), config.errors()


def test_an_item_is_called_by_its_own_name_or_else_counted():
    data = {"entry": [{"number": "12345"}, {"nmuber": "1"}]}
    assert key_path(("entry", 0, "name"), data) == "entry[12345].name"
    assert key_path(("entry", 1, "number"), data) == "entry[2].number"


def test_an_account_is_called_by_its_name_whatever_its_number():
    data = {"sms": [{"number": "1069012345", "account": "hainan"}, {"number": "", "account": "sanya"}]}
    assert key_path(("sms", 0, "path"), data) == "sms[hainan].path"
    assert key_path(("sms", 1, "path"), data) == "sms[sanya].path"


def test_near_names_come_first_and_few_names_are_listed():
    assert nearest("hotlin", ["hotline", "legal"]) == ' Did you mean "hotline"?'
    assert nearest("zzz", ["hotline", "legal"]) == ' Known: "hotline", "legal".'
    assert nearest("zzz", []) == ""
    assert nearest("zzz", [f"name{n}" for n in range(50)]) == ""


def test_an_error_reads_as_place_key_and_message():
    assert str(ConfigError("a.toml", "b.c", "is wrong", 3)) == "a.toml:3: b.c: is wrong"
    assert str(ConfigError("a.toml", "", "is missing")) == "a.toml: is missing"
