"""What stands in a layer.

A machine's layer is all that it says. Of a person's layer, a line stands when the decision that counts on it
keeps something: the newest one that is not retracted, where a decision brought along by another falls when
that one is retracted or a newer one takes its place. Nothing of this is stored; it is worked out from the
rows, so it cannot drift from them.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q

from annotations.models import Annotation, Layer, LayerKind, Relation, Review, Segment, Settlement, Verdict
from annotations.models.reviews import KEEPING
from annotations.services.in_hand import has_in_hand
from annotations.services.instances import rows_of_layers, segments_of_layers
from annotations.services.terms import Terms, terms_of, when_shown
from corpus.models import Corpus, Event, Revision, RevisionStatus, Role, SuggestionsShown
from corpus.prepared import Prepared
from corpus.services.actors import Actor
from corpus.text.spans import Span

_LAYERS = Prepared(
    lambda revision: (
        Layer.objects.filter(revision=revision).select_related("pipeline").order_by("pipeline__name", "id")
    )
)
_LAYERS_AND_PEOPLE = Prepared(
    lambda revision: (
        Layer.objects.filter(revision=revision).select_related("pipeline", "reviewer").order_by("id")
    )
)


@dataclass(kw_only=True, eq=False)
class LayerView:
    """One layer read whole. Lines are roots; `standing` and `links` are what holds now."""

    layer: Layer
    annotations: dict[UUID, Annotation] = field(default_factory=dict)
    relations: dict[UUID, Relation] = field(default_factory=dict)
    reviews: list[Review] = field(default_factory=list)
    #: The segments after the first, and their surfaces, of the annotations that have any.
    segments: dict[UUID, tuple[Span, ...]] = field(default_factory=dict)
    further_surfaces: dict[UUID, tuple[str, ...]] = field(default_factory=dict)
    #: Of gold: what was settled, and what of that holds on each line.
    settlements: list[Settlement] = field(default_factory=list)
    held: dict[UUID, Settlement] = field(default_factory=dict)
    #: The number of decisions on each line so far: the ETag of the next.
    versions: dict[UUID, int] = field(default_factory=dict)
    #: The decision that counts on each decided line.
    counting: dict[UUID, Review] = field(default_factory=dict)
    #: The annotation that stands on each line of annotations.
    standing: dict[UUID, Annotation] = field(default_factory=dict)
    #: The relation that stands on each line of relations, both of whose ends stand.
    links: dict[UUID, Relation] = field(default_factory=dict)

    def segments_of(self, annotation: Annotation) -> tuple[Span, ...]:
        more = self.segments.get(annotation.pk, ())
        return (Span(annotation.start, annotation.end), *more)

    def end_lines(self, relation: Relation) -> tuple[UUID, UUID]:
        """Return the lines of the head and the child of a relation of this layer."""
        return self.annotations[relation.head_id].root, self.annotations[relation.child_id].root

    def _ends_stand(self, relation: Relation) -> bool:
        ends = (self.annotations.get(relation.head_id), self.annotations.get(relation.child_id))
        return all(end is not None and end.root in self.standing for end in ends)

    def settle(self, held: Collection[UUID] = ()) -> None:
        """Work out what stands from the rows that were read; `held` as `counting_reviews` takes it."""
        if self.layer.kind == LayerKind.REVIEWER:
            self.versions = {}
            for review in self.reviews:
                self.versions[review.line] = max(review.version, self.versions.get(review.line, 0))
            self.counting = counting_reviews(self.reviews, held)
            kept = [review for review in self.counting.values() if review.verdict in KEEPING]
            # A result that is not here is for `verify` to tell of, and no reason to read nothing at all.
            self.standing = {
                review.line: self.annotations[review.result_id]
                for review in kept
                if review.result_id in self.annotations
            }
            links = {
                review.line: self.relations[review.result_relation_id]
                for review in kept
                if review.result_relation_id in self.relations
            }
        else:
            self.standing = {annotation.root: annotation for annotation in self.annotations.values()}
            links = {relation.root: relation for relation in self.relations.values()}
            if self.settlements:
                links = self._settled(links)
        self.links = {line: relation for line, relation in links.items() if self._ends_stand(relation)}

    def _settled(self, links: dict[UUID, Relation]) -> dict[UUID, Relation]:
        """Keep of gold what its settlements let stand; a line without any was imported, and stands."""
        for settlement in self.settlements:
            self.versions[settlement.line] = max(settlement.version, self.versions.get(settlement.line, 0))
        self.held = holding_settlements(self.settlements)
        for line in self.versions:
            held = self.held.get(line)
            annotation = self.annotations.get(held.result_id) if held and held.result_id else None
            relation = (
                self.relations.get(held.result_relation_id) if held and held.result_relation_id else None
            )
            if annotation:
                self.standing[line] = annotation
            else:
                self.standing.pop(line, None)
            if relation:
                links[line] = relation
            else:
                links.pop(line, None)
        return links


def holding_settlements(settlements: Iterable[Settlement]) -> dict[UUID, Settlement]:
    """Return what holds on each line of gold: the newest settlement that has not fallen with another.

    What a settlement brought along falls once a newer one takes the place of that, and until then stands,
    also where a settlement of its own line says that nothing does.
    """
    ordered = sorted(settlements, key=lambda settlement: settlement.version)
    newest = {row.line: row.pk for row in ordered if row.implied_by_id is None}
    in_force = set(newest.values())
    held: dict[UUID, Settlement] = {}
    for row in ordered:
        keeps = row.result_id or row.result_relation_id
        if (row.implied_by_id or row.pk) in in_force and (keeps or row.line not in held):
            held[row.line] = row
    return held


def counting_reviews(reviews: Iterable[Review], held: Collection[UUID] = ()) -> dict[UUID, Review]:
    """Return what counts on each line: the newest decision neither retracted nor fallen with another.

    What a decision brought along holds while that one is in effect, or is among `held` and not retracted.
    """
    valid = _not_retracted(reviews)
    bringing = {*_in_effect(valid), *(review.pk for review in valid if review.pk in held)}
    return {
        review.line: review
        for review in valid
        if review.implied_by_id is None or review.implied_by_id in bringing
    }


def reviews_in_effect(reviews: Iterable[Review]) -> set[UUID]:
    """Return the newest decision on each line that was made on that very line and is not retracted."""
    return _in_effect(_not_retracted(reviews))


def _in_effect(valid: Iterable[Review]) -> set[UUID]:
    return set({review.line: review.pk for review in valid if review.implied_by_id is None}.values())


def _not_retracted(reviews: Iterable[Review]) -> list[Review]:
    """Return the decisions but for retractions and what they took back, oldest first on each line."""
    reviews = sorted(reviews, key=lambda review: review.version)
    retracted = {review.retracts_id for review in reviews if review.retracts_id}
    return [review for review in reviews if review.verdict != Verdict.RETRACT and review.pk not in retracted]


def read_layers(layers: Sequence[Layer], *, using: str = DEFAULT_DB_ALIAS) -> list[LayerView]:
    """Read layers whole, in five statements at most however many they are; in the order given.

    Somebody may decide between two of the statements. Rows are only ever added, so what refers to others is
    read before those: each reference is then found, and what nothing refers to yet does not stand.
    """
    views = {layer.pk: LayerView(layer=layer) for layer in layers}
    if not views:
        return []
    people = [layer.pk for layer in layers if layer.kind in (LayerKind.REVIEWER, LayerKind.PLANTED)]
    if people:
        for review in rows_of_layers(Review, people, ("line", "version"), using):
            views[review.layer_id].reviews.append(review)
    gold = [layer.pk for layer in layers if layer.kind == LayerKind.GOLD]
    if gold:
        for settlement in rows_of_layers(Settlement, gold, ("line", "version"), using):
            views[settlement.layer_id].settlements.append(settlement)
    for relation in rows_of_layers(Relation, views, ("id",), using):
        views[relation.layer_id].relations[relation.pk] = relation
    for annotation in rows_of_layers(Annotation, views, ("start", "id"), using):
        views[annotation.layer_id].annotations[annotation.pk] = annotation
    holders = {pk: view for view in views.values() for pk in view.annotations}
    for segment in segments_of_layers(views, using):
        view, pk = holders.get(segment.annotation_id), segment.annotation_id
        if view is None:
            # Its annotation was written since the others were read.
            continue
        view.segments[pk] = (*view.segments.get(pk, ()), Span(segment.start, segment.end))
        view.further_surfaces[pk] = (*view.further_surfaces.get(pk, ()), segment.surface)
    for view in views.values():
        view.settle()
    return [views[layer.pk] for layer in layers]


def annotations_before(layers: Sequence[Layer], place: int) -> list[tuple[Annotation, tuple[Span, ...]]]:
    """Return the annotations of some layers that begin before a place, with all of their segments.

    Two statements, and of the rows what it takes to draw them. Only those of a machine's layer all stand.
    """
    if not layers:
        return []
    rows = Annotation.objects.filter(layer__in=layers, start__lt=place).order_by("start", "id")
    found = list(rows.only("root", "label", "start", "end"))
    further: dict[UUID, tuple[Span, ...]] = {}
    for segment in Segment.objects.filter(annotation__layer__in=layers, annotation__start__lt=place).order_by(
        "annotation_id", "number"
    ):
        held = further.get(segment.annotation_id, ())
        further[segment.annotation_id] = (*held, Span(segment.start, segment.end))
    return [(row, (Span(row.start, row.end), *further.get(row.pk, ()))) for row in found]


def layers_of(revision: Revision) -> list[Layer]:
    """Return the layers of a revision with their pipelines, by the names of those. One query."""
    return _LAYERS.rows(revision.pk)


def is_shown(layer: Layer) -> bool:
    """Return whether reviewers decide on a layer: it is of an active pipeline. It needs the pipeline read."""
    return layer.pipeline is not None and layer.pipeline.active


def shown_layers(revision: Revision) -> list[Layer]:
    """Return the machine layers that reviewers decide on, those of the active pipelines. One query."""
    return [layer for layer in layers_of(revision) if is_shown(layer)]


def sees_suggestions(corpus: Corpus, role: Role, own: Layer | None, terms: Terms) -> bool:
    """Return whether this member is shown what the machines say of a revision, by settings and terms."""
    when = when_shown(corpus, terms)
    if role.reaches(Role.LEAD) or when == SuggestionsShown.AT_ONCE:
        return True
    return when == SuggestionsShown.AFTER_PASS and own is not None and bool(own.submitted_at)


def visible_layers(actor: Actor, corpus: Corpus, role: Role, revision: Revision) -> list[Layer]:
    return layers_and_terms(actor, corpus, role, revision)[0]


def layers_and_terms(
    actor: Actor, corpus: Corpus, role: Role, revision: Revision
) -> tuple[list[Layer], Terms]:
    """Return the layers of a revision that the actor may see, and the terms under which the machines' show.

    Everybody sees the own layer, and the machines' as the corpus says. Another person's layer shows
    in an open corpus; in a blind one only from adjudicators upward, once it is submitted, and not
    while they have a pass in hand on the same text themselves. So does gold before all of it is settled,
    which would tell what others said; whole, it shows to everybody without a pass in hand. What a pipeline
    that is not active says is no way around the terms of a pass.
    """
    layers = _LAYERS_AND_PEOPLE.rows(revision.pk)
    own = own_of(actor, layers)
    terms = terms_of(actor, corpus, role, revision, own)
    machines = sees_suggestions(corpus, role, own, terms)
    others = _sees_others(actor, corpus, role, revision, own)
    return [
        layer
        for layer in layers
        if layer is own
        or (layer.kind == LayerKind.GOLD and (others or _is_settled(actor, corpus, revision, own)))
        or (layer.kind == LayerKind.MACHINE and machines and (is_shown(layer) or not terms.altered))
        or (
            layer.kind == LayerKind.REVIEWER
            and others
            and (not corpus.blind or layer.submitted_at or actor.user is None)
        )
    ], terms


def _is_settled(actor: Actor, corpus: Corpus, revision: Revision, own: Layer | None) -> bool:
    """Return whether gold may show to a person of this corpus who sees no other's layer."""
    if not corpus.blind:
        return True
    whole = revision.status == RevisionStatus.GOLD or _was_gold(revision)
    return whole and (actor.user is None or not has_in_hand(actor.user.pk, revision.pk, own))


def _was_gold(revision: Revision) -> bool:
    """Return whether a text was gold when another took its place: what agrees before shows what does not."""
    if revision.status != RevisionStatus.SUPERSEDED:
        return False
    moves = Event.objects.filter(subject_id=revision.pk, action="revision.moved")
    return moves.filter(before=RevisionStatus.GOLD.value, after=RevisionStatus.SUPERSEDED.value).exists()


def _sees_others(actor: Actor, corpus: Corpus, role: Role, revision: Revision, own: Layer | None) -> bool:
    if actor.user is None:
        return True
    if not corpus.blind:
        return role.reaches(Role.REVIEWER)
    return role.reaches(Role.ADJUDICATOR) and not has_in_hand(actor.user.pk, revision.pk, own)


def layer_name(layer: Layer) -> str:
    """Return the public name of a layer: machine:rules@1, reviewer:<id> or gold."""
    if layer.kind == LayerKind.MACHINE and layer.pipeline:
        return f"machine:{layer.pipeline.identity}"
    if layer.kind == LayerKind.REVIEWER and layer.reviewer:
        return f"reviewer:{layer.reviewer.public_id}"
    return LayerKind.GOLD.value


def layers_named(layers: Collection[Layer], name: str) -> list[Layer]:
    """Return those that `name` means: all, machine (the active pipelines), or one layer's own name."""
    if name == "all":
        return list(layers)
    if name == "machine":
        return [
            layer
            for layer in layers
            if layer.kind == LayerKind.MACHINE and layer.pipeline and layer.pipeline.active
        ]
    return [layer for layer in layers if layer_name(layer) == name]


def own_of(actor: Actor, layers: Sequence[Layer]) -> Layer | None:
    """Return the actor's own one among the layers of a revision."""
    return next((layer for layer in layers if actor.user and layer.reviewer_id == actor.user.pk), None)


def own_layer(actor: Actor, revision: Revision) -> Layer | None:
    if actor.user is None:
        return None
    return Layer.objects.filter(Q(kind=LayerKind.REVIEWER), revision=revision, reviewer=actor.user).first()
