from __future__ import annotations

import unicodedata
from itertools import accumulate

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.tickets.config import CategoriesConfig, IntakeConfig
from gateway.tickets.proposals import Proposer, Words, _normal
from tests.tickets.conftest import shipped_policy


def values(text: str, address: str = "") -> dict[str, str]:
    return {name: found["value"] for name, found in shipped_policy().proposer.propose(text, address).items()}


def proposer(**intake: object) -> Proposer:
    return Proposer(IntakeConfig.model_validate(intake), CategoriesConfig(), {})


@pytest.mark.parametrize(
    ("text", "proposed"),
    [
        ("美兰区施工噪音扰民", {"kind": "投诉", "category": "0701", "area_code": "460108"}),
        ("请问公积金提取需要什么材料", {"kind": "咨询", "category": "0302"}),
        ("我不是要投诉，就是想咨询一下", {"kind": "咨询"}),
        ("是不是可以投诉物业", {"kind": "投诉", "category": "0301"}),
        ("不是噪音问题，是油烟", {"category": "0703"}),
        ("建议在公交站增加座椅", {"kind": "建议", "category": "0601"}),
        ("路灯不亮好几天了", {"category": "0402"}),
        ("三亚吉阳区", {"area_code": "460203"}),
        ("海口和三亚都有", {}),
        ("今天天气真好", {}),
        ("", {}),
    ],
)
def test_what_words_speak_for_is_proposed_and_nothing_else(text, proposed):
    assert values(text) == proposed


@pytest.mark.parametrize("text", ["消费者", "前提取消", "身份证明"])
def test_a_keyword_inside_another_word_does_not_match(text):
    assert values(text) == {}


def test_a_keyword_of_one_character_is_a_word_of_its_own():
    reads = proposer(kind=[{"value": "投诉", "words": ["吵"]}])
    assert reads.propose("太吵。")["kind"]["value"] == "投诉"
    assert reads.propose("吵")["kind"]["value"] == "投诉"
    assert reads.propose("争吵") == {}


@pytest.mark.parametrize("keyword", ["吵", "路灯", "路灯费", "☎吵"])
@given(
    st.lists(
        st.sampled_from(["停", "费", "费用", "路", "灯", "路灯", "吵", "吵闹", "☎", "，", "a", "\ud800"]), max_size=6
    ).map("".join)
)
@example("路灯费用")
@example("☎吵")
@example("☎吵闹")
@example("\ud800路灯")
def test_a_keyword_stands_from_the_start_of_a_word_to_the_end_of_one(keyword, text):
    """One of three characters or more may end within a later word than it begins with."""
    ends = list(accumulate(map(len, _WORDS.cut(text)), initial=0))

    def stands(start: int) -> bool:
        end = start + len(keyword)
        within_later = len(keyword) > 2 and any(start < edge < end for edge in ends)
        return text.startswith(keyword, start) and start in ends and (end in ends or within_later)

    assert bool(_READERS[keyword].propose(text)) == any(map(stands, range(len(text))))


@given(
    st.lists(st.text("♪♫♬♭", min_size=1, max_size=4), min_size=1, max_size=5, unique=True), st.text("♪♫♬♭", max_size=8)
)
def test_of_keywords_in_one_another_the_longest_counts_and_others_beside_each_other_all(keywords, text):
    """Each of these characters is a word, so that every keyword stands wherever its characters do."""
    places = [(at, at + len(word)) for at in range(len(text)) for word in keywords if text.startswith(word, at)]
    outermost = [
        (start, end) for start, end in places
        if not any(a <= start and end <= b and b - a > end - start for a, b in places)
    ]  # fmt: skip
    told = "、".join(dict.fromkeys(text[start:end] for start, end in outermost))
    found = proposer(kind=[{"value": "投诉", "words": keywords}]).propose(text)
    assert found == ({"kind": {"value": "投诉", "why": f"关键词 {told} → 投诉"}} if told else {})


def test_a_longer_keyword_hides_a_shorter_one_of_its_own_field_only():
    kinds = [{"value": "求助", "words": ["♪"]}, {"value": "投诉", "words": ["♪♫"], "unless": ["演练"]}]
    reads = proposer(negations=["不"], kind=kinds, urgency=[{"value": "紧急", "words": ["♪"]}])
    found = reads.propose("♪♫")
    assert (found["kind"]["value"], found["urgency"]["value"]) == ("投诉", "紧急")
    assert reads.propose("演练♪♫")["kind"]["value"] == "求助"  # the longer one does not count at all
    assert reads.propose("不♪♫") == {}  # taken back, and still the longer one


def test_without_keywords_nothing_is_proposed():
    assert proposer().propose("路灯不亮，请尽快处理。", "海口市") == {}


def test_keywords_of_one_and_of_more_characters_are_found_at_one_place():
    reads = proposer(kind=[{"value": "投诉", "words": ["吵"]}, {"value": "建议", "words": ["吵闹声"], "weight": 3}])
    assert reads.propose("吵闹声，吵")["kind"]["value"] == "建议"


@given(st.text(st.sampled_from("，！？：；（）。、路灯ＡａＢ①é\u0301\u3099か"), max_size=12))
def test_a_text_is_made_normal_as_unicode_says(text):
    assert _normal(text) == unicodedata.normalize("NFKC", text).lower()


def test_the_reason_names_the_words():
    found = shipped_policy().proposer.propose("夜间噪音，施工扰民")
    assert found["category"] == {"value": "0701", "name": "噪声", "why": "关键词 噪音、施工扰民 → 噪声"}
    assert found["kind"]["why"] == "关键词 扰民 → 投诉"


def test_equal_support_proposes_nothing():
    assert "kind" not in values("我要投诉举报")
    assert "category" not in values("垃圾和噪音")


def test_each_keyword_counts_once_and_weights_decide():
    rules = [{"value": "投诉", "words": ["扰民"]}, {"value": "咨询", "weight": 3, "words": ["请问"]}]
    assert proposer(kind=rules).propose("请问扰民扰民扰民扰民怎么算")["kind"]["value"] == "咨询"


def test_the_longest_of_overlapping_keywords_counts():
    found = shipped_policy().proposer.propose("楼道里煤气泄漏")
    assert found["category"]["value"] == "1301"
    assert found["urgency"] == {"value": "特急", "why": "关键词 煤气泄漏 → 特急", "dial": ["119"]}


@pytest.mark.parametrize(
    ("text", "dial"),
    [
        ("万绿园有人落水了", ["120"]),
        ("三楼着火了", ["119"]),
        ("我不想活了", ["110", "120"]),
        ("着火了还有人昏迷", ["119", "120"]),
    ],
)
def test_emergencies_say_whom_to_dial(text, dial):
    urgency = shipped_policy().proposer.propose(text)["urgency"]
    assert (urgency["value"], urgency["dial"]) == ("特急", dial)


@pytest.mark.parametrize("text", ["消防演练设了着火点", "没有着火", "并没有爆炸"])
def test_what_does_not_happen_is_no_emergency(text):
    assert "urgency" not in values(text)


def test_have_you_or_have_you_not_is_no_negation():
    assert values("有没有被困的人")["urgency"] == "紧急"


def test_an_urgent_category_is_urgent_and_says_why():
    found = shipped_policy().proposer.propose("台风把树吹倒了")["urgency"]
    assert found["value"] == "紧急"
    assert "极端天气" in found["why"]


def test_a_stated_address_counts_before_the_text():
    assert values("和海口市的做法不一样", "三亚市天涯区")["area_code"] == "460204"
    assert values("三亚市的做法", "人民大道1号")["area_code"] == "460200"


def test_of_an_address_only_its_places_are_read():
    assert values("你好", "三亚市噪音投诉站") == {"area_code": "460200"}


def test_width_and_case_do_not_matter():
    rules = [{"value": "投诉", "words": ["ＡＰＰ"]}]
    assert proposer(kind=rules).propose("贵局的app打不开")["kind"]["value"] == "投诉"


def test_areas_may_come_from_elsewhere():
    found = Proposer(IntakeConfig(), CategoriesConfig(), {"110000": ("北京市", "北京")})
    assert found.propose("北京路灯")["area_code"] == {"value": "110000", "why": "地名 北京 → 北京市（110000）"}
    assert (found.area_name("110000"), found.area_name("x"), found.category_name("x")) == ("北京市", "", "x")


def test_only_the_beginning_of_a_long_text_is_read():
    assert values("字" * 1990 + "噪音")["category"] == "0701"
    assert values("字" * 2000 + "噪音") == {}


@given(
    st.text(alphabet=st.characters(exclude_categories=()), max_size=60)
    | st.text(alphabet="不是没有投诉噪音海口着火了Ａ1 ，", max_size=40)
)
def test_any_text_is_read_and_only_configured_values_come_out(text):
    found = shipped_policy().proposer.propose(text)
    assert found.keys() <= {"kind", "category", "urgency", "area_code"}
    assert all(one["why"] and one["value"] for one in found.values())


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=80))
def test_words_joined_are_the_text(text):
    assert "".join(_WORDS.cut(text)) == text


_WORDS = Words(["噪音"])
_READERS = {word: proposer(kind=[{"value": "投诉", "words": [word]}]) for word in ("吵", "路灯", "路灯费", "☎吵")}
