"""
The routes of all pages: views with their pictures and tables, and fixed pages.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI, Request, Response
from starlette.responses import RedirectResponse

from ipv6matrix.web.pages import compared, downloads, lookups, readiness, robots, showing, state
from ipv6matrix.web.pages.addresses import BadStateError
from ipv6matrix.web.pages.measures import View
from ipv6matrix.web.pages.rendering import error_page, failed, fixed_page, page
from ipv6matrix.web.pages.state import State
from ipv6matrix.web.pages.views import VIEWS
from ipv6matrix.web.read_model.model import ReadModel

TEXTS: Final = ("about", "methodology", "credits")


def install(app: FastAPI) -> None:
    """Add all pages to an app."""
    _add(app, "/", lambda request: _view(request, VIEWS["domains"], None, is_home=True))
    for view in VIEWS.values():
        _install_view(app, view)
    for name in TEXTS:
        _add(app, f"/{name}", _text(name))
    for part in (lookups, compared, readiness, robots):
        part.install(app)
    app.state.error_page = error_page
    app.add_exception_handler(BadStateError, lambda _, error: failed(400, str(error)))


def _add(app: FastAPI, path: str, respond: Any) -> None:
    app.add_route(path, respond, methods=["GET", "HEAD"], include_in_schema=False)


def _install_view(app: FastAPI, view: View) -> None:
    def read(request: Request, model: ReadModel) -> State:
        return state.read(view, request.path_params.get("country"), request.query_params, model.version.dates)

    for path in (f"/{view.name}", f"/{view.name}/country-{{country}}"):
        _add(app, path, lambda request: _view(request, view, request.path_params.get("country")))
        downloads.install(app, path, read, ("map", "chart", *(["kinds"] if view.kinds else [])))


def _text(name: str) -> Any:
    return lambda request: fixed_page(request, f"{name}.html", **_contact(request.app.state.contact))


def _contact(contact: str) -> dict[str, str]:
    """Return the text of a contact, and a link to it if it is an address."""
    if contact.startswith(("https://", "http://")):
        return {"contact": contact, "link": contact}
    return {"contact": contact, "link": f"mailto:{contact}" if "@" in contact and " " not in contact else ""}


def _view(request: Request, view: View, country: str | None, *, is_home: bool = False) -> Response:
    if address := state.moved(f"/{view.name}", request.query_params):
        return RedirectResponse(address, 307)

    def make(model: ReadModel) -> dict[str, Any]:
        if not model.version.dates:
            return {"shown": None, "is_home": is_home}
        shown = state.read(view, country, request.query_params, model.version.dates)
        return {"shown": shown, "is_home": is_home, **showing.filled(model, shown)}

    return page(request, "view.html", make)
