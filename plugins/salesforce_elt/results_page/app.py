"""The page as an application: who is let in, what every answer carries, what is said of errors."""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from starlette.exceptions import HTTPException

from salesforce_elt.results_page.host import Host
from salesforce_elt.results_page.routes import page, routes
from salesforce_elt.results_page.visitor import Visitor
from salesforce_elt.results_page.words import NOT_THERE, words_of

log = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"
# Nothing of the page comes from elsewhere or goes there, and nothing in it is executed but its own
# script; only Airflow may show it in a frame.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
NEVER_KEPT = {"Cache-Control": "no-store"}


def create_app(host: Host) -> FastAPI:
    """The page for one Airflow. Everything but the style and the script asks for its login."""
    app = FastAPI(title="Sync results", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.host = host
    app.middleware("http")(_with_headers)
    app.add_exception_handler(HTTPException, _say)
    app.add_exception_handler(RequestValidationError, _say_not_there)
    app.get("/static/page.css")(lambda: FileResponse(STATIC / "page.css", media_type="text/css"))
    app.get("/static/page.js")(
        lambda: FileResponse(STATIC / "page.js", media_type="text/javascript")
    )

    async def admit(request: Request, user: Annotated[Any, Depends(host.user)]) -> None:
        request.state.visitor = Visitor(host, user)

    app.include_router(routes, dependencies=[Depends(admit)])
    return app


async def _with_headers(
    request: Request, answer: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await answer(request)
    kept = {} if "/static/" in request.url.path else NEVER_KEPT
    response.headers.update({**HEADERS, **kept})
    return response


async def _say(request: Request, error: Exception) -> Response:
    """An error in words for people; programs get JSON, as from Airflow itself."""
    assert isinstance(error, HTTPException)
    words = words_of(error.status_code, error.detail)
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"detail": words.title}, error.status_code, headers=error.headers)
    is_stranger = error.status_code == HTTPStatus.UNAUTHORIZED
    return page(
        request,
        "words.html",
        status=error.status_code,
        title=words.title,
        words=words.paragraphs,
        link=request.app.state.host.login_path if is_stranger else "",
        link_words="Log in",
    )


async def _say_not_there(request: Request, error: Exception) -> Response:
    log.info("%s asks for something that cannot be", request.url.path)
    return await _say(request, HTTPException(HTTPStatus.NOT_FOUND, NOT_THERE))
