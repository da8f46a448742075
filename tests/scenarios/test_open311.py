"""Somebody else's 311 software on a running gateway: curl files, PyPI's georeport follows, in JSON and in XML."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from office import LOOPBACK, Office, office_on

from tests.plugins.lab import MakeSite
from tools.lab.site import ROOT

PEER = ROOT / ".cache" / "peers" / "bin" / "python"
LIMIT_S = 120
WORDS = "停车场乱收费，请回电13812345678"
FIELDS = {"service_code": "0102", "description": WORDS, "lat": "20.02", "long": "110.35", "address_string": "海府路5号"}
SCRIPT = """
import json, sys
from georeport import GeoReport
base, number = sys.argv[1:]
said = {}
for kind in ("json", "xml"):
    client = GeoReport(base, output_format=kind)
    said[kind] = {
        "services": [service["service_code"] for service in client.get_service_list()],
        "definition": client.get_service_definition("0102")["service_code"],
        "one": client.get_service_request(number),
        "all": client.get_service_requests(service_code="0102", status="open,closed"),
    }
print(json.dumps(said))
"""


@pytest.fixture
async def office(make_site: MakeSite, quick_config: Path) -> AsyncIterator[Office]:
    site = await make_site(config_dir=quick_config, overrides=LOOPBACK, start=False)
    async with office_on(site) as opened:
        yield opened


async def run(*command: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, error = await asyncio.wait_for(process.communicate(), LIMIT_S)
    assert process.returncode == 0, (error + out).decode()
    return out


async def curl(office: Office, kind: str, **fields: str) -> bytes:
    """POST service request, as the specification's own example does it."""
    options = [part for name, value in fields.items() for part in ("--data-urlencode", f"{name}={value}")]
    return await run("curl", "-sS", "--fail-with-body", *options, f"{office.url}/open311/v2/requests.{kind}")


async def georeport(office: Office, number: str) -> dict[str, Any]:
    assert PEER.exists(), "tools/bootstrap.sh makes the peers' environment"
    return dict(json.loads(await run(str(PEER), "-c", SCRIPT, f"{office.url}/open311/v2", number)))


async def test_what_curl_files_is_one_ticket_and_georeport_follows_it_to_its_end(office: Office) -> None:
    key = office.site.secrets.of("made:open311-example")
    (filed,) = json.loads(await curl(office, "json", api_key=key, **FIELDS))
    number = filed["service_request_id"]
    (again,) = json.loads(await curl(office, "json", api_key=key, **FIELDS))
    assert again["service_request_id"] == number
    (ticket,) = await office.tickets()
    assert (ticket["ticket_no"], ticket["channel"], ticket["category"]) == (number, "open311", "0102")
    assert (ticket["longitude"], ticket["latitude"], ticket["crs"]) == (110.35, 20.02, "WGS-84")

    read = await georeport(office, number)
    assert read["json"]["services"] == read["xml"]["services"] and "0102" in read["json"]["services"]
    for kind in ("json", "xml"):
        seen = read[kind]
        assert seen["definition"] == "0102"
        assert (seen["one"]["service_request_id"], seen["one"]["status"]) == (number, "open")
        assert seen["one"]["description"] == "停车场乱收费，请回电138****5678"
        assert (float(seen["one"]["lat"]), float(seen["one"]["long"])) == (20.02, 110.35)
        assert (seen["all"] if kind == "json" else [seen["all"]]) == [seen["one"]]

    result = {"state": "closed", "department": "市场监督管理局", "result": "已责令退还多收的费用。"}
    await office.ask("POST", f"/api/v1/tickets/{number}/reports", result)
    read = await georeport(office, number)
    for kind in ("json", "xml"):
        closed = read[kind]["one"]
        assert (closed["status"], closed["status_notes"]) == ("closed", result["result"])
        assert closed["agency_responsible"] == result["department"]
    await office.told()


async def test_xml_files_as_json_does_and_survives_a_kill(office: Office) -> None:
    key = office.site.secrets.of("made:open311-example")
    filed = ET.fromstring(await curl(office, "xml", api_key=key, **FIELDS))
    number = filed.findtext("request/service_request_id") or ""
    office.kill()
    await office.start()
    read = await georeport(office, number)
    assert read["xml"]["one"]["service_request_id"] == read["json"]["one"]["service_request_id"] == number
    assert len(await office.tickets()) == 1
    await office.told()


async def test_a_wrong_key_or_field_is_answered_in_the_specifications_words_and_files_nothing(office: Office) -> None:
    key = office.site.secrets.of("made:open311-example")
    base = f"{office.url}/open311/v2/requests"
    async with office.http.post(f"{base}.json", data={**FIELDS, "api_key": "guessed"}) as answer:
        assert (answer.status, (await answer.json())[0]["code"]) == (403, 403)
    async with office.http.post(f"{base}.xml", data={"api_key": key, "service_code": "0102"}) as answer:
        faults = ET.fromstring(await answer.text())
        assert (answer.status, faults.tag, faults.findtext("error/code")) == (400, "errors", "400")
    async with office.http.get(f"{base}/460000-20261121-0000099.json") as answer:
        assert answer.status == 404
    assert await office.tickets() == []
