"""Every error as RFC 9457 problem details, with a code and a sentence that says what to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from lamplighter.domain.texts import cut, shown
from lamplighter.ports import StoreUnavailable

RETRY_AFTER_SECONDS = 5
TEXT_BYTES_MAX = 2_000
log = structlog.get_logger()


class Problem(Exception):
    """An answer that is an error: a status, a code for programs, a detail and a fix for people."""

    def __init__(self, status: int, code: str, detail: str, fix: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.fix = fix
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class ProblemDetails:
    """What an error looks like on the wire."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    fix: str


def answer(path: str, problem: Problem) -> JSONResponse:
    """The response for a problem."""
    title = HTTPStatus(problem.status).phrase
    body = ProblemDetails(
        f"urn:lamplighter:problem:{problem.code}",
        title,
        problem.status,
        _sendable(problem.detail),
        _sendable(path),
        problem.code,
        problem.fix,
    )
    return JSONResponse(
        asdict(body), status_code=problem.status, headers=problem.headers, media_type="application/problem+json"
    )


def _sendable(text: str) -> str:
    """What a request said, in a bounded form that neither breaks UTF-8 nor steers the terminal of who reads it."""
    return cut(shown(text), TEXT_BYTES_MAX)


def store_away(problem: StoreUnavailable) -> Problem:
    """503, so that the sender tries again; never 4xx, which Alertmanager would not repeat soon."""
    return Problem(
        503,
        "store-unavailable",
        f"nothing can be made durable now: {problem}",
        "send it again after the time in Retry-After; /-/ready says when it works",
        {"Retry-After": str(RETRY_AFTER_SECONDS)},
    )


def not_found(what: str, name: str, where: str) -> Problem:
    """404 that says where to look."""
    return Problem(404, "not-found", f"there is no {what} {name!r}", f"see {where} for what there is")


def install(api: FastAPI) -> None:
    """Make every error of the application a problem."""

    @api.exception_handler(Problem)
    async def _problem(request: Request, problem: Problem) -> JSONResponse:
        return answer(request.url.path, problem)

    @api.exception_handler(StoreUnavailable)
    async def _store(request: Request, problem: StoreUnavailable) -> JSONResponse:
        return answer(request.url.path, store_away(problem))

    @api.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        problem = Problem(
            422, "invalid", f"{key}: {first['msg']}", "correct that key; /api/v1/openapi.json shows what is expected"
        )
        return answer(request.url.path, problem)

    @api.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        fix = "see /api/v1/openapi.json for what there is" if error.status_code in {404, 405} else "correct the request"
        problem = Problem(error.status_code, "http", str(error.detail), fix, dict(error.headers or {}))
        return answer(request.url.path, problem)

    @api.exception_handler(Exception)
    async def _bug(request: Request, error: Exception) -> JSONResponse:
        log.error("unexpected error", path=request.url.path, exc_info=error)
        problem = Problem(
            500, "internal", "something went wrong here", "the server's log has the details; please report it"
        )
        return answer(request.url.path, problem)
