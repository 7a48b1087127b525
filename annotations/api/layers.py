"""Layers: what the machines, a reviewer or gold say of a revision, in the shape of the native record."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.api.finding import (
    asked_unit,
    find_annotation,
    find_relation,
    find_revision,
    numbered_revision,
    view_of,
)
from annotations.api.parts import (
    annotation_body,
    convert_segments,
    offsets_in,
    relation_body,
    standing_parts,
)
from annotations.api.shapes import (
    AnnotationsShape,
    LayerShape,
    OneAnnotationShape,
    OneRelationShape,
    RelationsShape,
    Suggestions,
)
from annotations.services.due import demands_of
from annotations.services.layers import Proposed, ProposedRelation
from annotations.services.reading import layer_name, layers_and_terms, layers_named, own_of
from annotations.services.rows import Said
from annotations.services.showing import shown_to
from annotations.services.suggesting import take_suggestions
from corpus.api.articles import find_article, own_role
from corpus.api.idempotency import idempotent
from corpus.api.schema import ETAG, IDEMPOTENCY_KEY, OFFSET_UNIT, REVISION, documented
from corpus.api.views import Route, tagged
from corpus.models import Revision, Role
from corpus.services.actors import Actor, Scope
from corpus.services.errors import BadInput, SpanRefused
from corpus.text.offsets import OffsetError, OffsetMap

LAYER = OpenApiParameter(
    "layer",
    str,
    description="all, machine, machine:<name>@<version>, reviewer:<id> or gold; by default all you may see.",
)
NAME = re.compile(
    r"(all|machine|gold|machine:[a-z0-9_-]+@[A-Za-z0-9._+-]+(~[0-9a-f]{8})?|reviewer:[0-9a-f-]{36})\Z"
)
ERRORS = (403, 404)


class AnnotationsRoute(Route):
    @documented(
        "list_annotations",
        "Read the annotations of layers of a revision.",
        tag="layers",
        response=AnnotationsShape,
        query=(LAYER, REVISION, OFFSET_UNIT),
        errors=ERRORS,
    )
    def get(self, request: Request, article_id: UUID) -> Response:
        unit = asked_unit(request)
        revision, standing = _asked_parts(request, self.actor, article_id)
        convert_segments(standing.annotations, offsets_in(revision, unit) if standing.annotations else None)
        return Response({"revision": revision.number, "offset_unit": unit, "results": standing.annotations})


class RelationsRoute(Route):
    @documented(
        "list_relations",
        "Read the relations of layers of a revision.",
        tag="layers",
        response=RelationsShape,
        query=(LAYER, REVISION),
        errors=ERRORS,
    )
    def get(self, request: Request, article_id: UUID) -> Response:
        revision, standing = _asked_parts(request, self.actor, article_id)
        return Response({"revision": revision.number, "results": standing.relations})


class AnnotationRoute(Route):
    @documented(
        "read_annotation",
        "Read one annotation.",
        tag="layers",
        response=OneAnnotationShape,
        query=[OFFSET_UNIT],
        headers=[ETAG],
        errors=ERRORS,
    )
    def get(self, request: Request, annotation_id: UUID) -> Response:
        """The ETag is the number of your own decisions on its line."""
        unit = asked_unit(request)
        annotation, _ = find_annotation(self.actor, annotation_id)
        view, own = view_of(self.actor, annotation.layer)
        revision = annotation.layer.revision
        demands = demands_of(revision.corpus_id)
        body = annotation_body(view, view.annotations[annotation.pk], own, demands)
        convert_segments([body], offsets_in(revision, unit))
        return tagged(
            {**body, "article": revision.article_id, "revision": revision.number}, body["version"] or 0
        )


class RelationRoute(Route):
    @documented(
        "read_relation",
        "Read one relation.",
        tag="layers",
        response=OneRelationShape,
        headers=[ETAG],
        errors=ERRORS,
    )
    def get(self, request: Request, relation_id: UUID) -> Response:
        """The ETag is the number of your own decisions on its line."""
        relation, _ = find_relation(self.actor, relation_id)
        view, own = view_of(self.actor, relation.layer)
        revision = relation.layer.revision
        demands = demands_of(revision.corpus_id)
        body = relation_body(view, view.relations[relation.pk], own, demands)
        return tagged(
            {**body, "article": revision.article_id, "revision": revision.number}, body["version"] or 0
        )


class SuggestionsRoute(Route):
    @documented(
        "send_suggestions",
        "Send what a pipeline of your own says of a revision.",
        tag="layers",
        responses={201: LayerShape, 200: LayerShape},
        request=Suggestions,
        query=[OFFSET_UNIT],
        headers=[IDEMPOTENCY_KEY],
        errors=(*ERRORS, 409, 422),
    )
    @idempotent
    def post(self, request: Request, article_id: UUID) -> Response:
        """The same layer again is 200; another one under the same name, version and configuration is 409."""
        article = find_article(self.actor, article_id, Role.LEAD, Scope.SUGGEST)
        unit = asked_unit(request)
        given = self.input(Suggestions)
        revision = numbered_revision(article, given["revision"])
        offsets = OffsetMap(revision.text, unit)
        pipeline = given["pipeline"]
        layer, new = take_suggestions(
            self.actor,
            revision,
            name=pipeline["name"],
            version=pipeline["version"],
            configuration=pipeline.get("configuration", {}),
            annotations=[
                Proposed(**{**item, "segments": code_points(offsets, item["segments"])})
                for item in given["annotations"]
            ],
            relations=[ProposedRelation(**item) for item in given.get("relations", [])],
        )
        body = {
            "id": layer.pk,
            "layer": layer_name(layer),
            "article": article.pk,
            "revision": revision.number,
            "new": new,
        }
        return Response(body, status=HTTPStatus.CREATED if new else HTTPStatus.OK)


def code_points(offsets: OffsetMap, segments: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return segments as code points; SpanRefused (422) where an offset is no place in the text."""
    try:
        return tuple((offsets.to_code_points(start), offsets.to_code_points(end)) for start, end in segments)
    except OffsetError as error:
        raise SpanRefused(str(error)) from None


def _asked_parts(request: Request, actor: Actor, article_id: UUID) -> tuple[Revision, Said]:
    """Return the revision, and what stands in the layers that were asked for as far as they may be seen."""
    name = request.query_params.get("layer", "all")
    if not NAME.match(name):
        raise BadInput(f"There is no layer {name[:100]!r}: {LAYER.description}", field="layer")
    article, revision = find_revision(request, actor, article_id)
    role = own_role(actor, article.corpus_id)
    visible, terms = layers_and_terms(actor, article.corpus, role, revision)
    shown = shown_to(actor, terms, revision, visible)
    demands = demands_of(revision.corpus_id)
    return revision, standing_parts(layers_named(visible, name), own_of(actor, visible), demands, shown)
