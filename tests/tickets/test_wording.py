from __future__ import annotations

import pytest

from gateway.tickets.wording import DEFAULTS, template_errors
from tests.tickets.conftest import shipped_replies


def test_the_gateways_own_words_have_no_error():
    assert [error for name, text in DEFAULTS.items() for error in template_errors(name, text)] == []


def test_the_shipped_configuration_shows_the_gateways_own_words():
    assert shipped_replies().templates == dict(DEFAULTS)


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        ("recieved", "x", "templates.recieved is no template; did you mean received?"),
        ("closed", "{depratment}", "templates.closed has the unknown placeholder {depratment}"),
        ("sent_on", "{depratment}", "did you mean department?"),
        ("help", "{x}", "known are none"),
        ("closed", "{ticket_no", "a brace without its other half"),
        ("closed", "{{ticket_no}}", "a brace without its other half"),
        ("closed", " ", "must have 1 to 1000 characters"),
        ("closed", "字" * 1001, "must have 1 to 1000 characters"),
    ],
)
def test_a_wrong_template_is_named_with_what_is_wrong(name, text, error):
    (found,) = template_errors(name, text)
    assert error in found


def test_every_error_of_a_template_is_told():
    assert len(template_errors("closed", "{a} {b} {ticket_no} }")) == 3
