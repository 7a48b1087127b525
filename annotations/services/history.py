"""A line's history: who changed a span, from what, when, why, under which guideline and pipeline version.

A line is what stands for one thing: the suggestion, what each reviewer made of it, and gold, also across
revisions; all of its annotations name the first one as their `root`. Nothing is stored for the history alone:
it is read from the rows, each found by an index, so that its cost grows with the line and with the events of
its texts, never with the corpus.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from annotations.models import Annotation, Dispute, Job, Layer, LayerKind, Review, Segment, Settlement
from annotations.services.reading import layer_name, layers_and_terms
from annotations.services.seeing import events_seen_by, sees_others_work
from annotations.services.showing import Shown, shown_to
from corpus.models import Article, Corpus, Event, Revision, Role, User
from corpus.services.actors import Actor, Scope, require, role_in
from corpus.services.errors import NotFound
from corpus.text.spans import SURFACE_JOINT, Span

NO_SUCH = "There is no such annotation, or it is not yours to see."


@dataclass(frozen=True, kw_only=True)
class State:
    """What one annotation of the line says."""

    annotation: UUID
    label: str
    segments: tuple[Span, ...]
    surface: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that happened to a line.

    Attributes:
        act: `suggested`; a verdict; `settled`; `imported`, for what came in without a decision; or what
            became of a dispute: `dispute.opened`, `dispute.reopened`, `dispute.dropped`.
        before: what it was made of: the suggestion, or what stood on the line before; None for what is new.
        after: what was written; None where nothing is to stand, or where the act writes nothing.
        pipeline: whose suggestion it was, or that the decision was on: name and version.
        details: what only acts of this kind have, ready to be told as JSON.
        event: the entry of the audit trail that tells of it; None for what was imported with its own dates.
    """

    at: datetime
    key: str
    act: str
    revision: Revision
    layer: Layer | None = None
    person: User | None = None
    before: State | None = None
    after: State | None = None
    reason: str = ""
    note: str = ""
    pipeline: str | None = None
    guideline: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    event: Event | None = None


@dataclass(frozen=True, kw_only=True)
class LineHistory:
    """Everything that happened to one line, oldest first, as far as the actor may see it."""

    annotation: Annotation
    article: Article
    steps: tuple[Step, ...]


def line_history(actor: Actor, annotation_id: UUID) -> LineHistory:
    """Return the history of the line of an annotation. Thirteen queries, two more for each further revision.

    Raises:
        NotFound: it is not there, or in a layer that the actor may not see.
        NotAllowed: the token's scopes do not reach so far.
    """
    asked = _WITH_LAYER.filter(pk=annotation_id).first()
    if asked is None:
        raise NotFound(NO_SUCH)
    corpus = asked.layer.revision.article.corpus
    role = role_in(actor, corpus.pk)
    if role is None:
        raise NotFound(NO_SUCH)
    line = _Line(actor, corpus, role, asked)
    if asked.pk not in line.rows:
        raise NotFound(NO_SUCH)
    require(actor, corpus.pk, Role.VIEWER, Scope.READ)
    steps = sorted(line.steps(), key=lambda step: (step.at, step.key))
    return LineHistory(annotation=asked, article=asked.layer.revision.article, steps=tuple(steps))


_WITH_LAYER = Annotation.objects.select_related("layer__revision__article__corpus").defer(
    "layer__revision__text"
)


def history_body(history: LineHistory) -> dict[str, Any]:
    """Return a history as JSON has it, with ids for people and offsets in code points."""
    asked = history.annotation
    return {
        "annotation": str(asked.pk),
        "root": str(asked.root),
        "article": str(history.article.pk),
        "revision": asked.layer.revision.number,
        "steps": [_step_body(step) for step in history.steps],
    }


def _step_body(step: Step) -> dict[str, Any]:
    return {
        "at": step.at.isoformat(),
        "act": step.act,
        "revision": step.revision.number,
        "layer": layer_name(step.layer) if step.layer else None,
        "person": str(step.person.public_id) if step.person else None,
        "from": _state_body(step.before),
        "to": _state_body(step.after),
        "reason": step.reason,
        "note": step.note,
        "pipeline": step.pipeline,
        "guideline": step.guideline,
        "details": dict(step.details),
        "event": {"id": str(step.event.pk), "via": step.event.via, "request_id": step.event.request_id}
        if step.event
        else None,
    }


def _state_body(state: State | None) -> dict[str, Any] | None:
    if state is None:
        return None
    return {
        "annotation": str(state.annotation),
        "label": state.label,
        "segments": [list(span) for span in state.segments],
        "surface": state.surface,
        "attributes": dict(state.attributes),
    }


class _Line:
    """The rows of one line that an actor may see."""

    def __init__(self, actor: Actor, corpus: Corpus, role: Role, asked: Annotation) -> None:
        self.root = asked.root
        # What an adjudicator wrote, or what was imported, may derive from nothing; so `asked` is named too.
        later = Q(root=self.root, derived_from__isnull=False)
        rows = _WITH_LAYER.filter(Q(pk__in=(self.root, asked.pk)) | later)
        rows = rows.filter(layer__revision__corpus=corpus)
        found = {row.pk: row for row in rows if row.root == self.root}
        self.revisions = {row.layer.revision_id: row.layer.revision for row in found.values()}
        self.layers: dict[UUID, Layer] = {}
        for revision in self.revisions.values():
            layers, terms = layers_and_terms(actor, corpus, role, revision)
            self.layers |= {layer.pk: layer for layer in layers}
            if shown := shown_to(actor, terms, revision, layers):
                found = self._as_shown(shown, found, revision)
        self.reviews = list(self._reviews())
        events = Event.objects.filter(subject_id__in=self.revisions)
        self.seen_events = events_seen_by(actor, corpus, role, events)
        self.disputes = self._disputes(found)
        self.settlements = list(self._settlements()) if sees_others_work(actor, corpus, role) else []
        found |= {row.result.pk: row.result for row in self.settlements if row.result}
        self.rows = {row.pk: row for row in found.values() if row.layer_id in self.layers}
        self.further = self._further()
        self.events = self._events()

    def steps(self) -> Iterable[Step]:
        yield from self._suggested()
        yield from self._decided()
        yield from self._settled()
        yield from self._imported()
        yield from self._dispute_steps()

    def _as_shown(
        self, shown: Shown, rows: Mapping[UUID, Annotation], revision: Revision
    ) -> dict[UUID, Annotation]:
        """Return the rows of the line as the pass shows them: what is planted is in the machine's layer."""
        if shown.planted_layer and self.root in shown.planted:
            # To this person a decision on it is one of their own layer.
            self.layers[shown.planted_layer.pk] = shown.own.layer
        seen = {
            pk: row if row.layer.revision_id != revision.pk else shown.find(row) for pk, row in rows.items()
        }
        return {pk: row for pk, row in seen.items() if row is not None}

    # -- reading ---------------------------------------------------------------------------------------------

    def _of_kind(self, kind: LayerKind) -> list[UUID]:
        return [pk for pk, layer in self.layers.items() if layer.kind == kind]

    def _reviews(self) -> Iterable[Review]:
        own = Review.objects.filter(layer__in=self._of_kind(LayerKind.REVIEWER), line=self.root)
        return own.select_related("implied_by").order_by("layer_id", "version")

    def _brought(self) -> Mapping[UUID | None, list[Review]]:
        """Return what the decisions on the line brought along on others."""
        brought: dict[UUID | None, list[Review]] = defaultdict(list)
        layers = {review.layer_id for review in self.reviews}
        for review in Review.objects.filter(
            layer__in=layers, implied_by__in=[review.pk for review in self.reviews]
        ).order_by("line", "version"):
            brought[review.implied_by_id].append(review)
        return brought

    def _disputes(self, rows: Collection[UUID]) -> list[Dispute]:
        """Return the disputes that the line is in, which may be named after another pass's line."""
        mine = {str(pk) for pk in rows}
        return [
            dispute
            for dispute in Dispute.objects.filter(revision__in=self.revisions)
            if dispute.line == self.root
            or any(position["annotation"] in mine for position in dispute.positions)
        ]

    def _settlements(self) -> Iterable[Settlement]:
        of_line = Q(line=self.root) | Q(dispute__in=self.disputes, implied_by=None)
        rows = Settlement.objects.filter(of_line, layer__in=self._of_kind(LayerKind.GOLD))
        return rows.filter(Q(result_relation=None)).select_related("settled_by", "result")

    def _further(self) -> Mapping[UUID, list[Segment]]:
        further: dict[UUID, list[Segment]] = defaultdict(list)
        for segment in Segment.objects.filter(annotation__in=self.rows).order_by("annotation_id", "number"):
            further[segment.annotation_id].append(segment)
        return further

    def _events(self) -> list[Event]:
        reviews = {str(review.implied_by_id or review.pk) for review in self.reviews}
        disputes = {str(dispute.pk) for dispute in self.disputes}
        layers = {str(pk) for pk in self.layers}
        told = self.seen_events.filter(object_id__in=reviews | disputes | layers)
        return list(told.select_related("actor").order_by("id"))

    # -- telling ---------------------------------------------------------------------------------------------

    def _state(self, pk: UUID | None) -> State | None:
        row = self.rows.get(pk) if pk else None
        if row is None:
            return None
        further = self.further.get(row.pk, ())
        return State(
            annotation=row.pk,
            label=row.label,
            segments=(Span(row.start, row.end), *(Span(one.start, one.end) for one in further)),
            surface=SURFACE_JOINT.join([row.surface, *(one.surface for one in further)]),
            attributes=row.attributes,
        )

    def _event(self, object_id: UUID, *actions: str) -> Event | None:
        """Return the first event about an object, of these actions where there are any."""
        return next(
            (
                event
                for event in self.events
                if event.object_id == str(object_id) and (not actions or event.action in actions)
            ),
            None,
        )

    def _suggested(self) -> Iterable[Step]:
        machines = [row for row in self.rows.values() if self.layers[row.layer_id].pipeline]
        landed = {row.pk: self._event(row.layer_id, "layer.landed") for row in machines}
        told = {pk: event.after or {} for pk, event in landed.items() if event}
        jobs = Job.objects.in_bulk([after["job"] for after in told.values() if "job" in after])
        for row in machines:
            job = jobs.get(told.get(row.pk, {}).get("job", 0))
            event = landed[row.pk]
            layer = self.layers[row.layer_id]
            yield Step(
                at=event.at if event else layer.created_at,
                key=str(row.pk),
                act="suggested",
                revision=row.layer.revision,
                layer=layer,
                after=self._state(row.pk),
                reason=row.reason,
                pipeline=_pipeline(layer),
                details={
                    "score": row.score,
                    "job": job.pk if job else None,
                    "run": str(job.run_id) if job and job.run_id else None,
                    "segmenter": event.versions.get("segmenter") if event else None,
                },
                event=event,
            )

    def _decided(self) -> Iterable[Step]:
        brought = self._brought()
        results = {review.pk: review.result_id for review in self.reviews}
        for review in self.reviews:
            layer = self.layers[review.layer_id]
            thing = self.rows.get(review.annotation_id) if review.annotation_id else None
            event = self._event(review.implied_by_id or review.pk) or self._event(layer.pk, "layer.imported")
            yield Step(
                at=review.at,
                key=str(review.pk),
                act=review.verdict,
                revision=self.revisions[layer.revision_id],
                layer=layer,
                person=layer.reviewer,
                before=self._state(self._made_of(review, results)),
                after=self._state(review.result_id),
                reason=review.reason,
                note=review.note,
                pipeline=_pipeline(self.layers[thing.layer_id]) if thing else None,
                guideline=review.guideline,
                details={
                    "review": str(review.pk),
                    "version": review.version,
                    "suggestions_shown": review.suggestions_shown,
                    "retracts": str(review.retracts_id) if review.retracts_id else None,
                    "implied_by": _named(review.implied_by) if review.implied_by else None,
                    "brought": [_named(other) for other in brought[review.pk]],
                },
                event=event,
            )

    def _made_of(self, review: Review, results: Mapping[UUID, UUID | None]) -> UUID | None:
        """Return what a decision began with: what it repeats or takes back, or else what it was on."""
        if review.retracts_id:
            return results.get(review.retracts_id)
        if review.result_id and review.result_id in self.rows:
            return self.rows[review.result_id].derived_from_id
        return review.annotation_id

    def _settled(self) -> Iterable[Step]:
        for row in self.settlements:
            layer = self.layers[row.layer_id]
            written = self.rows.get(row.result_id) if row.result_id else None
            yield Step(
                at=row.at,
                key=str(row.pk),
                act="settled",
                revision=self.revisions[layer.revision_id],
                layer=layer,
                person=row.settled_by,
                before=self._state(written.derived_from_id) if written else None,
                after=self._state(row.result_id),
                reason=row.reason,
                note=row.note,
                guideline=row.guideline,
                details={
                    "settlement": str(row.pk),
                    "version": row.version,
                    "outcome": row.outcome,
                    "rule": row.rule,
                    "dispute": str(row.dispute_id) if row.dispute_id else None,
                    "implied_by": str(row.implied_by_id) if row.implied_by_id else None,
                },
                event=self._told_of(row) or self._event(layer.pk, "layer.imported"),
            )

    def _told_of(self, settlement: Settlement) -> Event | None:
        """Return the event that names a settlement, or the one that brought it along."""
        wanted = str(settlement.implied_by_id or settlement.pk)
        for event in self.events:
            if event.action == "gold.settled" and any(
                pk == wanted for pk, _ in (event.after or {}).get("settlements", ())
            ):
                return event
        return None

    def _imported(self) -> Iterable[Step]:
        """Tell of what people's layers and gold hold without a decision that wrote it."""
        decided = {review.result_id for review in self.reviews} | {row.result_id for row in self.settlements}
        for row in self.rows.values():
            layer = self.layers[row.layer_id]
            event = self._event(layer.pk, "layer.imported")
            if layer.kind == LayerKind.MACHINE or row.pk in decided or event is None:
                continue
            yield Step(
                at=event.at,
                key=str(row.pk),
                act="imported",
                revision=row.layer.revision,
                layer=layer,
                person=layer.reviewer,
                after=self._state(row.pk),
                event=event,
            )

    def _dispute_steps(self) -> Iterable[Step]:
        disputes = {str(dispute.pk): dispute for dispute in self.disputes}
        for event in self.events:
            dispute = disputes.get(event.object_id)
            # That it was settled is told by its settlement.
            if dispute is None or event.action == "dispute.settled":
                continue
            yield Step(
                at=event.at,
                key=str(event.pk),
                act=event.action,
                revision=self.revisions[dispute.revision_id],
                person=event.actor,
                details={"dispute": event.object_id, "differences": dispute.differences},
                event=event,
            )


def _pipeline(layer: Layer) -> str | None:
    return layer.pipeline.identity if layer.pipeline else None


def _named(review: Review) -> dict[str, Any]:
    """Return a decision on another line, as far as it tells of what came along."""
    return {
        "review": str(review.pk),
        "of": "annotation" if review.annotation_id else "relation",
        "line": str(review.line),
        "verdict": review.verdict,
    }
