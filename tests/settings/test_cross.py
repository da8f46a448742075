"""Errors that only show when tables are laid beside each other."""

from __future__ import annotations

import pytest

HALL = "halls/haikou.toml"


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (HALL, 'queues = ["legal"]', 'queues = ["legal", "leagl"]', 'unknown queue "leagl"'),
        ("entries.toml", 'queue = "poverty"', 'queue = "povert"', 'unknown queue "povert"'),
        ("entries.toml", 'flow = "greeting"', 'flow = "greting"', 'unknown flow "greting"'),
        ("partners.toml", 'queue = "fund"', 'queue = "found"', 'unknown queue "found"'),
        ("partners.toml", 'data = "copy"', 'data = "copy"\nhours = "lawyer"', 'unknown calendar "lawyer"'),
        ("partners.toml", 'data = "copy"', 'data = "copy"\ntrunk = "trunk2"', 'unknown trunk "trunk2"'),
        (
            "partners.toml",
            'data = "copy"',
            'data = "copy"\nnumbers = [{ number = "12", trunk = "x" }]',
            'unknown trunk "x"',
        ),
        ("partners.toml", 'data = "copy"', 'data = "copy"\nclosed_to = "leagl"', 'Did you mean "legal"'),
        ("partners.toml", 'data = "copy"', 'data = "copy"\nclosed_to = "12399"', 'unknown partner "12399"'),
        ("entries.toml", 'number = "12315"', 'number = "12345"', 'the entry number "12345" is given twice'),
        ("queues.toml", 'id = "fund"', 'id = "hotline"', 'the queue id "hotline" is given twice'),
        ("queues.toml", 'day = "day_shift"', 'day = "day_shfit"', 'unknown calendar "day_shfit"'),
        ("queues.toml", "day_lines = 6", "day_lines = 600", "600 and 1 on standby are more than the seats that serve"),
        ("partners.toml", 'number = "119"', 'number = "110"', 'the partner number "110" is given twice'),
        (HALL, 'extension = "8030"', 'extension = "8029"', 'extension 8029 of "E002" is also that of "P001"'),
        (HALL, 'extension = "8030"', 'extension = "12345"', 'extension 12345 of "P001" is also the entry number 12345'),
        (HALL, 'extension = "8030"', 'extension = "961017"', "is also the entry number 961017"),
        (HALL, 'extension = "8030"', 'extension = "95598"', 'is also the partner number 95598 "供电服务热线"'),
        (HALL, 'id = "P001"', 'id = "A001"', 'seat id "A001" is also in halls/haikou.toml'),
        (HALL, 'id = "break"', 'id = "wrap_up"', '"wrap_up" is kept for the gateway'),
        (HALL, 'id = "meal"', 'id = "break"', 'the reason "break" is given twice'),
        (HALL, 'zone = "Asia/Shanghai"', 'zone = "Asia/Shanghia"', 'Did you mean "Asia/Shanghai"'),
        (HALL, 'zone = "Asia/Shanghai"', 'zone = "../etc/passwd"', 'unknown time zone "../etc/passwd"'),
        ("gateway.toml", "agi_port = 4573", "agi_port = 5038", "5038 is also asterisk.ami_port"),
        ("gateway.toml", "http_port = 8088", "http_port = 8345", "8345 is also web.port"),
        ("gateway.toml", "sip_port = 5060", "sip_port = 12000", "12000 lies in the media ports 10000 to 19999"),
        ("categories.toml", 'parent = "01"', 'parent = "77"', 'unknown category "77"'),
        ("categories.toml", 'code = "0102"', 'code = "0101"', 'the code "0101" is given twice'),
        ("categories.toml", 'kind = "举报"', 'kind = "投诉"', 'the limit of "投诉" is given twice'),
        ("replies.toml", 'fallback_sms = ""', 'fallback_sms = "hainna"', 'Did you mean "hainan"'),
        ("replies.toml", 'fallback_sms = ""', 'fallback_sms = "hainan"', 'the SMS account "hainan" is switched off'),
        ("intake.toml", "[written]\n", '[written]\nqueues = ["hotlin"]\n', 'Did you mean "hotline"'),
        ("intake.toml", 'channels = ["wechat", ', 'channels = ["wecom", ', 'no tickets are written over "wecom"'),
        ("intake.toml", 'channel = "email"', 'channel = "emial"', 'Did you mean "email"'),
        ("gateway.toml", 'account = ""', 'account = "hainna"', 'Did you mean "hainan"'),
        ("gateway.toml", "recipients = []", 'recipients = ["a@b.cn"]', "nobody sends mail"),
        ("gateway.toml", "recipients = []", 'recipients = ["a b.cn"]', '"a b.cn" is no mail address'),
        ("gateway.toml", "halls = []", 'halls = ["nowhere"]', 'unknown hall "nowhere"'),
        ("gateway.toml", 'at = "07:30"', 'at = "7:30"', "a time of day"),
        ("gateway.toml", 'kinds = ["day", ', 'kinds = ["dya", ', "kinds"),
        ("gateway.toml", 'shown = "virtual"', 'shown = "hotline"', "needs the key hotline"),
        ("gateway.toml", "hours = 72", "hours = 721", "hours = 721 is more than most_hours = 720"),
        ("intake.toml", 'reasons = ["paperwork"]', 'reasons = ["paperwrok"]', 'Did you mean "paperwork"'),
        ("ivr/legal.toml", 'queue = "legal"', 'queue = "leagl"', "leagl"),
        ("ivr/legal.toml", 'calendar = "lawyers"', 'calendar = "nobody"', "nobody"),
    ],
)
def test_what_does_not_fit_is_told(config, name, old, new, message):
    config.edit(name, old, new)
    errors = config.errors()
    assert any(error.startswith(f"{name}:") and message in error for error in errors), errors


def test_an_error_names_the_line_in_the_file(config):
    config.edit("entries.toml", 'queue = "poverty"', 'queue = "povert"')
    text = (config.directory / "entries.toml").read_text(encoding="utf-8").splitlines()
    line = text.index('queue = "povert"') + 1
    assert config.only() == (
        f'entries.toml:{line}: entry[961017].queue: unknown queue "povert"; '
        'allowed are those of queues.toml. Did you mean "poverty"?'
    )


def test_a_category_below_itself_is_told(config):
    config.append("categories.toml", '[[category]]\ncode = "x1"\nname = "甲"\nparent = "x2"')
    config.append("categories.toml", '[[category]]\ncode = "x2"\nname = "乙"\nparent = "x1"')
    assert sum("lies below itself" in error for error in config.errors()) == 2


def test_queue_ids_that_asterisk_takes_for_one_are_told(config):
    config.append("queues.toml", '[[queue]]\nid = "hot-line"\nname = "甲"')
    assert '"hot-line" and "hotline" differ only in -' in config.only()


def test_a_queue_cannot_be_called_like_asterisks_own_section(config):
    config.append("queues.toml", '[[queue]]\nid = "general"\nname = "甲"')
    assert "is kept for Asterisk's own section" in config.only()


def test_an_entry_whose_queue_no_seat_serves_is_told(config):
    config.append("queues.toml", '[[queue]]\nid = "empty"\nname = "甲"')
    config.edit("entries.toml", 'queue = "poverty"', 'queue = "empty"')
    assert 'no seat serves the queue "empty"' in config.only()


def test_a_prefix_that_makes_another_entry_number_is_told(config):
    config.edit("gateway.toml", 'entry_prefixes = ["0898"]', 'entry_prefixes = ["96"]')
    config.edit("entries.toml", 'number = "961017"', 'number = "9612345"')
    assert any("9612345, which is an entry number of its own" in error for error in config.errors())


def test_no_entry_and_no_queue_are_told(config):
    (config.directory / "entries.toml").write_text("", encoding="utf-8")
    assert any("at least one number must be dialled" in error for error in config.errors())
    (config.directory / "queues.toml").write_text("", encoding="utf-8")
    assert any("there is no [[queue]]" in error for error in config.errors())


def test_two_halls_share_no_seat_and_no_extension(config):
    text = (config.directory / "halls/haikou.toml").read_text(encoding="utf-8")
    (config.directory / "halls/sanya.toml").write_text(text.replace('"haikou"', '"sanya"'), encoding="utf-8")
    errors = config.errors()
    assert sum("ids must differ" in error for error in errors) >= 5
    assert any('extension 8001 of "A001" is also that of "A001"' in error for error in errors)


def test_a_secret_that_is_not_where_an_account_says_is_told_with_its_key(config):
    config.edit("channels.toml", "[[weibo]]\nenabled = false", "[[weibo]]\nenabled = true")
    first, second = config.errors({})
    assert "channels.toml" in first
    assert "app_secret" in first
    assert "WEIBO_HAINAN_APP_SECRET is not set" in first
    assert "access_token" in second
    there = {"WEIBO_HAINAN_APP_SECRET": "a", "WEIBO_HAINAN_ACCESS_TOKEN": "b"}
    assert config.load(there).channels.weibo[0].enabled


SECRET = {"EMAIL_HAINAN_PASSWORD": "p"}


def test_a_mail_account_without_a_way_in_is_told_what_to_do(config):
    config.edit("channels.toml", "[[email]]\nenabled = false", "[[email]]\nenabled = true")
    assert config.load(SECRET).channels.email[0].imap
    path = config.directory / "channels.toml"
    head, _, rest = path.read_text(encoding="utf-8").partition("[[email.imap]]")
    path.write_text(head + rest[rest.index("[email.smtp]") :], encoding="utf-8")
    error = config.only(SECRET)
    assert error.startswith("channels.toml:") and "email[hainan].imap: receives nothing" in error
    assert "[[email.imap]]" in error and "[mailroom] listen" in error
    config.edit("channels.toml", 'listen = ""', 'listen = "tcp:127.0.0.1:8024"')
    assert not config.load(SECRET).channels.email[0].imap


def test_a_receipt_needs_a_server_that_takes_it(config):
    config.edit("channels.toml", "[[email]]\nenabled = false", "[[email]]\nenabled = true")
    path = config.directory / "channels.toml"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[: whole.index("[email.smtp]")], encoding="utf-8")
    error = config.only(SECRET)
    assert "email[hainan].receipt: receipt = true needs [email.smtp]" in error and "receipt = false" in error
    config.edit(
        "channels.toml", 'address = "12345@hainan.example"', 'address = "12345@hainan.example"\nreceipt = false'
    )
    assert config.load(SECRET).channels.email[0].smtp is None


def test_a_mail_account_that_is_off_may_be_half_written(config):
    path = config.directory / "channels.toml"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[: whole.index("[[email.imap]]")], encoding="utf-8")
    assert config.load().channels.email[0].receipt


def test_an_account_is_named_by_its_name_and_not_by_its_number(config):
    config.edit("channels.toml", 'kind = "cmpp"\nenabled = false', 'kind = "cmpp"\nenabled = true')
    error = config.only()
    assert "sms[hainan].secret" in error and "SMS_HAINAN_SECRET is not set" in error


def test_an_open311_attribute_of_an_unknown_category_is_told(config):
    attribute = '[[open311.attribute]]\ncode = "x"\nservices = ["0100"]\ndescription = "?"'
    config.append("channels.toml", attribute)
    error = config.only()
    assert "channels.toml" in error
    assert 'unknown category "0100"' in error


def test_an_account_given_twice_is_told(config):
    config.edit("channels.toml", 'account = "hainan-kf"', 'account = "hainan"')
    assert "given twice (WeCom accounts count as wechat)" in config.only()


def test_a_virtual_number_that_is_dialled_for_something_else_is_told(config):
    config.edit("gateway.toml", "[virtual]", '[virtual]\nhotline = "99999"')
    config.edit("gateway.toml", "numbers = []", 'numbers = ["12300-12399"]')
    errors = config.errors()
    assert any("virtual.numbers" in error and "12345 is also the entry number 12345" in error for error in errors)
    assert any("virtual.hotline" in error and 'unknown entry number "99999"' in error for error in errors)


def test_a_pool_is_read_also_from_the_environment(config):
    settings = config.load({"GATEWAY__VIRTUAL__NUMBERS": '["66001000-66001099"]'})
    assert len(list(settings.virtual.pool())) == 100
