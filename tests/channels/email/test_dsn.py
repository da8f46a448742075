"""Reports. The usual ones stand in the corpus."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.email.dsn import from_system, message_id_in, read_status, read_words


@given(st.text(max_size=300), st.text(max_size=60))
def test_any_text_is_read(text: str, subject: str) -> None:
    read_status(text)
    read_words(subject, text, "")
    message_id_in(text)


@given(
    st.lists(
        st.sampled_from(
            ["Action: failed", "Status: 4.2.2", "Final-Recipient: rfc822; a@b.cn", "", " ", "Diagnostic-Code: x"]
        ),
        max_size=20,
    )
)
def test_any_groups_are_read(lines: list[str]) -> None:
    found = read_status("\n".join(lines))
    assert found is None or found.action in ("failed", "delayed")


def test_systems_are_told_by_name_or_by_an_empty_return_path() -> None:
    assert from_system("MAILER-DAEMON@x.cn", "", None)
    assert from_system("x@x.cn", "Mail Delivery System", None)
    assert from_system("x@x.cn", "", "<>")
    assert not from_system("citizen@x.cn", "张三", None)
    assert not from_system("citizen@x.cn", "张三", "<citizen@x.cn>")


def test_words_without_code_or_original_are_no_report() -> None:
    assert read_words("系统退信", "您好", "") is None
    assert read_words("您好", "550", "") is None


def test_a_message_id_is_found_in_quoted_headers() -> None:
    assert message_id_in("> Message-Id:\n <a@b>\n") == "a@b"
    assert message_id_in("no Message-ID: <a@b>") == ""
