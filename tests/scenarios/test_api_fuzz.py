"""Whatever is sent to the API, it answers without an error of its own: schemathesis reads our OpenAPI and tries."""

from __future__ import annotations

import asyncio
import json
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Set
from io import BytesIO
from pathlib import Path

import pytest
from office import LOOPBACK, Office, office_on
from PIL import Image

from tests.plugins.lab import MakeSite
from tools.lab.site import ROOT

EXAMPLES = 8
LIMIT_S = 300
LEFT_OUT = (
    "GET /api/v1/feed/stream",
    "GET /api/v1/live",
    "POST /api/v1/logout",
    "GET /readyz",
    "GET /api/openapi.json",
)
"""Streams do not end, a log-out ends the run, /readyz says 503 as it should (there is no Asterisk), and with the last
the run begins."""
GENEROUS = {
    "GATEWAY__WEB__SUBMIT_FREE": "100000",
    "GATEWAY__WEB__UPLOAD_FREE": "100000",
    "GATEWAY__WEB__LOOKUP_FREE": "10000",
    "GATEWAY__WEB__ADDRESS_FREE": "10000",
}
"""A limit that is reached hides what is behind it."""
HOOKS = """
import os
import requests
import schemathesis

@schemathesis.hook
def before_call(context, case, kwargs):
    body = case.body if isinstance(case.body, dict) else {}
    if isinstance(body.get("url"), str) and (body["url"].startswith("http") or len(body["url"]) % 2 == 0):
        body["url"] = "http://127.0.0.1:9/hook"
    if case.method == "PATCH" and case.path.startswith("/api/v1/tickets/") and not body.get("revision"):
        url, cookie = case.operation.base_url + case.formatted_path, {"Cookie": os.environ["FUZZ_COOKIE"]}
        case.headers["If-Match"] = requests.get(url, headers=cookie, timeout=60).headers.get("ETag", "1")
"""
"""Addresses that the gateway will post to are here, where nobody listens; who changes a ticket has read it."""

pytestmark = pytest.mark.timeout(LIMIT_S + 100)

Answers = Mapping[str, Set[int]]


@pytest.fixture
async def office(make_site: MakeSite, quick_config: Path) -> AsyncIterator[Office]:
    site = await make_site(config_dir=quick_config, overrides=LOOPBACK | GENEROUS, start=False)
    async with office_on(site) as opened:
        yield opened


async def schemathesis(office: Office, folder: Path, settings: str, *more: str) -> Answers:
    """Run it as the administrator, the same each time; what each operation answered. Fails on any 5xx."""
    assert office.lead._session is not None
    cookie = "; ".join(f"{one.key}={one.value}" for one in office.lead._session.cookie_jar)
    report, config = folder / "report.ndjson", folder / "settings.toml"
    (folder / "keep_it_here.py").write_text(HOOKS, encoding="utf-8")
    config.write_text(settings, encoding="utf-8")
    left_out = [part for name in LEFT_OUT for part in ("--exclude-path", name.partition(" ")[2])]
    command = [
        str(ROOT / ".venv" / "bin" / "schemathesis"), "--config-file", str(config),
        "run", f"{office.url}/api/openapi.json", "--url", office.url,
        "--header", f"Cookie: {cookie}", "--header", f"X-CSRF-Token: {office.lead._csrf}",
        "--generation-with-security-parameters", "false", *left_out,
        "--phases", "examples,coverage,fuzzing", "--checks", "not_a_server_error", "--continue-on-failure",
        "--max-examples", str(EXAMPLES), "--generation-deterministic", "--no-shrink", "--request-timeout", "60",
        "--suppress-health-check", "all", "--no-color", "--report-ndjson-path", str(report), *more,
    ]  # fmt: skip
    environ = {**os.environ, "SCHEMATHESIS_HOOKS": "keep_it_here", "PYTHONPATH": str(folder), "FUZZ_COOKIE": cookie}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(), LIMIT_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, out.decode() + office.log()[-6000:]
    return answers_in(report)


def answers_in(report: Path) -> Answers:
    """Operation -> the statuses that it answered."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    for line in report.read_text(encoding="utf-8").splitlines():
        scenario = json.loads(line).get("ScenarioFinished")
        said = scenario["recorder"] if scenario else {}
        for one in said.get("interactions", {}).values():
            if one["response"] is not None:
                found[said["label"]].add(one["response"]["status_code"])
    return found


async def check_whole(office: Office, answers: Answers) -> None:
    """Everything was answered, nothing with an error of ours, and the gateway is as it was."""
    assert not {name: codes for name, codes in answers.items() if any(code >= 500 for code in codes)}
    assert "Traceback" not in office.log()
    async with office.http.get(f"{office.url}/healthz") as answer:
        assert answer.status == 200
    await office.told()


async def test_nothing_that_is_sent_to_any_operation_makes_the_gateway_fail(office: Office, tmp_path: Path) -> None:
    answers = await schemathesis(office, tmp_path, "")
    async with office.http.get(f"{office.url}/api/openapi.json") as answer:
        paths = (await answer.json())["paths"]
    described = {f"{method.upper()} {path}" for path, item in paths.items() for method in item}
    unheard = described - answers.keys()
    assert unheard == set(LEFT_OUT)
    for name in ("POST /api/v1/tickets", "POST /api/v1/uploads", "POST /api/v1/followers"):
        assert 201 in answers[name], f"{name} was never done, only refused"
    await check_whole(office, answers)


async def test_nor_does_anything_that_is_done_to_what_is_there(office: Office, tmp_path: Path) -> None:
    there = await things(office)
    async with office.http.get(f"{office.url}/api/openapi.json") as answer:
        paths = [path for path in (await answer.json())["paths"] if "{" in path]
    settings, meant = "", []
    for path in paths:
        named = [start for start in there if path.startswith(start)]
        if named:
            meant.append(path)
            values = "".join(f'"path.{name}" = "{value}"\n' for name, value in there[max(named, key=len)].items())
            settings += f'[[operations]]\ninclude-path = "{path}"\n[operations.parameters]\n{values}'
    only = [part for path in meant for part in ("--include-path", path)]
    answers = await schemathesis(office, tmp_path, settings, *only, "--exclude-method", "DELETE")
    for name in ("GET /api/v1/tickets/{no}", "GET /api/v1/tickets/{no}/raws/{id}", "GET /api/v1/followers/{id}",
                 "GET /api/v1/attachments/{id}", "PATCH /api/v1/tickets/{no}"):  # fmt: skip
        assert 200 in answers[name], f"{name} was only refused: {answers[name]}"
    assert 404 not in answers["POST /api/v1/deliveries/{id}/retry"]
    await check_whole(office, answers)


async def things(office: Office) -> dict[str, dict[str, str]]:
    """A ticket with a photo and a reply, and a follower: their ids, by the paths that name them."""
    body = BytesIO()
    Image.new("RGB", (8, 8), "red").save(body, "JPEG")
    headers = {"Content-Type": "image/jpeg"}
    async with office.http.post(f"{office.url}/api/v1/uploads", data=body.getvalue(), headers=headers) as answer:
        upload = (await answer.json())["id"]
    filed = await office.file("路灯不亮，请维修", uploads=[upload], contact_number="13812345678")
    number = filed["ticket_no"]
    await office.ask("POST", f"/api/v1/tickets/{number}/replies", {"text": "已派人。"})
    ticket = await office.ticket(number)
    made = await office.ask("POST", "/api/v1/followers", {"name": "x", "url": "http://127.0.0.1:9/hook"})
    return {
        "/api/v1/tickets/{no}": {"no": number},
        "/api/v1/tickets/{no}/raws/{id}": {"no": number, "id": ticket["messages"][0]["raw_id"]},
        "/api/v1/attachments/{id}": {"id": ticket["attachments"][0]["id"]},
        "/api/v1/deliveries/{id}/retry": {"id": ticket["deliveries"][0]["id"]},
        "/api/v1/followers/{id}": {"id": made["follower"]["id"]},
        "/open311/v2/requests/{service_request_id}": {"service_request_id": f"{number}.json"},
        "/api/v1/seats/{id}": {"id": "A001"},
    }
