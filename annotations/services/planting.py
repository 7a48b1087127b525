"""Planting wrong suggestions in a pass that begins, where the guideline tells the reviewers that some are.

They are kept in a layer of their own kind, one a pass, and bear the name of the pipeline that suggests most:
its score, its way to reason, an id among those of its suggestions.
"""

from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from annotations.extraction.planting import Wrong, wrong_suggestions
from annotations.models import Annotation, Layer, LayerKind, Origin
from annotations.services.layers import NewAnnotation, digest_of, write_annotations
from annotations.services.ordering.chance import share
from annotations.services.reading import LayerView, is_shown, read_layers
from annotations.services.terms import Terms
from annotations.services.texts import article_text
from annotations.services.withholding import withheld_from
from corpus.ids import uuid7_between
from corpus.models import Corpus, Membership, Revision, Role, SuggestionsShown, User
from corpus.schemes import SchemeDefinition, SchemeError
from corpus.services.actors import JOB
from corpus.services.corpora import guideline_text, scheme_of
from corpus.services.disclosure import disclosing_rule
from corpus.services.events import Change, record


def plant(corpus: Corpus, revision_id: UUID, user: User, withheld_share: float) -> bool:
    """Plant a share of wrong suggestions in a person's pass; return whether there are any.

    Nothing is planted that a machine, a person or gold says is right, nor where the guideline does not
    disclose it. The same person gets the same in the same text.
    """
    if not corpus.planted_share or corpus.suggestions_shown != SuggestionsShown.AT_ONCE:
        return False
    if disclosing_rule(guideline_text(corpus.pk)) is None or _sees_everything(corpus, user):
        return False
    revision = Revision.objects.select_related("article").get(pk=revision_id)
    views = read_layers(list(Layer.objects.filter(revision=revision).select_related("pipeline")))
    machines = [view for view in views if is_shown(view.layer)]
    if not machines:
        return False
    bearer = max(machines, key=lambda view: len(view.annotations))
    terms = Terms(reviewer_id=user.pk, revision_id=revision_id, withheld_share=withheld_share)
    count = _count(corpus.planted_share, terms, machines)
    fitting = _fitting(wrong_suggestions(article_text(revision)), scheme_of(corpus.pk), bearer, views)
    chosen = sorted(fitting, key=lambda wrong: _drawn(terms, f"place {wrong.segments[0].start}"))[:count]
    if not chosen:
        return False
    _write(revision, user, bearer, terms, chosen)
    return True


def _sees_everything(corpus: Corpus, user: User) -> bool:
    role = Membership.objects.filter(corpus=corpus, user=user).values_list("role", flat=True).first()
    return role is not None and Role(role).reaches(Role.LEAD)


def _count(planted_share: float, terms: Terms, machines: Sequence[LayerView]) -> int:
    """Return how many to plant: the share of the units that the pass is shown, the rest of one by chance."""
    led = {view.end_lines(row)[1] for view in machines for row in view.relations.values()}
    units = sum(row.root not in led for view in machines for row in view.annotations.values())
    withheld = sum(row.leads for row in withheld_from(terms, machines, ()))
    return int(planted_share * (units - withheld) + _drawn(terms, "count"))


def _fitting(
    wrong: Iterable[Wrong], scheme: SchemeDefinition, bearer: LayerView, views: Sequence[LayerView]
) -> Iterator[Wrong]:
    """Yield what the pipeline might have said, and nobody says is right."""
    said = [
        (row.label, span)
        for view in views
        for row in view.standing.values()
        for span in view.segments_of(row)
    ]
    labels = {row.label for row in bearer.annotations.values()}
    for one in wrong:
        try:
            scheme.check_annotation(one.label, one.attributes)
        except SchemeError:
            continue
        apart = not any(
            label == one.label and span.overlaps(own) for label, span in said for own in one.segments
        )
        if one.label in labels and apart:
            yield one


def _write(revision: Revision, user: User, bearer: LayerView, terms: Terms, chosen: Sequence[Wrong]) -> None:
    layer = Layer.planted.create(
        revision=revision, kind=LayerKind.PLANTED, pipeline=bearer.layer.pipeline, reviewer=user
    )
    rows = [_row(revision.text, layer, bearer, terms, wrong) for wrong in chosen]
    write_annotations(rows)
    change = Change(
        action="check.planted",
        object_type="layer",
        object_id=layer.pk,
        corpus_id=revision.corpus_id,
        subject_id=revision.pk,
        after={
            "pass_of": str(user.public_id),
            "pipeline": str(layer.pipeline_id),
            "annotations": len(rows),
            "digest": digest_of((row.label, row.segments, row.score) for row in rows),
        },
    )
    record(JOB, change)


def _row(text: str, layer: Layer, bearer: LayerView, terms: Terms, wrong: Wrong) -> NewAnnotation:
    """Return a planted suggestion with the score, and the way to reason, of its like in the layer."""
    start = wrong.segments[0].start
    like = [row for row in bearer.annotations.values() if row.label == wrong.label]
    model = like[int(_drawn(terms, f"model {start}") * len(like))]
    by_rules = bearer.layer.pipeline is not None and bearer.layer.pipeline.name == "rules"
    identity = _id_among(list(bearer.annotations.values()), start)
    return NewAnnotation(
        id=identity,
        layer=layer.pk,
        label=wrong.label,
        segments=wrong.segments,
        surfaces=tuple(span.of(text) for span in wrong.segments),
        origin=Origin.MACHINE.value,
        attributes=wrong.attributes,
        score=model.score,
        reason=wrong.reason if by_rules else model.reason,
        root=identity,
    )


def _id_among(rows: Sequence[Annotation], start: int) -> UUID:
    """Return an id between those of the suggestions around a place: neither its time nor its order tells."""
    before = [row.pk for row in rows if row.start <= start]
    low = max(before, default=None)
    high = min((row.pk for row in rows if low is None or row.pk > low), default=None)
    return uuid7_between(low, high)


def _drawn(terms: Terms, purpose: str) -> float:
    return share(terms.reviewer_id, f"planted:{purpose}", terms.revision_id)
