"""Replaying the events: what people did with the texts, up to any moment, from the audit trail alone.

A decision's event has what was decided and what it wrote; what stands is worked out from that as it is from
the tables (`LayerView.settle`). Words are not in events: surfaces come from the texts, notes stay in their
tables. Of a machine's layer the event has the digest, which `verify` holds against the rows.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q

from annotations.models import Layer, LayerKind, Review, Settlement
from annotations.services.reading import LayerView, read_layers
from annotations.services.replay_moves import RELEVANT as OF_MOVES
from annotations.services.replay_moves import Moves, Rows, stored_moves
from annotations.services.telling import id_or_none, moment_or_none, read_annotation, read_relation
from corpus.models import Corpus, Event, Revision
from corpus.snapshot import snapshot
from corpus.text.spans import SURFACE_JOINT

Row = TypeVar("Row")

PAGE = 200
#: The columns that events tell of: all but words.
ANNOTATED = ("label", "attributes", "origin", "derived_from_id", "root")
LINKED = ("label", "head_id", "child_id", "origin", "derived_from_id", "root")
DECIDED = (
    "line", "version", "verdict", "reason", "annotation_id", "relation_id", "result_id", "result_relation_id",
    "retracts_id", "implied_by_id", "guideline", "suggestions_shown", "at",
)  # fmt: skip
SETTLED = (
    "line", "version", "outcome", "dispute_id", "result_id", "result_relation_id", "implied_by_id", "reason",
    "rule", "guideline", "settled_by_id", "at",
)  # fmt: skip
OF_LAYERS = Q(action__startswith="review.") | Q(
    action__in=("gold.settled", "layer.imported", "pass.submitted", "pass.reopened", "check.decided")
)

OF_LAYERS_BEGIN = ("review.", "gold.", "layer.", "pass.")


@dataclass(kw_only=True)
class Replayed:
    """What the events of one text tell.

    `untold` are the layers of which they do not tell everything: those came in by an import, or were worked
    on before the events told enough. It holds None where an event does not even name its layer. `timed` are
    the layers of which they tell when they began and ended.
    """

    revision: Revision
    moves: Moves
    views: dict[UUID, LayerView] = field(default_factory=dict)
    untold: set[UUID | None] = field(default_factory=set)
    timed: set[UUID] = field(default_factory=set)

    def untold_count(self) -> int:
        return len(self.untold) + len(self.moves.untold)

    def take(self, event: Event) -> None:
        after = event.after if isinstance(event.after, dict) else {}
        if event.action == "check.decided":
            self._take_check(event, after)
        elif not event.action.startswith(OF_LAYERS_BEGIN):
            self.moves.take(event)
        elif event.action.startswith("pass."):
            self._take_pass(event, after)
        elif event.action == "layer.imported":
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
        view = self._view(UUID(after["layer"]), LayerKind.REVIEWER, event.actor_id)
        self._take_times(view, after.get("began"))
        own = self._review(view, after, event, UUID(event.object_id))
        own.reason, own.retracts_id = event.reason, id_or_none(after.get("retracts"))
        view.reviews.append(own)
        for told in after.get("brought", ()):
            review = self._review(view, told, event, UUID(told["review"]))
            review.implied_by_id = id_or_none(told.get("implied_by")) or own.pk
            view.reviews.append(review)

    def _take_check(self, event: Event, after: Mapping[str, Any]) -> None:
        """Take in that a pass began with a decision on something planted, which itself is not replayed."""
        if began := after.get("began"):
            view = self._view(UUID(began["layer"]), LayerKind.REVIEWER, event.actor_id)
            self._take_times(view, began)

    def _take_pass(self, event: Event, after: Mapping[str, Any]) -> None:
        view = self._view(UUID(event.object_id), LayerKind.REVIEWER, event.actor_id)
        if event.action == "pass.reopened":
            view.layer.submitted_at = None
        elif "submitted_at" in after:
            self._take_times(view, after)
        else:
            self.timed.discard(view.layer.pk)

    def _take_times(self, view: LayerView, told: Mapping[str, Any] | None) -> None:
        if told is not None:
            self.timed.add(view.layer.pk)
            view.layer.created_at = datetime.fromisoformat(told["created_at"])
            view.layer.submitted_at = moment_or_none(told["submitted_at"])

    def _review(self, view: LayerView, told: Mapping[str, Any], event: Event, pk: UUID) -> Review:
        self._take_rows(view, told)
        return Review(
            id=pk,
            layer_id=view.layer.pk,
            line=UUID(told["line"]),
            version=told["version"],
            verdict=told["verdict"],
            annotation_id=UUID(told["on"]) if told["of"] == "annotation" else None,
            relation_id=UUID(told["on"]) if told["of"] == "relation" else None,
            result_id=id_or_none(told.get("annotation")),
            result_relation_id=id_or_none(told.get("relation")),
            guideline=event.versions["guideline"],
            suggestions_shown=(event.after or {})["suggestions_shown"],
            at=event.at,
        )

    def _take_settlements(self, event: Event, after: Mapping[str, Any]) -> None:
        if "told" not in after:
            self.untold.add(UUID(event.object_id))
            return
        view = self._view(UUID(event.object_id), LayerKind.GOLD, None)
        self._take_times(view, after.get("began"))
        for told in after["told"]:
            self._take_rows(view, told)
            view.settlements.append(
                Settlement(
                    id=UUID(told["settlement"]),
                    layer_id=view.layer.pk,
                    line=UUID(told["line"]),
                    version=told["version"],
                    outcome=told["outcome"],
                    dispute_id=id_or_none(told.get("dispute")),
                    result_id=id_or_none(told.get("annotation")),
                    result_relation_id=id_or_none(told.get("relation")),
                    implied_by_id=id_or_none(told.get("implied_by")),
                    reason=told["reason"],
                    rule=told["rule"],
                    guideline=told.get("guideline", event.versions["guideline"]),
                    settled_by_id=event.actor_id,
                    at=event.at,
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

    def _view(self, pk: UUID, kind: LayerKind, reviewer: int | None) -> LayerView:
        if pk not in self.views:
            layer = Layer(id=pk, kind=kind, revision=self.revision, reviewer_id=reviewer)
            self.views[pk] = LayerView(layer=layer)
        return self.views[pk]


def replay(corpus: Corpus, *, until: datetime | None = None) -> Iterator[Replayed]:
    """Yield what the events of each text tell of what people did with it, up to a moment or to now.

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
            moves = stored_moves(alias, [one.revision for one in page])
            for one in page:
                found = _differences(one, stored[one.revision.pk])
                told, held = one.moves.compared(one.moves.rows(), moves[one.revision.pk])
                yield one, found + _differing(told, held)


def _replay(corpus: Corpus, until: datetime | None, alias: str) -> Iterator[Replayed]:
    revisions = Revision.objects.using(alias).filter(corpus=corpus).select_related("article").order_by("pk")
    for page in _pages(revisions.iterator(chunk_size=PAGE)):
        replayed = {
            revision.pk: Replayed(revision=revision, moves=Moves(revision=revision)) for revision in page
        }
        events = Event.objects.using(alias).filter(OF_LAYERS | OF_MOVES, subject_id__in=replayed)
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
    timed = replayed.timed
    told = {pk: _rows(view, timed) for pk, view in replayed.views.items()}
    held = {view.layer.pk: _rows(view, timed) for view in stored if view.layer.pk not in replayed.untold}
    found = []
    for pk in told.keys() | held.keys():
        found += _differing(told.get(pk, {}), held.get(pk, {}))
    return sorted(found)


def _differing(told: Rows, held: Rows) -> list[str]:
    found = []
    for row in sorted(told.keys() | held.keys()):
        if row not in held:
            found.append(f"{' '.join(row)} is told of, and is not there.")
        elif row not in told:
            found.append(f"{' '.join(row)} is there, and no event tells of it.")
        elif told[row] != held[row]:
            found.append(f"{' '.join(row)} is told of as {told[row]}, and is {held[row]}.")
    return found


def _rows(view: LayerView, timed: Collection[UUID]) -> Rows:
    """Return everything that a layer holds, by kind and id, but for words, and what stands of it."""
    rows: Rows = {}
    layer = view.layer
    if layer.kind == LayerKind.REVIEWER or view.settlements or layer.pk in timed:
        times = (layer.created_at, layer.submitted_at) if layer.pk in timed else ()
        rows["layer", str(layer.pk)] = (layer.kind, layer.reviewer_id, *times)
    for row in view.annotations.values():
        rows["annotation", str(row.pk)] = (view.segments_of(row), *_values(row, ANNOTATED))
    for told, columns in (
        (view.relations.values(), LINKED),
        (view.reviews, DECIDED),
        (view.settlements, SETTLED),
    ):
        for other in told:
            rows[str(other._meta.model_name), str(other.pk)] = _values(other, columns)
    for line, standing in (*view.standing.items(), *view.links.items()):
        rows["line", str(line)] = (standing.pk,)
    return rows


def _values(row: Model, columns: Iterable[str]) -> tuple[Any, ...]:
    return tuple(getattr(row, column) for column in columns)


def standing_record(replayed: Replayed, view: LayerView) -> dict[str, Any]:
    """Return what stands in a replayed layer, with its words from the text while that has any.

    What the events do not tell of its text's status and of its times is None.
    """
    text, moves, layer = replayed.revision.text, replayed.moves, view.layer
    times = (layer.created_at, layer.submitted_at) if layer.pk in replayed.timed else (None, None)
    return {
        "revision": str(replayed.revision.pk),
        "status": None if "status" in moves.untold else moves.status,
        "created_at": times[0] and times[0].isoformat(),
        "submitted_at": times[1] and times[1].isoformat(),
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
