"""``load`` as an operator meets it: the example works, and a bad configuration tells all of its errors at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.settings import ConfigErrors, load


def test_the_example_loads(config):
    settings = config.load()
    assert settings.gateway.name == "海南省12345政务服务便民热线"
    assert (settings.zone, settings.area_code) == ("Asia/Shanghai", "460000")
    assert settings.config_dir == config.directory


def test_every_error_is_told_at_once(config):
    config.edit("gateway.toml", "port = 8345", "prot = 8345")
    config.edit("queues.toml", 'strategy = "rrmemory"', 'strategy = "best"')
    config.edit("entries.toml", 'queue = "market"', 'queue = "markt"')
    config.edit("halls/haikou.toml", 'zone = "Asia/Shanghai"', 'zone = "Asia/Shanghia"')
    (config.directory / "calendar.toml").unlink()
    (config.directory / "partners.toml").write_text("[[partner]\n", encoding="utf-8")
    errors = config.errors()
    assert [error.split(":")[0] for error in errors] == [
        "calendar.toml",
        "entries.toml",
        "gateway.toml",
        "halls/haikou.toml",
        "partners.toml",
        "queues.toml",
    ]


def test_a_broken_file_makes_no_errors_elsewhere(config):
    (config.directory / "queues.toml").write_text("[[queue]\n", encoding="utf-8")
    assert config.only().startswith("queues.toml:1: not valid TOML")


def test_a_queue_that_is_wrong_otherwise_may_still_be_named(config):
    config.edit("queues.toml", "wrap_up_s = 20", "wrap_up_s = 9999")
    line = (config.directory / "queues.toml").read_text(encoding="utf-8").splitlines().index("wrap_up_s = 9999") + 1
    assert config.only() == (
        f"queues.toml:{line}: queue[hotline].wrap_up_s: 9999 is not allowed; allowed is a whole number from 0 to 600"
    )


def test_errors_print_as_a_list(config):
    config.edit("gateway.toml", "port = 8345", "port = 99999")
    with pytest.raises(ConfigErrors) as caught:
        config.load()
    assert str(caught.value).splitlines() == [
        "The configuration has 1 error:",
        "  gateway.toml:12: web.port: 99999 is not allowed; allowed is a whole number from 0 to 65535",
    ]


def test_a_missing_directory_is_one_error(tmp_path):
    with pytest.raises(ConfigErrors, match="there is no such configuration directory"):
        load(tmp_path / "nowhere", {})


def test_an_empty_directory_names_all_that_is_missing(tmp_path):
    with pytest.raises(ConfigErrors) as caught:
        load(tmp_path, {})
    assert {error.file for error in caught.value.errors} >= {"gateway.toml", "queues.toml", "entries.toml", "halls/"}


def test_the_environment_overrides_the_file(config):
    settings = config.load(
        {
            "GATEWAY__WEB__PORT": "9000",
            "GATEWAY__GATEWAY__STATE_DIR": "/srv/gateway",
            "GATEWAY__ASTERISK__TRUNK_MATCH": '["10.0.0.5", "10.1.0.0/16"]',
            "GATEWAY_OTHER": "not ours",
        }
    )
    assert settings.web.port == 9000
    assert settings.state_dir == Path("/srv/gateway")
    assert settings.asterisk.trunk_match == ["10.0.0.5", "10.1.0.0/16"]


def test_a_bad_override_is_told_under_its_name(config):
    assert config.only({"GATEWAY__WEB__PORT": "many"}) == (
        'environment: GATEWAY__WEB__PORT: "many" is not allowed; allowed is a whole number from 0 to 65535'
    )


def test_an_override_of_nothing_names_the_nearest(config):
    message = config.only({"GATEWAY__WEB__PROT": "1"})
    assert message.startswith("environment: GATEWAY__WEB__PROT: names no key of gateway.toml.")
    assert "GATEWAY__WEB__PORT" in message


def test_a_frozen_value(config):
    settings = config.load()
    with pytest.raises(AttributeError):
        settings.web = None
