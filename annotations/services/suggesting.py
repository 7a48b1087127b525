"""Taking the layer of a machine client, which runs its pipeline somewhere else."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from annotations.models import Layer, LayerKind
from annotations.services.building import OWN_NAMES
from annotations.services.jobs import finish_revisions
from annotations.services.layers import (
    NewAnnotation,
    NewRelation,
    Proposed,
    ProposedRelation,
    digest_of,
    propose,
    write_annotations,
    write_relations,
)
from annotations.services.pipelines import external_pipeline
from annotations.services.reading import LayerView, read_layers
from corpus.models import Revision, Role
from corpus.services.actors import Actor, Scope, require
from corpus.services.corpora import scheme_of
from corpus.services.errors import BadInput, InvalidTransition
from corpus.services.events import Change, record
from corpus.services.revisions import hold_revision

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,31}\Z")


@transaction.atomic
def take_suggestions(
    actor: Actor,
    revision: Revision,
    *,
    name: str,
    version: str,
    configuration: Mapping[str, Any],
    annotations: Iterable[Proposed],
    relations: Iterable[ProposedRelation],
) -> tuple[Layer, bool]:
    """Store what an external pipeline says of one revision; return its layer and whether it is new.

    The same layer again changes nothing. A pipeline that says something else must call itself something
    else: people may have decided on what it said first.

    Raises:
        InvalidTransition: this pipeline has said something else of this revision, or the article was erased.
        SpanRefused, BadInput: a suggestion does not fit the text or the scheme, or the name is one of our
        own.
    """
    require(actor, revision.corpus_id, Role.LEAD, Scope.SUGGEST)
    _check_identity(name, version)
    hold_revision(revision)
    if revision.article.erased_at:
        raise InvalidTransition("This article was erased.")
    pipeline = external_pipeline(actor, revision.corpus_id, name, version, configuration)
    layer, made = Layer.objects.get_or_create(revision=revision, pipeline=pipeline, kind=LayerKind.MACHINE)
    rows, links = propose(layer.pk, revision.text, scheme_of(revision.corpus_id), annotations, relations)
    if not made:
        if _digest_of_rows(rows, links) != _digest_of_view(read_layers([layer])[0]):
            raise InvalidTransition(
                f"{pipeline.identity} has said something else of this revision; give it another version.",
                layer=str(layer.pk),
            )
        return layer, False
    write_annotations(rows)
    write_relations(links)
    _record(actor, revision, layer, rows, links)
    finish_revisions(revision.corpus_id, Revision.objects.filter(pk=revision.pk))
    return layer, True


def _check_identity(name: str, version: str) -> None:
    if not NAME.match(name):
        raise BadInput(
            "A pipeline's name has small letters, digits, - and _, 64 at most.", field="pipeline.name"
        )
    if name in OWN_NAMES:
        raise BadInput(f"{name!r} is the name of a built-in pipeline; take another.", field="pipeline.name")
    if not VERSION.match(version):
        raise BadInput("A version has letters, digits and . _ + -, 32 at most.", field="pipeline.version")


def _digest_of_rows(rows: Sequence[NewAnnotation], links: Sequence[NewRelation]) -> bytes:
    said = {row.id: _said(row.label, row.segments, row.attributes, row.score, row.reason) for row in rows}
    return _digest(said, [(link.label, link.head, link.child, link.score, link.reason) for link in links])


def _digest_of_view(view: LayerView) -> bytes:
    said = {
        row.pk: _said(row.label, view.segments_of(row), row.attributes, row.score, row.reason)
        for row in view.annotations.values()
    }
    return _digest(
        said,
        [
            (link.label, link.head_id, link.child_id, link.score, link.reason)
            for link in view.relations.values()
        ],
    )


def _said(
    label: str,
    segments: Iterable[tuple[int, int]],
    attributes: Mapping[str, str],
    score: float | None,
    reason: str,
) -> bytes:
    whole = [label, [list(segment) for segment in segments], dict(attributes), score, reason]
    return orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)


def _digest(said: Mapping[UUID, bytes], links: Iterable[tuple[str, UUID, UUID, float | None, str]]) -> bytes:
    """Return what a layer says in one order, whatever order and ids it came with."""
    between = [
        orjson.dumps([label, said[head].decode(), said[child].decode(), score, reason])
        for label, head, child, score, reason in links
    ]
    return b"\n".join([*sorted(said.values()), b"", *sorted(between)])


def _record(
    actor: Actor,
    revision: Revision,
    layer: Layer,
    rows: Sequence[NewAnnotation],
    links: Sequence[NewRelation],
) -> None:
    record(
        actor,
        Change(
            action="layer.landed",
            object_type="layer",
            object_id=layer.pk,
            corpus_id=revision.corpus_id,
            subject_id=revision.pk,
            after={
                "pipeline": str(layer.pipeline_id),
                "annotations": len(rows),
                "relations": len(links),
                "digest": digest_of((row.label, row.segments, row.score) for row in rows),
            },
        ),
    )
