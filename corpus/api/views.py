"""What all routes share: who asks, what may be asked, JSON in and out."""

from collections.abc import Iterable
from functools import cached_property
from http import HTTPStatus
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from corpus.api.authentication import actor_of
from corpus.api.fields import Input
from corpus.api.preconditions import check_person
from corpus.services.actors import Actor
from corpus.services.errors import BadInput


class OneRenderer(BaseContentNegotiation):
    """A route has one way to answer; an Accept header that asks for another gets it all the same."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        media_type = request.content_type.partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == media_type), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class Route(APIView):
    """A route of the API: it parses, calls one service and renders."""

    # OPTIONS is answered like any method that a route has not: it would tell what needs no telling.
    metadata_class = None
    content_negotiation_class = OneRenderer

    @cached_property
    def actor(self) -> Actor:
        return actor_of(self.request)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        handler = getattr(self, (request.method or "").lower(), None)
        _check_query(request, getattr(handler, "query_names", frozenset()))
        if self.actor.user is not None:
            check_person(request, self.actor.user.public_id)

    def input(self, kind: type[Input], **options: Any) -> dict[str, Any]:
        """Return the checked body."""
        checked = kind(data=self.request.data, **options)
        checked.is_valid(raise_exception=True)
        given: dict[str, Any] = checked.validated_data
        return given


def tagged(data: Any, version: object, status: int = HTTPStatus.OK) -> Response:
    """Answer with a version in the ETag."""
    return Response(data, status=status, headers={"ETag": f'"{version}"'})


def flag(request: Request, name: str) -> bool:
    """Return a switch of the query; only `true` and `false` are ones."""
    value = request.query_params.get(name, "false")
    if value not in ("true", "false"):
        raise BadInput(f"{name} is true or false.", field=name)
    return value == "true"


def _check_query(request: Request, known: frozenset[str]) -> None:
    for name, values in request.query_params.lists():
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            raise BadInput(
                f"There is no parameter {name[:100]!r} here; there are: {there}.", field=name[:100]
            )
        if len(values) > 1:
            raise BadInput(f"The parameter {name!r} stands twice.", field=name)
