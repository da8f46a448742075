"""Editing the plan over HTTP: a preview, then the save by its version; leads only, audited."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.web.plan_edit import PlanChange, PlanDraft, PlanRefused

BODY = {
    "hall": "haikou",
    "seats": [{"id": "A001", "room": "main", "x": 3, "y": 4}],
    "pillars": [{"room": "main", "cells": [[1, 1]]}],
}


class StubFiles:
    """Knows one version of one file."""

    def __init__(self) -> None:
        self.asked: list[PlanChange] = []
        self.refuses: PlanRefused | None = None
        self.draft = PlanDraft("halls/haikou.toml", "v1", "+x = 3", True)

    async def preview(self, change: PlanChange) -> PlanDraft:
        self.asked.append(change)
        if self.refuses is not None:
            raise self.refuses
        return self.draft

    async def save(self, change: PlanChange, version: str) -> PlanDraft:
        if version != self.draft.version:
            raise PlanRefused("已被他人修改", stale=True)
        return replace(await self.preview(change), saved=True)


@pytest.fixture
def plan_files() -> StubFiles:
    return StubFiles()


async def test_preview_then_save_by_its_version(open_site: Any, plan_files: StubFiles) -> None:
    async with open_site(more={"plan_files": plan_files}) as site:
        lead = await site.logged_in("lead")
        status, draft, _ = await lead.ask("PUT", "/api/v1/plan", json=BODY)
        assert (status, draft["saved"], draft["diff"]) == (200, False, "+x = 3")
        assert plan_files.asked == [PlanChange("haikou", {"A001": ("main", 3, 4)}, {"main": ((1, 1),)})]
        assert not [entry for entry in site.ledger.rows.audits if entry.act == "plan.changed"]
        status, saved, _ = await lead.ask("PUT", "/api/v1/plan", json={**BODY, "save": True, "version": "v1"})
        assert (status, saved["saved"]) == (200, True)
        entry = next(entry for entry in site.ledger.rows.audits if entry.act == "plan.changed")
        assert (entry.subject, entry.detail["seats"], entry.detail["pillars"]) == ("haikou", ["A001"], ["main"])
        status, problem, _ = await lead.ask("PUT", "/api/v1/plan", json={**BODY, "save": True, "version": "v0"})
        assert (status, "已被他人修改" in problem["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("refusal", "status"),
    [(PlanRefused("座席在柱子上"), 400), (PlanRefused("没有这个大厅", unknown=True), 404)],
)
async def test_what_cannot_be_is_told(open_site: Any, plan_files: StubFiles, refusal: PlanRefused, status: int) -> None:
    plan_files.refuses = refusal
    async with open_site(more={"plan_files": plan_files}) as site:
        answer = await (await site.logged_in("lead")).ask("PUT", "/api/v1/plan", json=BODY)
        assert answer[0] == status and refusal.why in answer[1]["detail"]


async def test_agents_may_not_and_a_gateway_without_says_so(site: Any) -> None:
    assert (await (await site.logged_in("agent1")).ask("PUT", "/api/v1/plan", json=BODY))[0] == 403
    assert (await (await site.logged_in("lead")).ask("PUT", "/api/v1/plan", json=BODY))[0] == 404
