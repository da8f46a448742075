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


async def test_a_page_names_its_files_by_version_and_the_browser_keeps_those(site: Any) -> None:
    text = await (await site.client().http.get("/login")).text()
    paths = re.findall(r'(?:src|href)="(/static/[^"]+)"', text)
    assert "/static/v/" in paths[0] and len({path.split("/")[3] for path in paths}) == 1
    for path in paths:
        status, _, response = await site.client().get(path)
        assert (status, response.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable"), path


@pytest.mark.parametrize("path", ["/static/v/0123456789abcdef/login.js", "/static/login.js"])
async def test_a_file_under_another_version_or_none_is_not_kept(site: Any, path: str) -> None:
    status, _, response = await site.client().get(path)
    assert (status, response.headers["Cache-Control"]) == (200, "no-cache")


async def test_a_page_is_not_served_past_its_door_by_version_either(site: Any) -> None:
    version = assets.version_of(assets.load())
    assert (await site.client().get(f"/static/v/{version}/seats.html"))[0] == 404


def test_the_version_changes_with_any_file() -> None:
    found = assets.load()
    changed = {**found, "desk/day.js": assets.Asset(b"// other", "text/javascript", "other")}
    assert assets.version_of(found) == assets.version_of(dict(reversed(found.items())))
    assert assets.version_of(changed) != assets.version_of(found)


def test_a_page_asks_ahead_for_every_module_that_its_script_imports_and_for_none_that_is_loaded_on_demand() -> None:
    found = assets.load()
    page = assets.dressed(found["desk.html"], found, "0a").body.decode()
    ahead = re.findall(r'rel="modulepreload" href="/static/v/0a/([^"]+)"', page)
    assert len(ahead) == len(set(ahead))
    assert {"desk/desk.js", "desk/store.js", "live.js", "desk/pop.js", "desk/drafts.js", "vendor/preact.js"} <= set(
        ahead
    )
    assert not {"desk/phone.js", "vendor/jssip.js"} & set(ahead)
    for name in ahead:  # whole: what any of them imports is among them
        for path in re.findall(r"^import [^;']*'(\.{1,2}/[^']+)';", found[name].body.decode(), re.M):
            assert posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) in ahead, (name, path)


def test_modules_that_import_each_other_are_named_once() -> None:
    code = {"a.js": b"import { b } from './b.js';\n", "b.js": b"import {\n  a,\n} from './a.js';\n"}
    found = {name: assets.Asset(body, "text/javascript", name) for name, body in code.items()}
    assert assets.modules_of('<script type="module" src="/static/a.js"></script>', found) == ["a.js", "b.js"]


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
    catalogues = [asset.body.decode() for name, asset in found.items() if re.search(r"(i18n|words[\w-]*)\.js$", name)]
    known = {key for text in catalogues for key in re.findall(r"^  '([\w.]+)': \[", text, re.M)}
    for name, asset in found.items():
        text = asset.body.decode()
        asked = re.findall(r'data-t="([\w.]+)"', text) + re.findall(r"words\('([\w.]+)'\)", text)
        assert set(asked) <= known, name
