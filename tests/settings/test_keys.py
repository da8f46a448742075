"""secrets.toml: made once, added to, never overwritten, and refused when it is not as we left it."""

from __future__ import annotations

import stat
import threading
import tomllib

import pytest

from gateway.settings import SecretMissing, SecretsRefused, find_secret, load_secrets
from gateway.settings.keys import FILE


@pytest.fixture
def settings(config):
    return config.load()


def test_a_first_start_makes_a_private_file(tmp_path, settings):
    secrets = load_secrets(tmp_path / "var", settings)
    path = tmp_path / "var" / FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert set(secrets.seats) == {str(n) for n in range(8001, 8031)}
    assert {len(secrets.data_key), len(secrets.lookup_key), len(secrets.session_key)} == {32}
    every = [*secrets.seats.values(), secrets.ami_events, secrets.ami_orders, secrets.probe]
    assert len(set(every)) == len(every)
    assert min(map(len, every)) >= 16


def test_a_second_start_changes_nothing(tmp_path, settings):
    first = load_secrets(tmp_path, settings)
    before = (tmp_path / FILE).stat()
    assert load_secrets(tmp_path, settings) == first
    assert (tmp_path / FILE).stat().st_mtime_ns == before.st_mtime_ns


def test_a_new_seat_gets_a_password_and_the_others_keep_theirs(tmp_path, settings, config):
    first = load_secrets(tmp_path, settings)
    config.edit("halls/haikou.toml", 'extension = "8030"', 'extension = "8040"')
    second = load_secrets(tmp_path, config.load())
    assert second.seats.items() > first.seats.items()
    assert set(second.seats) - set(first.seats) == {"8040"}
    assert second.data_key == first.data_key


def test_missing_keys_are_added(tmp_path, settings):
    first = load_secrets(tmp_path, settings)
    path = tmp_path / FILE
    path.write_text("\n".join(row for row in path.read_text().splitlines() if not row.startswith("probe")))
    second = load_secrets(tmp_path, settings)
    assert second.probe != first.probe
    assert second.ami_events == first.ami_events


def test_a_file_that_others_may_read_is_refused(tmp_path, settings):
    load_secrets(tmp_path, settings)
    (tmp_path / FILE).chmod(0o640)
    with pytest.raises(SecretsRefused, match=r"others may read it \(mode 0640\): run chmod 600"):
        load_secrets(tmp_path, settings)


def test_a_misspelt_key_never_leads_to_a_new_one(tmp_path, settings):
    load_secrets(tmp_path, settings)
    path = tmp_path / FILE
    spoiled = path.read_text().replace("data_key", "date_key")
    path.write_text(spoiled)
    with pytest.raises(SecretsRefused, match='unknown key "date_key"'):
        load_secrets(tmp_path, settings)
    assert path.read_text() == spoiled


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('data_key = "00"', "data_key must be 64 hexadecimal digits"),
        ('ami_events = "short"', "ami_events must be 16 to 128 letters"),
        ('ami_events = "aaaaaaaaaaaaaaaaa\\nwrite = all"', "ami_events must be"),
        ("probe = 5", "probe must be"),
        ("seats = 5", "seats must be a table"),
        ('[seats]\n8001 = "a b"', r"seats\.8001 must be"),
        ("x = ", "damaged"),
    ],
)
def test_a_damaged_value_is_refused(tmp_path, settings, line, message):
    path = tmp_path / FILE
    path.touch(0o600)
    path.write_text(line)
    with pytest.raises(SecretsRefused, match=message):
        load_secrets(tmp_path, settings)
    assert path.read_text() == line


def test_a_link_to_elsewhere_is_refused(tmp_path, settings):
    (tmp_path / "elsewhere").touch(0o600)
    (tmp_path / FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SecretsRefused, match="cannot be opened"):
        load_secrets(tmp_path, settings)


def test_two_first_starts_agree(tmp_path, settings):
    found = []
    threads = [threading.Thread(target=lambda: found.append(load_secrets(tmp_path, settings))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 4
    assert all(secrets == found[0] for secrets in found)


def test_secrets_do_not_show_themselves(tmp_path, settings):
    secrets = load_secrets(tmp_path, settings)
    shown = repr(secrets)
    assert secrets.ami_events not in shown
    assert secrets.seats["8001"] not in shown


def test_the_file_is_toml(tmp_path, settings):
    secrets = load_secrets(tmp_path, settings)
    assert tomllib.loads((tmp_path / FILE).read_text())["seats"] == secrets.seats


def test_a_secret_of_an_account_that_is_off_is_found_and_never_made(tmp_path, settings):
    folder = tmp_path / "var"
    with pytest.raises(SecretMissing, match=r"secrets\.toml has none of that name"):
        find_secret(folder, "made:open311-example")
    assert not folder.exists()
    secrets = load_secrets(folder, settings)
    before = (folder / FILE).read_bytes()
    assert find_secret(folder, "made:open311-example") == secrets.of("made:open311-example")
    with pytest.raises(SecretMissing, match="switched on"):
        find_secret(folder, "made:nobody")
    assert find_secret(folder, "env:THERE", {"THERE": "s"}) == "s"
    with pytest.raises(SecretMissing, match="THERE is not set"):
        find_secret(folder, "env:THERE", {})
    assert (folder / FILE).read_bytes() == before
