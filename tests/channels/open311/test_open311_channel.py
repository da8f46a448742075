"""The endpoint behind its doors, on a real ledger; with curl and PyPI's georeport as clients."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import aiohttp
import pytest

from gateway.channels.open311.channel import Open311Channel
from gateway.channels.open311.services import Services
from gateway.channels.port import Permanent
from gateway.model.messages import Delivery, Denial, KeptAttachment
from gateway.model.records import Ticket
from tests.channels.door_stage import START, Stage, categories, serving
from tests.channels.open311.endpoint import KEY, OTHER, endpoint
from tests.fakes.partner import FakePartner

SERVICES = Services(categories(), ())
PEER = Path(__file__).parents[3] / ".cache/peers/bin/python"
GOOD = {
    "api_key": KEY,
    "service_code": "0102",
    "address_string": "和平大道1号",
    "description": "停车场乱收费",
    "phone": "13876543210",
}


@pytest.fixture
async def channel(stage: Stage) -> Open311Channel:
    return endpoint(stage)


@pytest.fixture
async def base(channel: Open311Channel, stage: Stage) -> AsyncIterator[str]:
    async with serving(channel.doors(), stage.clock) as address:
        yield f"{address}/open311/v2"


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def get(http: aiohttp.ClientSession, base: str) -> Any:
    async def got(path: str, **headers: str) -> tuple[int, Any]:
        async with http.get(base + path, headers=headers) as response:
            body = await response.read()
            return response.status, ElementTree.fromstring(body) if "xml" in response.content_type else json.loads(body)

    return got


@pytest.fixture
def file(http: aiohttp.ClientSession, base: str) -> Any:
    async def filed(form: Any = None, path: str = "/requests.json", **more: str) -> tuple[int, Any]:
        headers = {"Idempotency-Key": more.pop("key")} if "key" in more else {}
        data = GOOD | more if form is None else form
        async with http.post(base + path, data=data, headers=headers) as response:
            body = await response.read()
            return response.status, ElementTree.fromstring(body) if "xml" in response.content_type else json.loads(body)

    return filed


async def one(stage: Stage) -> Ticket:
    (ticket,) = await stage.tickets()
    return ticket


# -- the six methods and discovery -------------------------------------------------------------------------------------


async def test_discovery_names_the_endpoint_in_both_formats(get, base):
    status, document = await get("/discovery.json")
    assert status == 200
    (found,) = document["endpoints"]
    assert (found["url"], found["type"], found["formats"]) == (base, "production", ["text/xml", "application/json"])
    _, root = await get("/discovery.xml")
    assert root.tag == "discovery"
    assert root.findtext("endpoints/endpoint/specification") == "http://wiki.open311.org/GeoReport_v2"
    assert [one.text for one in root.findall("endpoints/endpoint/formats/format")] == ["text/xml", "application/json"]


async def test_a_request_is_filed_and_followed_in_xml(stage, get, file):
    status, root = await file(path="/requests.xml")
    assert status == 200
    number = root.findtext("request/service_request_id")
    assert root.find("request/token") is None
    ticket = await one(stage)
    assert ticket.ticket_no == number
    assert ticket.query_code in root.findtext("request/service_notice")
    assert (ticket.channel, ticket.category, ticket.content) == ("open311", "0102", "停车场乱收费")
    assert ticket.contact_number == "13876543210"
    status, root = await get(f"/requests/{number}.xml")
    assert status == 200
    assert [(item.findtext("status"), item.findtext("service_name")) for item in root] == [("open", "价格")]


async def test_the_original_is_kept_as_it_came(stage, file):
    await file()
    raw = await stage.ledger.raw((await one(stage)).raw_id)
    assert raw is not None
    assert raw.body.decode() == urlencode(GOOD)
    assert raw.content_type == "application/x-www-form-urlencoded"
    assert raw.meta == {"client": "app", "target": "/open311/v2/requests.json", "idempotency_key": ""}


async def test_services_and_their_definitions(get):
    status, listed = await get("/services.json")
    assert status == 200
    assert {"0101", "0102"} < {service["service_code"] for service in listed}
    _, root = await get("/services/0101.xml")
    assert root.tag == "service_definition"
    assert [one.text for one in root.findall("attributes/attribute/values/value/key")] == ["low", "high"]
    assert (await get("/services/nothing.json"))[0] == 404


async def test_the_list_and_its_filters(get, file, stage):
    await file(description="一")
    stage.clock.now += 60
    await file(description="二", service_code="0103")
    _, listed = await get("/requests.json")
    assert [item["description"] for item in listed] == ["二", "一"]
    _, listed = await get("/requests.json?service_code=0103&status=open&page_size=1&extensions=true")
    assert [item["description"] for item in listed] == ["二"]
    status, wrong = await get("/requests.json?status=lost")
    assert (status, wrong) == (400, [{"code": 400, "description": "status must be open or closed"}])


async def test_a_token_leads_to_the_request(stage, get, file):
    await file()
    ticket = await one(stage)
    (kept,) = await stage.ledger.messages(ticket_no=ticket.ticket_no)
    status, listed = await get(f"/tokens/{kept.id}.json")
    assert (status, listed) == (200, [{"service_request_id": ticket.ticket_no, "token": kept.id}])
    status, root = await get("/tokens/unknown.xml")
    assert (status, root.tag) == (404, "errors")


async def test_without_an_extension_the_accept_header_decides(get):
    assert (await get("/services", Accept="application/json"))[1][0]["service_code"]
    assert (await get("/services", Accept="text/xml"))[1].tag == "services"
    assert (await get("/services/0101", Accept="*/*"))[1].tag == "service_definition"


# -- a repeat returns the first id -------------------------------------------------------------------------------------


async def test_the_same_request_again_is_the_first_one(stage, file):
    first, again = await file(), await file()
    assert first == again
    stage.clock.now += 86_000
    assert (await file())[1][0]["service_request_id"] == first[1][0]["service_request_id"]
    assert len(await stage.tickets()) == 1


async def test_ten_at_once_are_one(stage, file):
    answers = await asyncio.gather(*(file() for _ in range(10)))
    assert len({answer[1][0]["service_request_id"] for answer in answers}) == 1
    assert len(await stage.tickets()) == 1


async def test_after_the_window_it_is_a_new_one(stage, file):
    await file()
    stage.clock.now += 2 * 86_400
    await file()
    assert len(await stage.tickets()) == 2


@pytest.mark.parametrize("change", [{"description": "别的事"}, {"phone": "13900000000"}, {"api_key": OTHER}])
async def test_other_words_person_or_client_are_another_request(stage, file, change):
    await file()
    await file(**change)
    assert len(await stage.tickets()) == 2


async def test_the_clients_own_key_decides_when_there_is_one(stage, file):
    await file(key="a")
    await file(key="b")
    status, answer = await file(key="a", description="改过的话")
    assert len(await stage.tickets()) == 2
    assert (status, answer[0]["service_request_id"]) == (200, (await stage.tickets())[0].ticket_no)


async def test_a_key_of_another_client_is_another_key(stage, file):
    await file(key="a")
    await file(key="a", api_key=OTHER)
    assert len(await stage.tickets()) == 2


# -- who may what ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "why"),
    [("", "api_key was not provided"), ("wrong", "api_key is not valid"), ("密", "api_key is not valid")],
)
async def test_filing_needs_a_key(stage, file, key, why):
    status, answer = await file(api_key=key)
    assert (status, answer) == (403, [{"code": 403, "description": why}])
    assert await stage.tickets() == []


async def test_an_open_endpoint_needs_none(stage):
    async with serving(endpoint(stage, need_key=False).doors(), stage.clock) as base, aiohttp.ClientSession() as http:
        form = {name: value for name, value in GOOD.items() if name != "api_key"}
        async with http.post(f"{base}/open311/v2/requests.xml", data=form) as response:
            assert response.status == 200


async def test_another_jurisdiction_is_not_found(get, file):
    assert (await get("/services.json?jurisdiction_id=city.gov"))[0] == 404
    assert (await get("/services.json?jurisdiction_id=HAINAN.gov.cn"))[0] == 200
    assert (await file(jurisdiction_id="city.gov"))[0] == 404


async def test_a_malformed_request_names_what_is_wrong_and_opens_nothing(stage, file):
    status, root = await file({"api_key": KEY, "lat": "x", "long": "110"}, path="/requests.xml")
    assert status == 400
    assert [error.findtext("description") for error in root] == [
        "service_code was not provided", "lat must be decimal degrees (WGS-84)",
    ]  # fmt: skip
    assert await stage.tickets() == []


async def test_secret_tickets_and_those_of_other_channels_do_not_exist(stage, get, file):
    await file()
    ticket = await one(stage)
    await stage.set(ticket, is_secret=True)
    assert (await get(f"/requests/{ticket.ticket_no}.json"))[0] == 404
    assert (await get("/requests.json"))[1] == []
    await stage.set(ticket, is_secret=False, account="elsewhere")
    assert (await get(f"/requests/{ticket.ticket_no}.json"))[0] == 404


async def test_a_denied_account_is_told_so(stage, file):
    denial = Denial("d", "open311", "app:u-1", "spam", "admin", START)
    await stage.ledger.write(lambda tx: tx.save_denial(denial))
    status, answer = await file(account_id="u-1")
    assert (status, answer[0]["code"]) == (403, 403)
    assert await stage.tickets() == []


async def test_the_reply_is_read_by_the_client_that_filed(stage, get, file):
    await file()
    ticket = await one(stage)
    await stage.service.reply(ticket.ticket_no, "已责令整改，电话13876543210", "A001")

    async def notes(query: str) -> str:
        return str((await get(f"/requests/{ticket.ticket_no}.json{query}"))[1][0]["status_notes"])

    assert await notes(f"?api_key={KEY}") == "已责令整改，电话138****3210"
    assert await notes("") == await notes(f"?api_key={OTHER}") == "已登记 / received"
    await stage.set(ticket, is_public=True)
    assert await notes("") == "已责令整改，电话138****3210"


# -- files -------------------------------------------------------------------------------------------------------------


async def test_a_media_url_is_wanted_and_fetched(stage, channel, file):
    async with FakePartner().running() as fake:
        await file(media_url=f"{fake.base}/files/1.jpg")
        (wanted,) = await stage.ledger.wanted(START)
        assert stage.woken
        assert (await channel.fetch(wanted)).body == b"bytes of 1.jpg"


async def test_files_of_a_multipart_form_are_kept(stage, file):
    def form() -> aiohttp.FormData:
        data = aiohttp.FormData()
        for name, value in GOOD.items():
            data.add_field(name, value)
        data.add_field("media", b"picture", filename="1.jpg", content_type="image/jpeg")
        data.add_field("media", b"program", filename="1.exe", content_type="application/x-dosexec")
        return data

    first, again = await file(form()), await file(form())
    assert first[0] == 200
    assert first == again
    kept = await stage.ledger.attachments((await one(stage)).ticket_no)
    assert {item.attachment.name: item.attachment.state for item in kept} == {"1.jpg": "kept", "1.exe": "refused"}


async def test_pictures_are_shown_of_public_tickets_only(stage, http, base, get, file):
    await file()
    ticket = await one(stage)
    picture = await stage.files.take_in(b"picture", "1.jpg", "image/jpeg")
    (message,) = await stage.ledger.messages(ticket_no=ticket.ticket_no)
    kept = KeptAttachment(picture, message.id, ticket.ticket_no, "open311", "open311")
    await stage.ledger.write(lambda tx: tx.save_attachment(kept))
    assert (await get(f"/requests/{ticket.ticket_no}.json"))[1][0]["media_url"] is None
    assert (await get(f"/media/{picture.id}", Accept="application/json"))[0] == 404
    await stage.set(ticket, is_public=True)
    url = (await get(f"/requests/{ticket.ticket_no}.json"))[1][0]["media_url"]
    async with http.get(url) as response:
        assert (await response.read(), response.content_type) == (b"picture", "image/jpeg")
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    stage.files.kept.clear()
    assert (await get(f"/media/{picture.id}", Accept="application/json"))[0] == 404


# -- as browsers and the dispatcher see it -----------------------------------------------------------------------------


async def test_head_and_options_are_answered(http, base):
    async with http.head(f"{base}/services.json") as response:
        assert (response.status, await response.read()) == (200, b"")
        assert int(response.headers["Content-Length"]) > 100
    async with http.options(f"{base}/requests.json") as response:
        assert (response.status, response.headers["Access-Control-Allow-Origin"]) == (204, "*")
        assert response.headers["Access-Control-Allow-Methods"] == "GET, HEAD, POST, OPTIONS"


async def test_there_is_no_way_back_and_no_work_in_the_background(channel):
    delivery = Delivery("d", "reply", "460000-20261121-0000001", "open311", "open311", "", START)
    with pytest.raises(Permanent):
        await channel.send(delivery, None)
    await asyncio.wait_for(channel.run(), 30)


def test_doors_are_named_and_each_exists_once(channel):
    doors = channel.doors()
    assert len({(door.method, door.path) for door in doors}) == len(doors)
    assert all(door.path.startswith("/open311/v2/") and door.summary and door.name for door in doors)


@pytest.mark.parametrize(
    "path", ["/requests/%00.json", "/requests/%ff.xml", "/tokens/..%2f..json", "/media/%00", "/services/%e8.json"]
)
async def test_odd_paths_are_404_in_the_specifications_words(get, path):
    status, body = await get(path)
    assert status == 404
    assert body[0].findtext("code") == "404" if path.endswith("xml") or "media" in path else body[0]["code"] == 404


# -- other people's clients --------------------------------------------------------------------------------------------

SCRIPT = """
import json, sys
from georeport import GeoReport
base, number = sys.argv[1:]
said = {}
for kind in ("json", "xml"):
    client = GeoReport(base, jurisdiction="hainan.gov.cn", output_format=kind)
    said[kind] = {
        "services": len(client.get_service_list()),
        "definition": client.get_service_definition("0101")["service_code"],
        "one": client.get_service_request(number),
        "all": client.get_service_requests(service_code="0102", status="open,closed",
                                           start_date="2026-11-01T00:00:00Z", end_date="2026-11-30T00:00:00Z"),
        "by_id": client.get_service_requests(service_request_id=number),
    }
print(json.dumps(said))
"""


async def _run(*command: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, error = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, error.decode()
    return out


async def test_georeport_of_pypi_reads_what_curl_filed(base, stage):
    assert PEER.exists(), "make the peers' environment: see requirements-peers.in"
    fields = {**GOOD, "lat": "20.02", "long": "110.35", "jurisdiction_id": "hainan.gov.cn"}
    options = [part for name, value in fields.items() for part in ("--data-urlencode", f"{name}={value}")]
    filed = await _run("curl", "-sS", "--fail-with-body", *options, f"{base}/requests.json")
    number = json.loads(filed)[0]["service_request_id"]
    await stage.set(await one(stage), department="市监局")
    said = json.loads(await _run(str(PEER), "-c", SCRIPT, base, number))
    for kind in ("json", "xml"):
        read = said[kind]
        assert read["one"]["service_request_id"] == number
        assert read["one"]["description"] == "停车场乱收费"
        assert read["one"]["agency_responsible"] == "市监局"
        assert (float(read["one"]["lat"]), float(read["one"]["long"])) == (20.02, 110.35)
        assert read["services"] == len(SERVICES.listed())
        assert read["definition"] == "0101"
        assert (read["all"] if kind == "json" else [read["all"]]) == [read["one"]]
        assert (read["by_id"] if kind == "json" else [read["by_id"]]) == [read["one"]]
