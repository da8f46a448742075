"""Errors as clients see them: RFC 9457 problem documents, Chinese first, English beside.

The middleware here is the outermost, so it is the one place that decides what leaves the gateway when something
fails. An OSError (the ledger is away, a disk is full) becomes a 503: trying again later can help. An error nobody
foresaw becomes a bare 500 with a request id; its stack trace goes to the log under that id.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.model.ids import new_id

log = structlog.get_logger(__name__)

REQUEST_ID = web.RequestKey("request_id", str)

_SECRET_PART = re.compile(r"^(/+in/+sms/+[^/]*/+).+", re.S)
"""An SMS vendor is known by a secret in the address; whatever stands there is not for the log, right or wrong."""

_KNOWN = {
    400: ("请求不正确", "the request is malformed"),
    404: ("没有这个地址", "there is nothing at this address"),
    405: ("此地址不支持该方法", "this address does not take that method"),
    413: ("请求内容过大", "the request body is too large"),
    415: ("请以 application/json 提交", "send the body as application/json"),
    503: ("服务暂时不可用，请稍后再试", "not available at the moment, try again later"),
}


class Problem(Exception):
    """An error to tell the client. ``field`` names the part of the request that is at fault, if one is; ``extra``
    are further members of the document (RFC 9457, 3.2)."""

    def __init__(
        self,
        status: int,
        zh: str,
        en: str,
        *,
        field: str | None = None,
        headers: dict[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {en}")
        self.status, self.zh, self.en, self.field = status, zh, en, field
        self.headers = headers or {}
        self.extra = extra or {}


def known(status: int) -> Problem:
    """The usual problem of a status code."""
    zh, en = _KNOWN.get(status, ("请求未能完成", HTTPStatus(status).phrase.lower()))
    return Problem(status, zh, en)


def problem_response(problem: Problem, request_id: str) -> web.Response:
    """The problem as a response. The request id lets an operator find the log lines of it."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": f"{problem.zh} / {problem.en}",
        "request_id": request_id,
    }
    if problem.field is not None:
        body["field"] = problem.field
    body |= problem.extra
    return web.Response(
        status=problem.status,
        body=orjson.dumps(body),
        content_type="application/problem+json",
        headers=problem.headers,
    )


def shown_path(request: web.Request) -> str:
    """The path as it may stand in a log: without the query, which may hold a telephone number, and without a secret."""
    return _SECRET_PART.sub(r"\1***", request.path)


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Problem as problem:
        return problem_response(problem, request[REQUEST_ID])
    except web.HTTPException as error:
        if error.status < 400:
            raise
        usual = known(error.status)
        if isinstance(error, web.HTTPMethodNotAllowed):
            usual.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
        return problem_response(usual, request[REQUEST_ID])
    except TimeoutError:
        log.exception("request ran out of time", request_id=request[REQUEST_ID], path=shown_path(request))
        return problem_response(known(503), request[REQUEST_ID])
    except OSError as error:  # the ledger (LedgerUnavailable) or a disk is away: the client may try again
        if isinstance(error, ConnectionError) and (request.transport is None or request.transport.is_closing()):
            raise  # the client left; aiohttp closes quietly
        trace = error.errno is not None  # of the system's own errors it is not known whose they are
        log.error(
            "request not served", request_id=request[REQUEST_ID], path=shown_path(request), error=str(error)[:300],
            exc_info=trace,
        )  # fmt: skip
        return problem_response(known(503), request[REQUEST_ID])
    except Exception:
        log.exception("request failed", request_id=request[REQUEST_ID], path=shown_path(request))
        zh, en = "网关内部错误，请把编号告诉管理员", "internal error; give the request id to an operator"
        return problem_response(Problem(500, zh, en), request[REQUEST_ID])


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give each request an id, turn every error into a problem document, and log the request."""
    request[REQUEST_ID] = new_id()
    started = time.monotonic()
    status = 499
    try:
        response = await _answer(request, handler)
        status = response.status
        if not response.prepared:
            response.headers["X-Request-Id"] = request[REQUEST_ID]
        return response
    except web.HTTPException as redirect:
        status = redirect.status
        raise
    finally:
        took_ms = round((time.monotonic() - started) * 1000, 1)
        log.debug(
            "request",
            request_id=request[REQUEST_ID],
            method=request.method,
            path=shown_path(request),
            status=status,
            took_ms=took_ms,
        )
