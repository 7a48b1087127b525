"""Writing gold: rows of its own, each with the settlement that it came of.

Gold never changes what people wrote. A settlement says what holds of one line from then on; the source and
cue that it brings along are settlements too, `implied_by` it, and fall when a newer one takes its place. So
settling again, and taking back, are new rows, and what stands is worked out (`LayerView.settle`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from annotations.models import (
    Annotation,
    Dispute,
    DisputeStatus,
    Layer,
    LayerKind,
    Origin,
    Outcome,
    Relation,
    Settlement,
)
from annotations.services.comparing import links_of
from annotations.services.layers import NewAnnotation, NewRelation, write_annotations, write_relations
from annotations.services.reading import LayerView, holding_settlements, read_layers
from annotations.services.telling import told_annotation, told_layer, told_relation
from corpus.ids import uuid7
from corpus.models import Revision
from corpus.services.actors import Actor
from corpus.services.corpora import guideline_number
from corpus.services.events import Change, record_many
from corpus.text.spans import Span

#: Outcomes that passes came to, and nobody over them.
BY_PASSES = (Outcome.AGREED, Outcome.APPROVED)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to stand in gold of one thing.

    `derived_from` names the row of a pass that it repeats, and `guideline` the version that this was decided
    under there.
    """

    label: str
    segments: tuple[Span, ...]
    attributes: Mapping[str, str] = field(default_factory=dict)
    derived_from: Annotation | None = None
    guideline: int | None = None
    links: Mapping[str, Sequence["Wanted"]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a settlement says besides its result."""

    outcome: Outcome
    dispute: Dispute | None = None
    reason: str = ""
    note: str = ""
    rule: str = ""


def wanted_from(view: LayerView, annotation: Annotation) -> Wanted:
    """Return what a pass says of one thing, as it is to stand in gold."""
    return Wanted(
        label=annotation.label,
        segments=view.segments_of(annotation),
        attributes=annotation.attributes,
        derived_from=annotation,
        guideline=_decided_under(view, annotation),
        links={
            label: [_end(view, child) for child in children]
            for label, children in links_of(view).get(annotation.root, {}).items()
        },
    )


def _different(children: Iterable[Wanted]) -> Iterable[Wanted]:
    """Return the ends of a relation, of those with the same words the first: gold has one line for them."""
    found: dict[tuple[str, tuple[Span, ...]], Wanted] = {}
    for child in children:
        found.setdefault((child.label, tuple(child.segments)), child)
    return found.values()


def _end(view: LayerView, child: Annotation) -> Wanted:
    return Wanted(
        label=child.label,
        segments=view.segments_of(child),
        attributes=child.attributes,
        derived_from=child,
        guideline=_decided_under(view, child),
    )


def _decided_under(view: LayerView, annotation: Annotation) -> int | None:
    counting = view.counting.get(annotation.root)
    return counting.guideline if counting else None


class GoldDesk:
    """The gold of one revision while it is settled: read once, decided in memory, written in the end."""

    def __init__(self, actor: Actor, revision: Revision) -> None:
        self.actor, self.revision, self.now = actor, revision, timezone.now()
        layer, self._begins = Layer.objects.get_or_create(revision=revision, kind=LayerKind.GOLD)
        self.view = read_layers([layer])[0]
        self.guideline = guideline_number(revision.corpus_id)
        disputes = Dispute.objects.filter(revision=revision).exclude(status=DisputeStatus.DROPPED)
        #: The lines that are settled by dispute, or will be.
        self.disputed = set(disputes.values_list("line", flat=True))
        self._annotations: list[NewAnnotation] = []
        self._relations: list[NewRelation] = []
        self._settlements: list[Settlement] = []

    def settle(self, line: UUID, wanted: Wanted | None, said: Said) -> Settlement:
        """Let `wanted`, or nothing, stand on a line from now on, with where its relations lead."""
        if wanted:
            self._leave_others_their_words(line, wanted)
        result = self._write(line, wanted, said) if wanted else None
        settlement = self._settlement(line, said, wanted, result=result)
        if wanted and result:
            for label, children in wanted.links.items():
                for child in _different(children):
                    self._link(settlement, said, label, result, child)
        return settlement

    def settled_lines(self) -> set[UUID]:
        """Return the lines that stand here by a settlement of their own, not merely brought along."""
        own = {row.line: row for row in self.view.settlements if row.implied_by_id is None}
        return {line for line, newest in own.items() if newest.result_id}

    def flush(self) -> None:
        """Write everything, in a statement a table, and one event."""
        write_annotations(self._annotations)
        write_relations(self._relations)
        Settlement.objects.bulk_create(self._settlements)
        own = [row for row in self._settlements if row.implied_by_id is None]
        if own or self._begins:
            settled = Change(
                action="gold.settled",
                object_type="layer",
                object_id=self.view.layer.pk,
                corpus_id=self.revision.corpus_id,
                subject_id=self.revision.pk,
                after={
                    "settlements": [[str(row.pk), row.outcome] for row in own],
                    "told": [self._told(row) for row in self._settlements],
                    **({"began": told_layer(self.view.layer)} if self._begins else {}),
                },
                versions={"guideline": self.guideline},
            )
            record_many(self.actor, [settled], now=self.now)

    def _told(self, settlement: Settlement) -> dict[str, Any]:
        """Return a settlement with what it wrote, without any word; replaying it takes no more."""
        result = self.view.annotations.get(settlement.result_id) if settlement.result_id else None
        leading = settlement.result_relation_id
        relation = self.view.relations.get(leading) if leading else None
        told: dict[str, Any] = {
            "settlement": str(settlement.pk),
            "line": str(settlement.line),
            "version": settlement.version,
            "outcome": settlement.outcome,
            "reason": settlement.reason,
            "rule": settlement.rule,
            "guideline": settlement.guideline,
        }
        if settlement.dispute_id:
            told["dispute"] = str(settlement.dispute_id)
        if settlement.implied_by_id:
            told["implied_by"] = str(settlement.implied_by_id)
        if result is not None:
            told |= told_annotation(result, self.view.segments_of(result))
        if relation is not None:
            told |= told_relation(relation)
        return told

    def _write(self, line: UUID, wanted: Wanted, said: Said) -> Annotation:
        identity = uuid7()
        surfaces = tuple(self.revision.text[span.start : span.end] for span in wanted.segments)
        repeated = wanted.derived_from
        origin = Origin.REVIEWER if repeated and said.outcome != Outcome.MERGED else Origin.ADJUDICATOR
        source = repeated.pk if repeated else None
        self._annotations.append(
            NewAnnotation(
                id=identity,
                layer=self.view.layer.pk,
                label=wanted.label,
                segments=wanted.segments,
                surfaces=surfaces,
                attributes=wanted.attributes,
                origin=origin.value,
                derived_from=source,
                root=line,
            )
        )
        row = Annotation(
            id=identity,
            layer=self.view.layer,
            label=wanted.label,
            start=wanted.segments[0].start,
            end=wanted.segments[0].end,
            surface=surfaces[0],
            attributes=dict(wanted.attributes),
            origin=origin.value,
            derived_from_id=source,
            root=line,
        )
        self.view.annotations[identity] = row
        self.view.segments[identity] = wanted.segments[1:]
        return row

    def _link(self, settlement: Settlement, said: Said, label: str, head: Annotation, wanted: Wanted) -> None:
        """Let a relation lead to a child, which is written unless the same words stand here already."""
        child = self._same(wanted, besides=head)
        if child is None:
            line = wanted.derived_from.root if wanted.derived_from else uuid7()
            if line in self.view.held:
                # Other words stand there.
                line = uuid7()
            child = self._write(line, wanted, said)
        self._lead(settlement, said, label, head, child, wanted)

    def _lead(
        self,
        settlement: Settlement,
        said: Said,
        label: str,
        head: Annotation,
        child: Annotation,
        wanted: Wanted,
        line: UUID | None = None,
    ) -> None:
        """Let a relation lead from head to child while `settlement` holds; on a new line, or on this."""
        self._settlement(child.root, said, wanted, result=child, implied_by=settlement)
        identity = uuid7()
        root = line or identity
        origin = Origin.ADJUDICATOR if head.origin == Origin.ADJUDICATOR else Origin.REVIEWER
        self._relations.append(
            NewRelation(
                id=identity,
                layer=self.view.layer.pk,
                label=label,
                head=head.pk,
                child=child.pk,
                origin=origin.value,
                root=root,
            )
        )
        relation = Relation(
            id=identity,
            layer=self.view.layer,
            label=label,
            head=head,
            child=child,
            origin=origin.value,
            root=root,
        )
        self.view.relations[identity] = relation
        self._settlement(root, said, wanted, result_relation=relation, implied_by=settlement)

    def _leave_others_their_words(self, line: UUID, wanted: Wanted) -> None:
        """Lead those elsewhere, with the words that they have, who lead to where others are to stand."""
        held = holding_settlements(self.view.settlements)
        result = held[line].result_id if line in held else None
        row = self.view.annotations.get(result) if result else None
        if row is None or self._says(row, wanted):
            return
        repeated = Wanted(
            guideline=held[line].guideline,
            label=row.label,
            segments=self.view.segments_of(row),
            attributes=row.attributes,
            derived_from=row.derived_from,
        )
        elsewhere: Annotation | None = None
        for settlement in held.values():
            leading = settlement.result_relation_id
            relation = self.view.relations.get(leading) if leading else None
            bringing = settlement.implied_by
            if relation is None or bringing is None or self.view.end_lines(relation)[1] != line:
                continue
            said = Said(outcome=Outcome(settlement.outcome), dispute=settlement.dispute)
            elsewhere = elsewhere or self._write(uuid7(), repeated, said)
            head = self.view.annotations[relation.head_id]
            self._lead(bringing, said, relation.label, head, elsewhere, repeated, relation.root)

    def _guideline_of(self, said: Said, wanted: Wanted | None) -> int:
        """Return the guideline that a settlement was decided under.

        Passes that agree decided it, each thing when they did; an adjudicator decides by today's.
        """
        decided = wanted.guideline if wanted and said.outcome in BY_PASSES else None
        return self.guideline if decided is None else decided

    def _same(self, wanted: Wanted, *, besides: Annotation) -> Annotation | None:
        """Return what stands in gold for these very words, or is about to, `besides` what leads there."""
        for line, held in self.view.held.items():
            row = self.view.annotations.get(held.result_id) if held.result_id else None
            if row is None or row.root != line or line == besides.root:
                continue
            if self._says(row, wanted):
                return row
        return None

    def _says(self, row: Annotation, wanted: Wanted) -> bool:
        return row.label == wanted.label and self.view.segments_of(row) == wanted.segments

    def _settlement(
        self,
        line: UUID,
        said: Said,
        wanted: Wanted | None,
        *,
        result: Annotation | None = None,
        result_relation: Relation | None = None,
        implied_by: Settlement | None = None,
    ) -> Settlement:
        version = self.view.versions.get(line, 0) + 1
        settlement = Settlement(
            layer=self.view.layer,
            line=line,
            version=version,
            outcome=said.outcome.value,
            dispute=said.dispute,
            result_id=result.pk if result else None,
            result_relation_id=result_relation.pk if result_relation else None,
            implied_by=implied_by,
            reason="" if implied_by else said.reason,
            note="" if implied_by else said.note,
            rule="" if implied_by else said.rule,
            guideline=self._guideline_of(said, wanted),
            settled_by=self.actor.user,
            at=self.now,
        )
        self.view.versions[line] = version
        self.view.settlements.append(settlement)
        self.view.held[line] = settlement
        self._settlements.append(settlement)
        return settlement
