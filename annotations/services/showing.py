"""What one person is shown of a text: the machines' layers as the terms of the pass have them.

The one place where what is withheld is left out and what is planted is put in. A planted suggestion is put
into the layer of the pipeline whose name it bears, and the decisions on it among the person's own, both in
memory only: in the tables they stay apart.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast
from uuid import UUID

from annotations.models import Annotation, Layer, LayerKind, Relation
from annotations.models.reviews import KEEPING
from annotations.services.reading import LayerView, is_shown, layers_and_terms, own_of, read_layers
from annotations.services.terms import Terms
from annotations.services.withholding import Withheld, withheld_from
from corpus.models import Corpus, Revision, Role
from corpus.prepared import Prepared
from corpus.services.actors import Actor
from corpus.services.corpora import guideline_text
from corpus.services.disclosure import disclosing_rule
from corpus.text.spans import Span

Part = TypeVar("Part", Annotation, Relation)
_PLANTED = Prepared(
    lambda revision, reviewer: Layer.planted.filter(revision=revision, reviewer=reviewer).order_by("pk")[:1]
)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """The views are of this person; `planted` and `withheld` say what was done to the machines'."""

    terms: Terms
    own: LayerView
    machines: list[LayerView]
    withheld: tuple[Withheld, ...] = ()
    #: The lines of planted suggestions, the layer that holds them, and the rule that discloses them.
    planted: frozenset[UUID] = frozenset()
    planted_layer: Layer | None = None
    rule: str = ""

    def find(self, found: Part) -> Part | None:
        """Return a stored row as it shows here; None where it is withheld, or planted and taken back."""
        for view in self.machines:
            held = view.annotations.get(found.pk) or view.relations.get(found.pk)
            if held is not None:
                return cast("Part", held) if found.pk in self.planted else found
        return None if found.layer.pipeline_id else found

    def before(self, place: int) -> list[tuple[Annotation, tuple[Span, ...]]]:
        """Return the suggestions that begin before a place, with all of their segments."""
        rows = [(row, view.segments_of(row)) for view in self.machines for row in view.annotations.values()]
        return sorted(
            (row for row in rows if row[0].start < place), key=lambda row: (row[0].start, row[0].pk)
        )

    def view_of(self, layer: Layer) -> LayerView | None:
        return next((view for view in (self.own, *self.machines) if view.layer.pk == layer.pk), None)


def read_shown(terms: Terms, revision: Revision, own: Layer, machines: Sequence[Layer]) -> Shown:
    """Read the person's own layer and the machines' that are shown, as the terms of the pass have them."""
    planted, rule = _planted_layer(terms, revision) if terms.planted else (None, "")
    layers = [own, *machines, *([planted] if planted else [])]
    views = read_layers(layers)
    mine, shown = views[0], views[1 : 1 + len(machines)]
    withheld = withheld_from(terms, shown, mine.versions)
    if withheld:
        for view in shown:
            _leave_out(view, {row.line for row in withheld})
    lines = _put_in(views[-1], shown, mine) if planted else frozenset()
    return Shown(
        terms=terms,
        own=mine,
        machines=shown,
        withheld=tuple(withheld),
        planted=lines,
        planted_layer=planted,
        rule=rule,
    )


def shown_to(actor: Actor, terms: Terms, revision: Revision, layers: Sequence[Layer]) -> Shown | None:
    """Return what the actor is shown of the layers they may see, where the terms alter any; else None."""
    if not terms.altered:
        return None
    own = own_of(actor, layers) or Layer(revision=revision, kind=LayerKind.REVIEWER, reviewer=actor.user)
    return read_shown(terms, revision, own, [layer for layer in layers if is_shown(layer)])


def rows_seen_by(
    actor: Actor, corpus: Corpus, role: Role, revision: Revision, rows: Iterable[Part]
) -> list[Part]:
    """Return those of some stored rows of a text that the actor may see, as they show to them.

    The rows need their layers read. One that is withheld from the actor's pass is not there; one that is
    planted in it is in the layer of the pipeline whose name it bears.
    """
    visible, terms = layers_and_terms(actor, corpus, role, revision)
    shown = shown_to(actor, terms, revision, visible)
    ids = {layer.pk for layer in visible}
    found = [shown.find(row) if shown else row for row in rows]
    return [row for row in found if row is not None and row.layer_id in ids]


def _planted_layer(terms: Terms, revision: Revision) -> tuple[Layer | None, str]:
    """Return the planted layer of a pass and the rule that discloses it; none once no rule does."""
    rule = disclosing_rule(guideline_text(revision.corpus_id))
    if rule is None:
        return None, ""
    return _PLANTED.first(revision.pk, terms.reviewer_id), rule


def _leave_out(view: LayerView, lines: set[UUID]) -> None:
    view.relations = {
        pk: relation for pk, relation in view.relations.items() if lines.isdisjoint(view.end_lines(relation))
    }
    view.annotations = {pk: row for pk, row in view.annotations.items() if row.root not in lines}
    view.settle()


def _put_in(planted: LayerView, machines: Sequence[LayerView], own: LayerView) -> frozenset[UUID]:
    """Put the planted suggestions that were not taken back into the view of their pipeline."""
    view = next((one for one in machines if one.layer.pipeline_id == planted.layer.pipeline_id), None)
    if view is None:
        return frozenset()
    taken_back = {review.line for review in planted.reviews if review.verdict in KEEPING}
    rows = [row for row in planted.annotations.values() if row.root not in taken_back]
    for row in rows:
        row.layer = view.layer
        view.annotations[row.pk] = row
    view.annotations = dict(sorted(view.annotations.items(), key=lambda item: (item[1].start, item[0])))
    view.settle()
    own.reviews += [review for review in planted.reviews if review.line not in taken_back]
    own.settle()
    return frozenset(row.root for row in rows)
