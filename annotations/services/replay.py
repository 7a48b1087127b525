"""Replaying the events: what people's layers and gold held at any moment, from the audit trail alone.

A decision's event has what was decided and what it wrote; what stands is worked out from that as it is from
the tables (`LayerView.settle`). Words are not in events: surfaces come from the texts, notes stay in their
tables. Of a machine's layer the event has the digest, which `verify` holds against the rows.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Q

from annotations.models import Layer, LayerKind, Review, Settlement
from annotations.services.reading import LayerView, read_layers
from annotations.services.telling import id_or_none, read_annotation, read_relation
from corpus.models import Corpus, Event, Revision
from corpus.snapshot import snapshot
from corpus.text.spans import SURFACE_JOINT

Row = TypeVar("Row")

PAGE = 200
RELEVANT = Q(action__startswith="review.") | Q(action__in=("gold.settled", "layer.imported"))


@dataclass(kw_only=True)
class Replayed:
    """What the events of one text tell.

    `untold` are the layers of which they do not tell everything: those came in by an import, or were worked
    on before the events told enough. It holds None where an event does not even name its layer.
    """

    revision: Revision
    views: dict[UUID, LayerView] = field(default_factory=dict)
    untold: set[UUID | None] = field(default_factory=set)

    def take(self, event: Event) -> None:
        after = event.after or {}
        if event.action == "layer.imported":
            self.untold.add(UUID(event.object_id))
        elif event.action == "gold.settled":
            self._take_settlements(event, after)
        else:
            self._take_decision(event, after)

    def settle(self) -> None:
        self.views = {pk: view for pk, view in self.views.items() if pk not in self.untold}
        for view in self.views.values():
            view.settle()

    def _take_decision(self, event: Event, after: Mapping[str, Any]) -> None:
        if "layer" not in after:
            self.untold.add(None)
            return
        view = self._view(UUID(after["layer"]), LayerKind.REVIEWER)
        view.reviews.append(self._review(view, after, UUID(event.object_id), event.reason))
        for told in after.get("brought", ()):
            review = self._review(view, told, UUID(told["review"]), "")
            review.implied_by_id = UUID(event.object_id)
            view.reviews.append(review)

    def _review(self, view: LayerView, told: Mapping[str, Any], pk: UUID, reason: str) -> Review:
        self._take_rows(view, told)
        return Review(
            id=pk,
            layer_id=view.layer.pk,
            line=UUID(told["line"]),
            version=told["version"],
            verdict=told["verdict"],
            reason=reason,
            result_id=id_or_none(told.get("annotation")),
            result_relation_id=id_or_none(told.get("relation")),
            retracts_id=id_or_none(told.get("retracts")),
        )

    def _take_settlements(self, event: Event, after: Mapping[str, Any]) -> None:
        if "told" not in after:
            self.untold.add(UUID(event.object_id))
            return
        view = self._view(UUID(event.object_id), LayerKind.GOLD)
        for told in after["told"]:
            self._take_rows(view, told)
            view.settlements.append(
                Settlement(
                    id=UUID(told["settlement"]),
                    layer_id=view.layer.pk,
                    line=UUID(told["line"]),
                    version=told["version"],
                    outcome=told["outcome"],
                    result_id=id_or_none(told.get("annotation")),
                    result_relation_id=id_or_none(told.get("relation")),
                    implied_by_id=id_or_none(told.get("implied_by")),
                )
            )

    def _take_rows(self, view: LayerView, told: Mapping[str, Any]) -> None:
        if "annotation" in told:
            row, further = read_annotation(told, view.layer.pk)
            view.annotations[row.pk] = row
            if further:
                view.segments[row.pk] = further
        if "relation" in told:
            relation = read_relation(told, view.layer.pk)
            view.relations[relation.pk] = relation

    def _view(self, pk: UUID, kind: LayerKind) -> LayerView:
        if pk not in self.views:
            self.views[pk] = LayerView(layer=Layer(id=pk, kind=kind, revision=self.revision))
        return self.views[pk]


def replay(corpus: Corpus, *, until: datetime | None = None) -> Iterator[Replayed]:
    """Yield what the events of each text tell of people's layers and gold, up to a moment or to now.

    One query for texts and one for events a page of texts, by index.
    """
    with snapshot() as alias:
        yield from _replay(corpus, until, alias)


def differences(corpus: Corpus) -> Iterator[tuple[Replayed, list[str]]]:
    """Yield each replayed text with where the tables say otherwise."""
    with snapshot() as alias:
        for page in _pages(_replay(corpus, None, alias)):
            layers = Layer.objects.using(alias).filter(revision__in=[one.revision for one in page])
            people = list(layers.exclude(kind=LayerKind.MACHINE).order_by("pk"))
            stored: dict[UUID, list[LayerView]] = defaultdict(list)
            for view in read_layers(people, using=alias):
                stored[view.layer.revision_id].append(view)
            for one in page:
                yield one, _differences(one, stored[one.revision.pk])


def _replay(corpus: Corpus, until: datetime | None, alias: str) -> Iterator[Replayed]:
    revisions = Revision.objects.using(alias).filter(corpus=corpus).select_related("article").order_by("pk")
    for page in _pages(revisions.iterator(chunk_size=PAGE)):
        replayed = {revision.pk: Replayed(revision=revision) for revision in page}
        events = Event.objects.using(alias).filter(RELEVANT, subject_id__in=replayed)
        if until is not None:
            events = events.filter(at__lte=until)
        for event in events.order_by("id"):
            if event.subject_id is not None:
                replayed[event.subject_id].take(event)
        for one in replayed.values():
            one.settle()
            yield one


def _pages(rows: Iterator[Row]) -> Iterator[list[Row]]:
    page: list[Row] = []
    for row in rows:
        page.append(row)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page


def _differences(replayed: Replayed, stored: Sequence[LayerView]) -> list[str]:
    """Return what the tables hold otherwise than the events tell; nothing where those do not tell all."""
    if None in replayed.untold:
        return []
    told = {pk: _rows(view) for pk, view in replayed.views.items()}
    held = {view.layer.pk: _rows(view) for view in stored if view.layer.pk not in replayed.untold}
    found = []
    for pk in told.keys() | held.keys():
        mine, theirs = told.get(pk, {}), held.get(pk, {})
        for row in sorted(mine.keys() | theirs.keys()):
            if row not in theirs:
                found.append(f"{' '.join(row)} is told of, and is not there.")
            elif row not in mine:
                found.append(f"{' '.join(row)} is there, and no event tells of it.")
            elif mine[row] != theirs[row]:
                found.append(f"{' '.join(row)} is told of as {mine[row]}, and is {theirs[row]}.")
    return sorted(found)


def _rows(view: LayerView) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Return everything that a layer holds, by kind and id, as far as events can tell of it."""
    rows: dict[tuple[str, str], tuple[Any, ...]] = {}
    for row in view.annotations.values():
        what = (row.label, view.segments_of(row), row.attributes, row.origin, row.derived_from_id, row.root)
        rows["annotation", str(row.pk)] = what
    for link in view.relations.values():
        ends = (link.head_id, link.child_id)
        rows["relation", str(link.pk)] = (link.label, *ends, link.origin, link.derived_from_id, link.root)
    for review in view.reviews:
        decided = (review.line, review.version, review.verdict, review.reason)
        wrote = (review.result_id, review.result_relation_id, review.retracts_id, review.implied_by_id)
        rows["review", str(review.pk)] = decided + wrote
    for one in view.settlements:
        settled = (one.line, one.version, one.outcome, one.implied_by_id)
        rows["settlement", str(one.pk)] = (*settled, one.result_id, one.result_relation_id)
    for line, standing in (*view.standing.items(), *view.links.items()):
        rows["line", str(line)] = (standing.pk,)
    return rows


def standing_record(replayed: Replayed, view: LayerView) -> dict[str, Any]:
    """Return what stands in a replayed layer, with its words from the text while that has any."""
    text = replayed.revision.text
    return {
        "revision": str(replayed.revision.pk),
        "layer": str(view.layer.pk),
        "kind": view.layer.kind,
        "annotations": [
            {
                "id": str(row.pk),
                "root": str(row.root),
                "label": row.label,
                "segments": [list(span) for span in view.segments_of(row)],
                "surface": SURFACE_JOINT.join(text[span.start : span.end] for span in view.segments_of(row)),
                "attributes": row.attributes,
            }
            for row in sorted(view.standing.values(), key=lambda row: (row.start, row.pk))
        ],
        "relations": [
            {
                "id": str(link.pk),
                "label": link.label,
                "head": str(view.standing[view.end_lines(link)[0]].pk),
                "child": str(view.standing[view.end_lines(link)[1]].pk),
            }
            for link in sorted(view.links.values(), key=lambda link: link.pk)
        ],
    }
