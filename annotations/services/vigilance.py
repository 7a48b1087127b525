"""Who accepts what is wrong, and whose scores promise too much: the report against automation bias.

Only what was settled without a person tells whether that person was right. A text counts for somebody once it
is gold: where it was agreed, by another's pass that could not see theirs; where it was disputed, by the word
of an adjudicator who is not the same person. Gold that came of one pass says nothing about that pass.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from itertools import chain, groupby, islice, pairwise
from typing import TypeVar
from uuid import UUID

from django.db.models import Q, QuerySet

from annotations.agreement.lapses import Case, Lapses, compare_people
from annotations.agreement.pace import Pace, paces
from annotations.agreement.passes import same_place
from annotations.agreement.reliability import Reliability, compare_pipelines, reliability_of
from annotations.agreement.score_test import Scored
from annotations.agreement.spans import Segments
from annotations.extraction.ranking import calibration_error
from annotations.models import Assignment, Dispute, DisputeStatus, Layer, LayerKind, Pipeline, Review, Verdict
from annotations.services.agreement import Asked, submitted_layers
from annotations.services.checks import Checked, plants_decided, withheld_looked_for
from annotations.services.reading import LayerView, read_layers
from corpus.models import Corpus, Revision, RevisionStatus, Role, SuggestionsShown, User
from corpus.services.actors import Actor
from corpus.services.corpora import every_scheme_of

Held = TypeVar("Held")

#: Texts that are read at a time.
CHUNK = 50
#: Passes that a page or an answer looks at, the newest.
MOST = 1_000
#: What becomes of a suggestion that somebody decided on.
_STANDS = {Verdict.ACCEPT.value: True, Verdict.CORRECT.value: True, Verdict.REJECT.value: False}
#: Passes that nobody has submitted yet.
_IN_HAND = Q(kind=LayerKind.REVIEWER, submitted_at__isnull=True)
NONE = Lapses(cases=0, lapses=0, articles=0)
UNTIMED = Pace(acts=0, seconds=None)


class Measure(StrEnum):
    """What is counted of each person."""

    ACCEPTED_WRONG = "accepted_wrong"
    ACCEPTED_PLANTS = "accepted_plants"
    MISSED_WITHHELD = "missed_withheld"

    @property
    def heading(self) -> str:
        return _HEADINGS[self]

    @property
    def means(self) -> str:
        return _MEANINGS[self]


_HEADINGS = {
    Measure.ACCEPTED_WRONG: "Accepted, and wrong",
    Measure.ACCEPTED_PLANTS: "Accepted plants",
    Measure.MISSED_WITHHELD: "Missed without a suggestion",
}
_MEANINGS = {
    Measure.ACCEPTED_WRONG: "Of the suggestions that somebody accepted unchanged and that others settled: "
    "how many are not in gold.",
    Measure.ACCEPTED_PLANTS: "Of the wrong suggestions planted among somebody's: how many they let stand.",
    Measure.MISSED_WITHHELD: "Of the right suggestions withheld from somebody: how many they did not find.",
}


class Basis(StrEnum):
    """Whose word says which suggestions of a pipeline are right."""

    INDEPENDENT = "independent"  #: gold of several passes, or a pass that no suggestion was shown to
    DECIDED = "decided"  #: the decisions of people to whom the suggestions were shown


#: The same in words, for people.
BASES = {
    Basis.INDEPENDENT: "judged by gold of several passes, or by passes without suggestions",
    Basis.DECIDED: "judged by people who were shown the suggestions, and may have accepted them for that",
}
#: How scores are off, in words.
DIRECTIONS = {
    "high": "they promise too much",
    "low": "they promise too little",
    "extreme": "high ones are too high, low ones too low",
    "timid": "high ones are too low, low ones too high",
}


@dataclass(frozen=True, kw_only=True)
class PersonFigures:
    user: User
    passes: int
    lapses: Mapping[Measure, Lapses]
    pace: Pace

    @property
    def named_for(self) -> list[Measure]:
        return [measure for measure, lapses in self.lapses.items() if lapses.named]


@dataclass(frozen=True, kw_only=True)
class PipelineFigures:
    """How reliable the scores of one version of a pipeline are.

    `error` is the expected calibration error. A verdict is only passed on an independent basis: whoever is
    shown a suggestion accepts it more easily.
    """

    pipeline: Pipeline
    basis: Basis
    reliability: Reliability
    error: float | None


@dataclass(frozen=True, kw_only=True)
class Vigilance:
    """What the newest passes of a corpus come to; `capped` where there are older ones.

    `compared` is whether people are held against each other, which only leads are shown.
    """

    people: Sequence[PersonFigures]
    pipelines: Sequence[PipelineFigures]
    passes: int
    compared: bool
    capped: bool

    @property
    def named(self) -> list[PersonFigures]:
        return [person for person in self.people if person.named_for]

    @property
    def miscalibrated(self) -> list[PipelineFigures]:
        return [found for found in self.pipelines if found.reliability.miscalibrated]


def vigilance_of(actor: Actor, corpus: Corpus, role: Role, *, most: int | None = MOST) -> Vigilance:
    """Return the figures of the newest `most` passes: to leads everybody's, to others of their own alone.

    Nothing in somebody's own figures comes of what others did on other texts. Texts that the actor has in
    hand themselves are left out where the corpus is blind. Cost: some milliseconds a text, in nine
    statements for each 50.
    """
    lead = role.reaches(Role.LEAD)
    asked = Asked() if lead or actor.user is None else Asked(people=frozenset({actor.user.public_id}))
    layers = submitted_layers(actor, corpus, asked)
    passes = layers[:most].values_list("revision_id", "reviewer_id")
    found = _Tally(corpus=corpus)
    for text in _texts(corpus, layers[:most]):
        found.add(text)
    cases: dict[Measure, Mapping[int, Sequence[Case]]] = {
        Measure.ACCEPTED_WRONG: found.accepted,
        Measure.ACCEPTED_PLANTS: _cases(plants_decided(passes.iterator())),
        Measure.MISSED_WITHHELD: _cases(withheld_looked_for(passes.iterator())),
    }
    times: Mapping[int, Sequence[float]] = found.times
    if not lead:
        cases = {measure: _of(actor, by_person) for measure, by_person in cases.items()}
        times = _of(actor, times)
    people = _people(cases, times, found.passes)
    return Vigilance(
        people=people,
        pipelines=_pipelines(corpus, found) if lead else (),
        passes=sum(person.passes for person in people),
        compared=lead,
        capped=most is not None and layers[most : most + 1].exists(),
    )


def _of(actor: Actor, by_person: Mapping[int, Held]) -> dict[int, Held]:
    return {pk: own for pk, own in by_person.items() if actor.user and pk == actor.user.pk}


def verdict_on(found: PipelineFigures) -> str:
    """Say in words whether the scores of a pipeline mean what they say."""
    figures = found.reliability
    if figures.miscalibrated is None or figures.error is None:
        return "too little is settled to tell whether its scores mean what they say"
    if not figures.miscalibrated:
        return "nothing shows that its scores are off"
    said = f"its scores are off by {100 * figures.error:.0f} points: {DIRECTIONS[figures.direction]}"
    if figures.gap is None or figures.low is None or figures.high is None:
        return said
    interval = f"95 % interval {100 * figures.low:+.0f} to {100 * figures.high:+.0f}"
    return f"{said}; mean score less share right {100 * figures.gap:+.0f} points, {interval}"


# -- what is counted in one text -----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Suggestion:
    pipeline: UUID
    label: str
    segments: Segments
    score: float


@dataclass(frozen=True, kw_only=True)
class _Text:
    """A text with what was suggested, the passes over it, and gold where all of it is settled.

    `settlers` is who settled the dispute on an annotation of a pass, `unaided` who had a pass without
    suggestions.
    """

    article_id: UUID
    suggestions: Mapping[UUID, _Suggestion]
    passes: Sequence[LayerView]
    gold: LayerView | None
    settlers: Mapping[str, int | None]
    unaided: Collection[int | None]

    @cached_property
    def informed(self) -> set[int | None]:
        """Whose passes gold came of: those submitted before all was settled."""
        if self.gold is None or not self.gold.settlements:
            return set()
        settled_at = max(settlement.at for settlement in self.gold.settlements)
        return {
            view.layer.reviewer_id
            for view in self.passes
            if view.layer.submitted_at and view.layer.submitted_at <= settled_at
        }


@dataclass(kw_only=True)
class _Tally:
    """What the texts so far come to, by person and by pipeline."""

    corpus: Corpus
    passes: Counter[int] = field(default_factory=Counter)
    accepted: dict[int, list[Case]] = field(default_factory=lambda: defaultdict(list))
    times: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    scored: dict[tuple[UUID, Basis], list[list[Scored]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, text: _Text) -> None:
        for view in text.passes:
            person = view.layer.reviewer_id
            if person is None:
                continue
            self.passes[person] += 1
            self.times[person] += times_between(view.reviews)
            if text.gold is not None and text.informed - {person}:
                self.accepted[person] += self._accepted(text, text.gold, view)
        self._score(text)

    def _accepted(self, text: _Text, gold: LayerView, view: LayerView) -> Iterator[Case]:
        """Yield what a person accepted as it was suggested and others settled, and whether it was wrong.

        What is in no dispute was agreed on, which tells something where nobody could see the other's pass.
        """
        for review in view.counting.values():
            suggestion = text.suggestions.get(review.annotation_id) if review.annotation_id else None
            if suggestion is None or review.verdict != Verdict.ACCEPT or review.implied_by_id:
                continue
            place = str(review.result_id)
            settler = text.settlers.get(place)
            if (settler != view.layer.reviewer_id) if place in text.settlers else self.corpus.blind:
                yield text.article_id, not _says(gold, suggestion)

    def _score(self, text: _Text) -> None:
        """Hold each pipeline's scores against what is right, and against what people decided."""
        unaided = [view for view in text.passes if self._was_unaided(text, view)]
        settled = text.gold if self.corpus.blind and len(text.informed) > 1 else None
        truth = settled or next(iter(unaided), None)
        decided = _verdicts(text.passes)
        right: dict[tuple[UUID, Basis], list[Scored]] = defaultdict(list)
        for pk, suggestion in text.suggestions.items():
            if truth is not None and (unaided or pk in decided):
                judged = (suggestion.score, _says(truth, suggestion))
                right[suggestion.pipeline, Basis.INDEPENDENT].append(judged)
            if pk in decided:
                right[suggestion.pipeline, Basis.DECIDED].append((suggestion.score, decided[pk]))
        for key, scored in right.items():
            self.scored[key].append(scored)

    def _was_unaided(self, text: _Text, view: LayerView) -> bool:
        """Return whether no suggestion was shown to a pass; without reviews it recorded nothing itself."""
        if view.reviews:
            return not any(review.suggestions_shown for review in view.reviews)
        at_once = self.corpus.suggestions_shown == SuggestionsShown.AT_ONCE
        return view.layer.reviewer_id in text.unaided or not at_once


def times_between(reviews: Sequence[Review]) -> list[float]:
    """Return the seconds between the acts of one pass; all decisions of one act have one time."""
    moments = sorted({review.at for review in reviews})
    return [(later - earlier).total_seconds() for earlier, later in pairwise(moments)]


def _verdicts(passes: Sequence[LayerView]) -> dict[UUID, bool]:
    """Return of each suggestion whether whoever decided on it first let it stand; a skip decides nothing."""
    found: dict[UUID, bool] = {}
    for review in chain.from_iterable(view.counting.values() for view in passes):
        if review.verdict in _STANDS and review.annotation_id:
            found.setdefault(review.annotation_id, _STANDS[review.verdict])
    return found


def _says(view: LayerView, suggestion: _Suggestion) -> bool:
    """Return whether a layer has the same thing: of that label, at least half of all characters shared."""
    return any(
        row.label == suggestion.label and same_place(view.segments_of(row), suggestion.segments)
        for row in view.standing.values()
    )


# -- reading -------------------------------------------------------------------------------------------------


def _texts(corpus: Corpus, passes: QuerySet[Layer]) -> Iterator[_Text]:
    """Yield the texts of some passes, with every submitted pass over them, in nine statements a chunk."""
    ends = _mere_ends(corpus)
    ids = (pk for pk, _ in groupby(passes.values_list("revision_id", flat=True).iterator()))
    while chunk := list(islice(ids, CHUNK)):
        revisions = {
            pk: (article_id, status)
            for pk, article_id, status in Revision.objects.filter(pk__in=chunk).values_list(
                "pk", "article_id", "status"
            )
        }
        by_text: dict[UUID, list[LayerView]] = defaultdict(list)
        layers = Layer.objects.filter(~_IN_HAND, revision__in=chunk).order_by("submitted_at", "id")
        for view in read_layers(list(layers)):
            by_text[view.layer.revision_id].append(view)
        settlers = _settlers(chunk, by_text)
        unaided: dict[UUID, set[int | None]] = defaultdict(set)
        given = Assignment.objects.filter(revision__in=chunk, unaided=True)
        for revision_id, reviewer_id in given.values_list("revision_id", "reviewer_id"):
            unaided[revision_id].add(reviewer_id)
        for pk in chunk:
            article_id, status = revisions[pk]
            views = by_text[pk]
            gold = [view for view in views if view.layer.kind == LayerKind.GOLD]
            yield _Text(
                article_id=article_id,
                suggestions=dict(_suggestions(views, ends)),
                passes=[view for view in views if view.layer.kind == LayerKind.REVIEWER],
                gold=gold[0] if gold and status == RevisionStatus.GOLD else None,
                settlers=settlers[pk],
                unaided=unaided[pk],
            )


def _mere_ends(corpus: Corpus) -> set[str]:
    """Return the labels of what only ends relations: it comes along with its quote or claim."""
    relations = every_scheme_of(corpus.pk).relations.values()
    heads = {label for relation in relations for label in relation.heads}
    return {label for relation in relations for label in relation.children} - heads


def _suggestions(views: Sequence[LayerView], ends: set[str]) -> Iterator[tuple[UUID, _Suggestion]]:
    for view in views:
        pipeline = view.layer.pipeline_id
        if pipeline is None:
            continue
        for row in view.annotations.values():
            if row.label not in ends and row.score is not None:
                yield (
                    row.pk,
                    _Suggestion(
                        pipeline=pipeline, label=row.label, segments=view.segments_of(row), score=row.score
                    ),
                )


def _settlers(
    chunk: Sequence[UUID], views: Mapping[UUID, Sequence[LayerView]]
) -> dict[UUID, dict[str, int | None]]:
    """Return for each text who settled what the annotations of passes were in dispute on."""
    found: dict[UUID, dict[str, int | None]] = {pk: {} for pk in chunk}
    disputes = Dispute.objects.filter(revision__in=chunk, status=DisputeStatus.SETTLED)
    by_dispute = {
        settlement.dispute_id: settlement.settled_by_id
        for settlement in chain.from_iterable(view.settlements for own in views.values() for view in own)
        if settlement.dispute_id
    }
    for pk, revision_id, positions in disputes.values_list("pk", "revision_id", "positions"):
        for position in positions:
            if position["annotation"]:
                found[revision_id][position["annotation"]] = by_dispute.get(pk)
    return found


# -- what it comes to ----------------------------------------------------------------------------------------


def _cases(checks: Iterable[Checked]) -> dict[int, list[Case]]:
    found: dict[int, list[Case]] = defaultdict(list)
    for check in checks:
        found[check.reviewer_id].append((check.article_id, not check.passed))
    return found


def _people(
    cases: Mapping[Measure, Mapping[int, Sequence[Case]]],
    times: Mapping[int, Sequence[float]],
    passes: Mapping[int, int],
) -> list[PersonFigures]:
    lapses, pace = compare_people(cases), paces(times)
    people = [
        PersonFigures(
            user=user,
            passes=passes.get(pk, 0),
            lapses={measure: by_person.get(pk, NONE) for measure, by_person in lapses.items()},
            pace=pace.get(pk, UNTIMED),
        )
        for pk, user in User.objects.in_bulk({*times, *chain.from_iterable(cases.values())}).items()
    ]
    return sorted(people, key=lambda person: str(person.user).casefold())


def _pipelines(corpus: Corpus, found: _Tally) -> list[PipelineFigures]:
    """Return a verdict on each pipeline that enough is known of, and of others what people decided."""
    judged = compare_pipelines(
        {pipeline: scored for (pipeline, basis), scored in found.scored.items() if basis == Basis.INDEPENDENT}
    )
    pipelines = []
    for pipeline in Pipeline.objects.filter(corpus=corpus, pk__in={pk for pk, _ in found.scored}):
        basis, reliability = Basis.INDEPENDENT, judged.get(pipeline.pk)
        if reliability is None or reliability.chance is None:
            decided = replace(reliability_of(found.scored[pipeline.pk, Basis.DECIDED]), chance=None)
            if reliability is None or decided.suggestions > reliability.suggestions:
                basis, reliability = Basis.DECIDED, decided
        every = list(chain.from_iterable(found.scored[pipeline.pk, basis]))
        pipelines.append(
            PipelineFigures(
                pipeline=pipeline, basis=basis, reliability=reliability, error=calibration_error(every)
            )
        )
    return sorted(pipelines, key=lambda one: (not one.pipeline.active, one.pipeline.name, one.pipeline.pk))
