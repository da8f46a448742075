"""HTML: what is shown of it, as text and as safe HTML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.channels.email.cases.made import PHOTO, Case, b64, html

SAID = "和平大道人行道砖块松动，老人摔倒。"


def cases() -> Iterator[Case]:
    """All of them."""
    yield from words()
    yield from safety()
    yield from hostile()


def _case(name: str, source: str, text: str, *flags: str, files: Any = (), has: Any = (), lacks: Any = ()) -> Case:
    more = {"html_has": list(has), "html_lacks": list(lacks)} if has or lacks else {}
    return Case(f"html-{name}", html(source), text, files=files, flags=flags, more=more)


def words() -> Iterator[Case]:
    """Text out of HTML."""
    yield _case("blocks", "<div>一</div><p>二</p>三<h1>四</h1>五", "一\n二\n三\n四\n五")
    yield _case("breaks", "一<br>二<br/><br>三", "一\n二\n\n三")
    yield _case("empty-line-of-a-div", "<div>一</div><div><br></div><div>二</div>", "一\n\n二")
    yield _case("entities", "<p>&lt;通知&gt;&nbsp;A&amp;B&#20013;&#x6587;&hellip;&copy;</p>", "<通知> A&B中文…©")
    yield _case("source-lines", "<p>第一行\n第二行 and\nmore\n   words</p>", "第一行第二行 and more words")
    yield _case("bullets", "<ul><li>路灯<li>井盖</ul>", "• 路灯\n• 井盖")
    yield _case("numbers", "<ol start=3><li>路灯</li><li>井盖<ul><li>破损</ul></ol>", "3. 路灯\n4. 井盖\n  • 破损")
    yield _case(
        "table",
        "<table><tr><th>姓名</th><th>电话</th></tr><tr><td>张三</td><td>无</td></tr></table>",
        "姓名\t电话\n张三\t无",
    )
    yield _case("table-of-layout", "<table><tr><td><table><tr><td>一</td></tr></table></td></tr></table>", "一")
    yield _case(
        "link",
        '<a href="https://www.example.cn/a?x=1&amp;y=2">照片在此</a>',
        "照片在此 <https://www.example.cn/a?x=1&y=2>",
    )
    yield _case("link-that-says-itself", '<a href="https://www.example.cn/">www.example.cn</a>', "www.example.cn")
    yield _case("link-to-an-address", '<a href="mailto:a@example.cn">a@example.cn</a>', "a@example.cn")
    yield _case("quotation", f"<p>{SAID}</p><blockquote>原文<br>两行</blockquote>", f"{SAID}\n> 原文\n> 两行")
    nested = "<blockquote>一<blockquote>二</blockquote></blockquote>三"
    yield _case("quotation-in-a-quotation", nested, "> 一\n> > 二\n三")
    indented = '<blockquote style="margin:0 0 0 40px;border:none;padding:0">只是缩进</blockquote>'
    yield _case("indented", indented, "只是缩进")
    yield _case("pre", "<pre>一\n  二\n\n三</pre>", "一\n  二\n\n三")
    yield _case("rule", "一<hr>二", f"一\n{'_' * 32}\n二")
    yield _case("emoji-picture", '<p>好<img src="https://e.example/1.png" alt="😀">的</p>', "好😀的", "remote_images")
    hidden = f'<div style="display:none">预览</div><p hidden>暗</p><span style="font-size:0px">x</span>{SAID}'
    yield _case("hidden", hidden, SAID)
    word = '<p class=MsoNormal><span lang=EN-US style="mso-x:y"><o:p>&nbsp;</o:p></span></p>'
    yield _case("outlook", f"<p class=MsoNormal>{SAID}<o:p></o:p></p>{word}<p class=MsoNormal>二</p>", f"{SAID}\n\n二")
    comment = f"<!--[if gte mso 9]><xml>x</xml><![endif]--><style>p{{}}</style><title>t</title>{SAID}<!-- y -->"
    yield _case("comments-and-styles", comment, SAID, lacks=["xml", "p{}", "<!--", "title"])
    yield _case("unclosed", f"<div><p><b>{SAID}<table><tr><td>格", f"{SAID}\n格")
    yield _case("nothing-but-a-picture", '<img src="cid:none">', "", "empty")


def safety() -> Iterator[Case]:
    """What must not come through."""
    script = f"<script>alert(1)</script><p onclick='x()' onmouseover=y>{SAID}</p><iframe src=//x></iframe>"
    script += "<object data=x></object>"
    yield _case("scripts", script, SAID, lacks=["script", "alert", "onclick", "onmouse", "iframe", "object"])
    links = f'<a href="javascript:alert(1)">{SAID}</a><a href="data:text/html,x">二</a><a href=" jAvAsCrIpT:x">三</a>'
    yield _case("links", links, f"{SAID}二三", lacks=["javascript", "data:", "jAvA"])
    yield _case(
        "link-rel",
        '<a href="https://x.example/" target=_top>x.example</a>',
        "x.example",
        has=["noopener"],
        lacks=["_top"],
    )
    form = (
        f'<form action="https://x.example"><input name=p value=v><button>b</button><textarea>t</textarea>{SAID}</form>'
    )
    yield _case("forms", form, f"b{SAID}", lacks=["form", "input", "textarea", "action"])
    styles = f'<p style="position:fixed;top:0;z-index:9;background:url(https://x.example/t.gif);color:red">{SAID}</p>'
    yield _case("styles", styles, SAID, has=["color:red"], lacks=["position", "url(", "z-index"])
    tracker = f'{SAID}<img src="https://x.example/t.gif" width="1" height="1">'
    yield _case("tracker", tracker, SAID, "remote_images", lacks=["img", "x.example"])
    remote = f'{SAID}<img src="http://x.example/a.jpg" alt="现场照片">'
    yield _case(
        "remote-picture", remote, f"{SAID}现场照片", "remote_images", has=['alt="现场照片"'], lacks=["x.example"]
    )
    sets = f'{SAID}<img srcset="http://x.example/a.jpg 2x" src="cid:a"><link rel=stylesheet href=//x>'
    sets += "<base href=//x><meta http-equiv=refresh content=0>"
    yield _case("other-fetches", sets, SAID, has=["cid:a"], lacks=["srcset", "link", "base", "meta", "x.example"])
    inside = f'{SAID}<img src="data:image/png;base64,{b64(PHOTO)}">'
    files = (["图片1.png", "image/png", len(PHOTO), True, "inside-1"],)
    yield _case("picture-inside", inside, SAID, files=files, has=["cid:inside-1"], lacks=["data:"])
    svg = f'{SAID}<svg><script>x</script><a xlink:href="javascript:x">y</a></svg><math><mtext></math>'
    yield _case("svg", svg, SAID, lacks=["svg", "script", "math"])
    hints = f'<div id="isReplyContent" class="gmail_quote">{SAID}</div>'
    yield _case("hints-kept", hints, SAID, has=['class="gmail_quote"', 'id="mail-isReplyContent"'])
    yield _case("attribute-with-brackets", f'<p title="a>b<c">{SAID}</p>', SAID)


def hostile() -> Iterator[Case]:
    """HTML that is made to hurt."""
    deep = "<div>" * 20_000 + SAID
    yield _case("20000-deep", deep, SAID, "html_flattened")
    formats = "<p>" + "".join(f"<b id=x{number}>" for number in range(400)) + SAID + "<p>x" * 2000
    yield _case("400-formats-open", formats, "\n".join([SAID, *["x"] * 2000]), "html_flattened")
    yield _case("lone-brackets", "<p>" + "<" * 3000 + f"</p>{SAID}", "<" * 3000 + f"\n{SAID}")
    yield _case("quotations-300-deep", "<blockquote>" * 300 + SAID, "> " * 20 + SAID)
