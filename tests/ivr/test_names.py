"""Names of sounds and the voices of a text."""

from __future__ import annotations

import pytest

from gateway.ivr.config import Flow
from gateway.ivr.names import prompt_name, prompts_of, say_sound, sound, voiced


def test_names_are_made_of_flow_node_and_part() -> None:
    assert sound(prompt_name("greeting", "welcome")) == "gw/greeting-welcome"
    assert prompt_name("greeting", "ask", "retry") == "greeting-ask-retry"
    assert say_sound("yao") == "gw/say/yao"


def test_every_text_of_a_flow_is_found_in_the_order_of_the_file() -> None:
    text = {"zh": "请按1"}
    menu = {"kind": "menu", "text": text, "retry_text": text, "person": "q"}
    nodes = {
        "hello": {"kind": "play", "text": text, "next": "ask"},
        "ask": {**menu, "choices": [{"key": "1", "next": "tape", "label": "一"}]},
        "tape": {"kind": "record", "variable": "v", "next": "q"},
        "q": {"kind": "queue"},
    }
    flow = Flow.model_validate({"id": "f", "name": "试", "start": "hello", "nodes": nodes})
    assert [(prompt.key, prompt.name) for prompt in prompts_of(flow)] == [
        ("nodes.hello.text", "f-hello"),
        ("nodes.ask.text", "f-ask"),
        ("nodes.ask.retry_text", "f-ask-retry"),
    ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("您好", (("zh", "您好"),)),
        ("您好[en]hello [yue]你好", (("zh", "您好"), ("en", "hello"), ("yue", "你好"))),
        ("[en]hello", (("en", "hello"),)),
        ("[xx]您好", (("zh", "[xx]您好"),)),
        ("", ()),
    ],
)
def test_a_text_is_split_at_its_voices(text: str, parts: tuple[tuple[str, str], ...]) -> None:
    assert voiced(text, "zh") == parts
