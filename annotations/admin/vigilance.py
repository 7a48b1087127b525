"""Who accepts what is wrong, and whose scores promise too much, as pictures that are drawn here."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from annotations.agreement.bootstrap import LEVEL
from annotations.agreement.lapses import LEAST_DIFFERENCE, Lapses
from annotations.agreement.pace import LEAST_ACTS
from annotations.agreement.reliability import LEAST_ARTICLES, LEAST_ERROR, LEAST_SUGGESTIONS, Bin
from annotations.services.vigilance import (
    BASES,
    MOST,
    Basis,
    Measure,
    PersonFigures,
    PipelineFigures,
    Vigilance,
    verdict_on,
    vigilance_of,
)
from corpus.admin.access import corpus_or_404, roles_of
from corpus.admin.pages import corpus_page
from corpus.api.authentication import admin_actor
from corpus.models import Role, User

#: What the longest bar can stand for: the first that holds every interval.
SCALES = (0.1, 0.25, 0.5, 1.0)
#: The side of the drawing of a pipeline's scores, and the radius of its largest point.
SIDE, RADIUS = 100, 4.0


@dataclass(frozen=True, kw_only=True)
class Row:
    """A share as a bar; its interval is a line across the end of it, and a mark the share of the others."""

    user: User
    lapses: Lapses
    scale: float

    @property
    def length(self) -> float:
        return self._placed(self.lapses.share)

    @property
    def begins(self) -> float:
        return self._placed(self.lapses.low)

    @property
    def reaches(self) -> float:
        return self._placed(self.lapses.high) - self.begins

    @property
    def others(self) -> float:
        return self._placed(self.lapses.others)

    def _placed(self, share: float | None) -> float:
        return 100 * (share or 0.0) / self.scale


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One measure of everybody; the longest bar stands for `scale`."""

    measure: Measure
    scale: float
    rows: Sequence[Row]


@dataclass(frozen=True, kw_only=True)
class Point:
    """A bin in the drawing of a pipeline's scores: what was promised to the right, what was kept upwards."""

    bin: Bin
    x: float
    y: float
    top: float
    bottom: float
    radius: float


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What a pipeline's scores come to, drawn and in words; `kept` is what a good suggestion was."""

    found: PipelineFigures
    verdict: str
    basis: str
    kept: str
    points: Sequence[Point]


def vigilance_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show leads everybody's figures, and reviewers and adjudicators their own."""
    corpus = corpus_or_404(request, pk, Role.REVIEWER)
    found = vigilance_of(admin_actor(request), corpus, roles_of(request)[corpus.pk])
    return corpus_page(
        request,
        corpus,
        "attest/corpus_vigilance.html",
        tab="vigilance",
        found=found,
        named=[_named(person) for person in found.named],
        measured=[measured for measure in Measure if (measured := _measured(found, measure)).rows],
        paced=[person for person in found.people if person.pace.seconds is not None],
        scores=[_scores(one) for one in found.pipelines],
        side=SIDE,
        level=100 * LEVEL,
        false_alarms=100 * (1 - LEVEL),
        least_difference=100 * LEAST_DIFFERENCE,
        least_error=100 * LEAST_ERROR,
        least_articles=LEAST_ARTICLES,
        least_suggestions=LEAST_SUGGESTIONS,
        least_acts=LEAST_ACTS,
        most=MOST,
    )


def _named(person: PersonFigures) -> tuple[User, list[tuple[Measure, Lapses]]]:
    return person.user, [(measure, person.lapses[measure]) for measure in person.named_for]


def _measured(found: Vigilance, measure: Measure) -> Measured:
    """Return a measure of those of whom it has anything."""
    people = [person for person in found.people if person.lapses[measure].cases]
    most = max((person.lapses[measure].high or 0.0 for person in people), default=0.0)
    scale = next(scale for scale in SCALES if most <= scale)
    return Measured(
        measure=measure,
        scale=100 * scale,
        rows=[Row(user=person.user, lapses=person.lapses[measure], scale=scale) for person in people],
    )


def _scores(found: PipelineFigures) -> Scores:
    bins = found.reliability.bins
    most = max((each.suggestions for each in bins), default=1)
    return Scores(
        found=found,
        verdict=verdict_on(found),
        basis=BASES[found.basis],
        kept="Right" if found.basis == Basis.INDEPENDENT else "Let stand",
        points=[
            Point(
                bin=each,
                x=SIDE * each.score,
                y=SIDE * (1 - each.right),
                top=SIDE * (1 - each.high),
                bottom=SIDE * (1 - each.low),
                # As large as what it stands for.
                radius=max(RADIUS * (each.suggestions / most) ** 0.5, 1.0),
            )
            for each in bins
        ],
    )
