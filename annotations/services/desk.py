"""One reviewer's work on one revision, as a unit of work.

The desk reads the shown machine layers and the own layer once, takes any number of decisions in memory, and
writes what they come to in one statement a table. A decision is so one code path, whether it comes alone or
with five hundred others.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from annotations.models import Annotation, Layer, LayerKind, Origin, Relation, Review, Verdict
from annotations.services.due import Due, demands_of, due_lines
from annotations.services.instances import new_row
from annotations.services.layers import NewAnnotation, NewRelation, write_annotations, write_relations
from annotations.services.reading import LayerView, reviews_in_effect
from annotations.services.showing import Shown
from corpus.bulk import insert_columns
from corpus.ids import uuid7
from corpus.models import Revision
from corpus.schemes import SchemeDefinition
from corpus.services.errors import NotFound
from corpus.text.spans import Span


@dataclass(kw_only=True, eq=False)
class Desk:
    revision: Revision
    scheme: SchemeDefinition
    guideline: int
    #: What the decisions record: also a pass that is open again has been shown what shows after a pass.
    suggestions_shown: bool
    sees_suggestions: bool
    shown: Shown
    now: datetime
    new_annotations: list[NewAnnotation] = field(default_factory=list)
    new_relations: list[NewRelation] = field(default_factory=list)
    new_reviews: list[Review] = field(default_factory=list)
    #: The versions that the person has seen: explicit decisions of this batch count, what they bring along
    #: does not. Renewed once a decision can no longer be refused.
    seen: dict[UUID, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.own, self.machines = self.shown.own, self.shown.machines
        self.seen = dict(self.own.versions)
        self._suggestions = {
            pk: (view, row) for view in self.machines for pk, row in view.annotations.items()
        }
        self._suggested_relations = {
            pk: (view, row) for view in self.machines for pk, row in view.relations.items()
        }
        #: The relations that lead from each line, the machines' first, each with the line it leads to.
        self._leading: dict[UUID, dict[UUID, tuple[Relation, UUID]]] = defaultdict(dict)
        for view in (*self.machines, self.own):
            for relation in view.relations.values():
                self._lead(view, relation)
        self._in_effect = reviews_in_effect(self.own.reviews)

    # -- finding ---------------------------------------------------------------------------------------

    def find_annotation(self, pk: UUID) -> Annotation | None:
        """Return a shown suggestion or an own annotation; another's does not exist for this desk."""
        found = self._suggestions.get(pk)
        return found[1] if found else self.own.annotations.get(pk)

    def find_relation(self, pk: UUID) -> Relation | None:
        found = self._suggested_relations.get(pk)
        return found[1] if found else self.own.relations.get(pk)

    def annotation(self, pk: UUID) -> Annotation:
        found = self.find_annotation(pk)
        if found is None:
            raise NotFound("There is no such annotation here.", id=str(pk))
        return found

    def segments_of(self, annotation: Annotation) -> tuple[Span, ...]:
        held = self._suggestions.get(annotation.pk)
        return (held[0] if held else self.own).segments_of(annotation)

    def suggestion_of(self, line: UUID) -> Annotation | None:
        """Return the suggestion that a line began with, or None for a line that the reviewer began."""
        found = self._suggestions.get(line)
        return found[1] if found else None

    def latest(self, annotation: Annotation) -> Annotation:
        """Return what stands on the line of an annotation, or else the annotation."""
        return self.own.standing.get(annotation.root, annotation)

    def relations_from(self, line: UUID) -> list[tuple[Relation, UUID]]:
        """Return the relations, suggested and own, that lead from a line, each with the line it leads to.

        Of an own relation that answers a suggested one only the suggested one is given: they are one line.
        An own one that was let go with what brought it along is none any more.
        """
        found: dict[UUID, tuple[Relation, UUID]] = {}
        for relation, child in self._leading[line].values():
            if relation.layer_id != self.own.layer.pk or relation.root in self.own.counting:
                found.setdefault(relation.root, (relation, child))
        return list(found.values())

    def line_behind(self, review: Review) -> UUID | None:
        """Return the line whose decision brought `review` along, or None where nothing did."""
        return next((other.line for other in self.own.reviews if other.pk == review.implied_by_id), None)

    def explicit(self, line: UUID) -> Verdict | None:
        """Return the verdict that the reviewer gave on this very line, not one that another brought along."""
        review = self.own.counting.get(line)
        return Verdict(review.verdict) if review and review.implied_by_id is None else None

    def layer_for(self, line: UUID) -> Layer:
        """Return the layer that decisions on a line go into: those on what is planted stay with it."""
        planted = self.shown.planted_layer
        return planted if planted and line in self.shown.planted else self.own.layer

    def due(self) -> dict[UUID, Due]:
        """Return the decided lines that a re-review asks for anew, in the order of the text. One query."""
        if not self.own.counting:
            return {}
        shown = {pk: row.label for pk, (_, row) in self._suggestions.items()}
        due = due_lines(self.own, shown, demands_of(self.revision.corpus_id))
        return dict(sorted(due.items(), key=lambda pair: self._place_of(pair[0])))

    def _place_of(self, line: UUID) -> tuple[int, UUID]:
        row = self.own.standing.get(line) or self.find_annotation(line)
        return (row.start if row else 0), line

    # -- writing ---------------------------------------------------------------------------------------

    def write_annotation(
        self,
        *,
        label: str,
        segments: tuple[Span, ...],
        attributes: dict[str, str],
        derived_from: Annotation | None,
    ) -> Annotation:
        identity = uuid7()
        root = derived_from.root if derived_from else identity
        surfaces = tuple(self.revision.text[span.start : span.end] for span in segments)
        self.new_annotations.append(
            NewAnnotation(
                id=identity,
                layer=self.own.layer.pk,
                label=label,
                segments=segments,
                surfaces=surfaces,
                attributes=attributes,
                origin=Origin.REVIEWER.value,
                derived_from=derived_from.pk if derived_from else None,
                root=root,
            )
        )
        annotation = new_row(
            Annotation,
            id=identity,
            layer_id=self.own.layer.pk,
            label=label,
            start=segments[0].start,
            end=segments[0].end,
            surface=surfaces[0],
            attributes=attributes,
            origin=Origin.REVIEWER.value,
            score=None,
            reason="",
            derived_from_id=derived_from.pk if derived_from else None,
            root=root,
        )
        self.own.annotations[identity] = annotation
        if len(segments) > 1:
            self.own.segments[identity] = segments[1:]
        return annotation

    def write_relation(
        self, *, label: str, head: Annotation, child: Annotation, derived_from: Relation | None
    ) -> Relation:
        identity = uuid7()
        root = derived_from.root if derived_from else identity
        self.new_relations.append(
            NewRelation(
                id=identity,
                layer=self.own.layer.pk,
                label=label,
                head=head.pk,
                child=child.pk,
                origin=Origin.REVIEWER.value,
                derived_from=derived_from.pk if derived_from else None,
                root=root,
            )
        )
        relation = new_row(
            Relation,
            id=identity,
            layer_id=self.own.layer.pk,
            label=label,
            head_id=head.pk,
            child_id=child.pk,
            origin=Origin.REVIEWER.value,
            score=None,
            reason="",
            derived_from_id=derived_from.pk if derived_from else None,
            root=root,
        )
        self.own.relations[identity] = relation
        self._lead(self.own, relation)
        return relation

    def write_review(
        self,
        verdict: Verdict,
        *,
        annotation: Annotation | None = None,
        relation: Relation | None = None,
        result: Annotation | None = None,
        result_relation: Relation | None = None,
        reason: str = "",
        note: str = "",
        retracts: Review | None = None,
        implied_by: Review | None = None,
    ) -> Review:
        thing = annotation or relation
        if thing is None:
            raise ValueError("A review is of an annotation or of a relation.")
        line = thing.root
        version = self.own.versions.get(line, 0) + 1
        review = new_row(
            Review,
            id=uuid7(),
            layer_id=self.layer_for(line).pk,
            line=line,
            version=version,
            verdict=verdict.value,
            reason=reason,
            note=note,
            annotation_id=annotation.pk if annotation else None,
            relation_id=relation.pk if relation else None,
            result_id=result.pk if result else None,
            result_relation_id=result_relation.pk if result_relation else None,
            retracts_id=retracts.pk if retracts else None,
            implied_by_id=implied_by.pk if implied_by else None,
            guideline=self.guideline,
            suggestions_shown=self.suggestions_shown,
            at=self.now,
        )
        self.own.versions[line] = version
        self.own.reviews.append(review)
        self.new_reviews.append(review)
        if retracts is not None:
            # Falling back to an older decision, and to what fell with this one, needs the whole view.
            self.settle_so_far()
        else:
            self.own.counting[line] = review
            self._stand(review)
        return review

    def repeat_review(self, review: Review, *, implied_by: Review | None = None) -> Review:
        """Take a decision once more, as it was; what it left standing goes on standing."""
        annotation, relation = review.annotation_id, review.relation_id
        result, result_relation = review.result_id, review.result_relation_id
        return self.write_review(
            Verdict(review.verdict),
            annotation=Annotation(id=annotation, root=review.line) if annotation else None,
            relation=Relation(id=relation, root=review.line) if relation else None,
            result=self.own.annotations[result] if result else None,
            result_relation=self.own.relations[result_relation] if result_relation else None,
            reason=review.reason,
            note=review.note,
            implied_by=implied_by,
        )

    def flush(self) -> bool:
        """Write what was decided: a statement a table. Return whether it begins the pass."""
        begins = self.own.layer._state.adding
        if begins:
            self.own.layer.save(force_insert=True)
        write_annotations(self.new_annotations)
        write_relations(self.new_relations)
        self._write_reviews()
        return begins

    def _write_reviews(self) -> None:
        """Insert the reviews. A version that is taken raises IntegrityError."""
        reviews = self.new_reviews
        insert_columns(
            Review,
            len(reviews),
            {
                "id": [review.id for review in reviews],
                "layer": [review.layer_id for review in reviews],
                "line": [review.line for review in reviews],
                "version": [review.version for review in reviews],
                "verdict": [review.verdict for review in reviews],
                "reason": [review.reason for review in reviews],
                "note": [review.note for review in reviews],
                "annotation": [review.annotation_id for review in reviews],
                "relation": [review.relation_id for review in reviews],
                "result": [review.result_id for review in reviews],
                "result_relation": [review.result_relation_id for review in reviews],
                "retracts": [review.retracts_id for review in reviews],
                "implied_by": [review.implied_by_id for review in reviews],
                "guideline": self.guideline,
                "suggestions_shown": self.suggestions_shown,
                "at": self.now,
            },
        )

    def mark(self) -> tuple[int, int, int]:
        return len(self.new_annotations), len(self.new_relations), len(self.new_reviews)

    def roll_back(self, mark: tuple[int, int, int]) -> None:
        """Forget what was decided after `mark`, when a decision was refused half-way."""
        for relation in self.new_relations[mark[1] :]:
            head, _ = self._end_lines(self.own, self.own.relations[relation.id])
            del self._leading[head][relation.id]
            del self.own.relations[relation.id]
        for annotation in self.new_annotations[mark[0] :]:
            del self.own.annotations[annotation.id]
        dropped = {review.pk for review in self.new_reviews[mark[2] :]}
        self.own.reviews = [review for review in self.own.reviews if review.pk not in dropped]
        del self.new_annotations[mark[0] :], self.new_relations[mark[1] :], self.new_reviews[mark[2] :]
        self.settle_so_far()

    def settle_so_far(self) -> None:
        """Work out what stands while decisions are still being taken.

        What a replaced decision brought along holds until the end: only then is it known what the new one
        takes over.
        """
        self.own.settle(held=self._in_effect | {review.pk for review in self.new_reviews})

    def _stand(self, review: Review) -> None:
        if review.annotation_id:
            if review.result_id:
                self.own.standing[review.line] = self.own.annotations[review.result_id]
            else:
                self.own.standing.pop(review.line, None)

    def _lead(self, view: LayerView, relation: Relation) -> None:
        head, child = self._end_lines(view, relation)
        self._leading[head][relation.pk] = (relation, child)

    def _end_lines(self, view: LayerView, relation: Relation) -> tuple[UUID, UUID]:
        head = view.annotations.get(relation.head_id) or self.annotation(relation.head_id)
        child = view.annotations.get(relation.child_id) or self.annotation(relation.child_id)
        return head.root, child.root


def undecided(desk_own: LayerView, machines: Iterable[LayerView]) -> list[Annotation]:
    """Return the suggestions that no decision counts on, in the order of the text."""
    missing = [
        annotation
        for view in machines
        if view.layer.kind == LayerKind.MACHINE
        for annotation in view.annotations.values()
        if annotation.root not in desk_own.counting
    ]
    return sorted(missing, key=lambda annotation: (annotation.start, annotation.end, annotation.pk))
