"""Pages and static files: types, revalidation, and nothing inline."""

from __future__ import annotations

import posixpath
import re
from typing import Any

import pytest

from gateway.web import assets


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/login", "text/html"),
        ("/static/live.js", "text/javascript"),
        ("/static/style.css", "text/css"),
        ("/static/icon.svg", "image/svg+xml"),
    ],
)
async def test_files_have_their_type_and_are_revalidated(site: Any, path: str, kind: str) -> None:
    status, _, response = await site.client().get(path)
    assert (status, response.content_type) == (200, kind)
    assert response.headers["Cache-Control"] == "no-cache"
    tag = response.headers["ETag"]
    status, _, again = await site.client().get(path, headers={"If-None-Match": tag})
    assert (status, again.headers["ETag"], again.headers.get("Content-Length", "0")) == (304, tag, "0")
    assert (await site.client().get(path, headers={"If-None-Match": '"other"'}))[0] == 200


async def test_staff_page_sends_strangers_to_the_login(site: Any) -> None:
    status, _, response = await site.client().get("/seats")
    assert (status, response.headers["Location"]) == (303, "/login?next=/seats")
    assert (await (await site.logged_in("agent1")).get("/seats"))[0] == 200


async def test_pages_are_not_served_past_their_door(site: Any) -> None:
    assert (await site.client().get("/static/seats.html"))[0] == 404


def test_every_module_that_a_file_names_is_shipped() -> None:
    found = assets.load()
    for name, asset in found.items():
        text = asset.body.decode()
        for module in re.findall(r"(?:from |import\(|: )'(\.{1,2}/[\w./-]+\.js)'", text):
            assert posixpath.normpath(posixpath.join(posixpath.dirname(name), module)) in found, (name, module)
        for path in re.findall(r'(?:src|href)="/static/([\w./]+)"', text):
            assert path in found, (name, path)


def test_pages_hold_no_inline_script_or_style() -> None:
    for name, asset in assets.load().items():
        if name.endswith(".html"):
            text = asset.body.decode()
            assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text), name


def test_every_word_that_a_page_asks_for_is_in_the_catalogue() -> None:
    found = assets.load()
    known = set(re.findall(r"^  '([\w.]+)': \[", found["i18n.js"].body.decode(), re.M))
    for name, asset in found.items():
        text = asset.body.decode()
        asked = re.findall(r'data-t="([\w.]+)"', text) + re.findall(r"words\('([\w.]+)'\)", text)
        assert set(asked) <= known, name
