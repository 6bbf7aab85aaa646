"""The product's settings with two additions for measuring: an empty view to compare with, and a count of queries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, URLResolver, path

from ticketdesk.settings import *  # noqa: F403  # the product's own settings, all of them
from ticketdesk.settings import MIDDLEWARE as PRODUCT_MIDDLEWARE

ROOT_URLCONF = "tests.benchmarks.floor_urls"
MIDDLEWARE = ["tests.benchmarks.floor.CountQueries", *PRODUCT_MIDDLEWARE]


class CountQueries:
    """Says in the answer's head how many queries it took. As cheap beside the floor as beside a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        count = 0

        def counted(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
            nonlocal count
            count += 1
            return execute(sql, params, many, context)

        with connection.execute_wrapper(counted):
            answer = self.get_response(request)
        answer["X-Queries"] = str(count)
        return answer


def floor(request: HttpRequest) -> HttpResponse:
    """Nothing, through all the middleware of a page."""
    return HttpResponse(b"floor")


def addresses() -> list[URLPattern | URLResolver]:
    """The product's, and the floor's."""
    from ticketdesk.urls import urlpatterns

    mine: list[URLPattern | URLResolver] = [path("floor/", floor)]
    return [*mine, *urlpatterns]  # type: ignore[list-item]  # include() has no type of its own
