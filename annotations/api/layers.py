"""Layers: what the machines, a reviewer or gold say of a revision, in the shape of the native record."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
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
from annotations.api.shapes import (
    AnnotationsShape,
    LayerShape,
    OneAnnotationShape,
    OneRelationShape,
    RelationsShape,
    Suggestions,
)
from annotations.models import Annotation, Layer, LayerKind, Relation
from annotations.services.layers import Proposed, ProposedRelation
from annotations.services.reading import LayerView, layer_name, layers_named, read_layers, visible_layers
from annotations.services.rows import annotation_part, relation_part
from annotations.services.suggesting import take_suggestions
from corpus.api.articles import find_article, own_role
from corpus.api.idempotency import idempotent
from corpus.api.schema import ETAG, IDEMPOTENCY_KEY, OFFSET_UNIT, REVISION, documented
from corpus.api.views import Route, tagged
from corpus.models import Revision, Role
from corpus.services.actors import Actor, Scope
from corpus.services.errors import BadInput, SpanRefused
from corpus.text.offsets import OffsetError, OffsetMap, OffsetUnit

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
        revision, views, own = _asked_layers(request, self.actor, article_id)
        found = [annotation_body(view, row, own) for view in views for row in _standing(view)]
        _convert(revision, found, unit)
        return Response({"revision": revision.number, "offset_unit": unit, "results": found})


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
        revision, views, own = _asked_layers(request, self.actor, article_id)
        found = [relation_body(view, row, own) for view in views for row in view.links.values()]
        return Response({"revision": revision.number, "results": found})


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
        body = annotation_body(view, view.annotations[annotation.pk], own)
        revision = annotation.layer.revision
        _convert(revision, [body], unit)
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
        body = relation_body(view, view.relations[relation.pk], own)
        revision = relation.layer.revision
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


def annotation_body(view: LayerView, annotation: Annotation, own: LayerView | None) -> dict[str, Any]:
    return {**annotation_part(view, annotation), **_own_word(view, annotation.root, own)}


def relation_body(view: LayerView, relation: Relation, own: LayerView | None) -> dict[str, Any]:
    if all(line in view.standing for line in view.end_lines(relation)):
        part = relation_part(view, relation)
    else:
        # One that no longer stands leads between what it was written for.
        part = {
            "id": str(relation.pk),
            "root": str(relation.root),
            "label": relation.label,
            "head": str(relation.head_id),
            "child": str(relation.child_id),
            "layer": layer_name(view.layer),
            "origin": relation.origin,
            "score": relation.score,
            "reason": relation.reason,
            "derived_from": str(relation.derived_from_id) if relation.derived_from_id else None,
        }
    return {**part, **_own_word(view, relation.root, own)}


def code_points(offsets: OffsetMap, segments: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return segments as code points; SpanRefused (422) where an offset is no place in the text."""
    try:
        return tuple((offsets.to_code_points(start), offsets.to_code_points(end)) for start, end in segments)
    except OffsetError as error:
        raise SpanRefused(str(error)) from None


def _asked_layers(
    request: Request, actor: Actor, article_id: UUID
) -> tuple[Revision, list[LayerView], LayerView | None]:
    """Return the revision, the layers that were asked for as far as they may be seen, and the own one."""
    name = request.query_params.get("layer", "all")
    if not NAME.match(name):
        raise BadInput(f"There is no layer {name[:100]!r}: {LAYER.description}", field="layer")
    article, revision = find_revision(request, actor, article_id)
    role = own_role(actor, article.corpus_id)
    visible = visible_layers(actor, article.corpus, role, revision)
    asked = layers_named(visible, name)
    own = [layer for layer in visible if actor.user and layer.reviewer_id == actor.user.pk]
    views = read_layers([*asked, *(layer for layer in own if layer not in asked)])
    own_view = next((view for view in views if view.layer in own), None)
    return revision, views[: len(asked)], own_view


def _standing(view: LayerView) -> list[Annotation]:
    return sorted(view.standing.values(), key=lambda row: (row.start, row.pk))


def _own_word(view: LayerView, line: UUID, own: LayerView | None) -> dict[str, Any]:
    """Return how often the reader has decided on a line, and how; nothing of another person's line."""
    if not _is_decidable(view.layer, own):
        return {"version": None, "verdict": None}
    counting = own.counting.get(line) if own else None
    return {
        "version": own.versions.get(line, 0) if own else 0,
        "verdict": counting.verdict if counting else None,
    }


def _is_decidable(layer: Layer, own: LayerView | None) -> bool:
    return layer.kind == LayerKind.MACHINE or (own is not None and own.layer.pk == layer.pk)


def _convert(revision: Revision, bodies: list[dict[str, Any]], unit: OffsetUnit) -> None:
    """Put the segments of what is about to be sent into the unit that was asked for."""
    if unit == OffsetUnit.CODE_POINT or not bodies:
        return
    if revision.article.erased_at:
        raise BadInput(
            "This article was erased; its offsets are known in code points only.", field="offset_unit"
        )
    offsets = OffsetMap(revision.text, unit)
    for body in bodies:
        body["segments"] = [
            [offsets.from_code_points(start), offsets.from_code_points(end)]
            for start, end in body["segments"]
        ]
