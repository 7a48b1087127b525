from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError, CommandParser

from annotations.agreement.lapses import Lapses
from annotations.services.vigilance import (
    BASES,
    PersonFigures,
    PipelineFigures,
    Vigilance,
    verdict_on,
    vigilance_of,
)
from annotations.services.vigilance_report import vigilance_body
from corpus.management.base import AttestCommand
from corpus.models import Role
from corpus.services.actors import COMMAND


class Command(AttestCommand):
    help = (
        "Say who accepts what is wrong more often than the others, and which pipelines' scores do not mean "
        "what they say, each with how sure that is. docs/vigilance.md has more."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--corpus", required=True, metavar="NAME")
        parser.add_argument("--most", type=int, metavar="N", help="only the newest N passes; all by default")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["most"] is not None and options["most"] < 1:
            raise CommandError("--most takes a number from 1 on.")
        corpus = self.corpus(options["corpus"])
        found = vigilance_of(COMMAND, corpus, Role.OWNER, most=options["most"])
        self.report(vigilance_body(corpus, found), "\n".join(_lines(found)), as_json=options["json"])


def _lines(found: Vigilance) -> Iterator[str]:
    yield f"{found.passes} submitted passes."
    for person in found.people:
        yield from _person_lines(person)
    for one in found.pipelines:
        yield from _pipeline_lines(one)
    yield "In brackets: 95 % intervals. Whoever stands out differs from the others by 5 points or more, and"
    yield "by more than chance brings about in 95 of 100 corpora, however many people are compared."


def _person_lines(person: PersonFigures) -> Iterator[str]:
    yield f"{person.user} (passes: {person.passes}){': stands out' if person.named_for else ''}"
    for measure, lapses in person.lapses.items():
        if lapses.cases:
            yield f"  {measure.heading:28} {_said(lapses)}"
    if person.pace.seconds is not None:
        remark = f", {person.pace.remark} (which alone says nothing)" if person.pace.remark else ""
        yield f"  {'Seconds an act':28} {person.pace.seconds:.1f}{remark}"


def _said(lapses: Lapses) -> str:
    said = f"{lapses.lapses} of {lapses.cases}"
    if lapses.low is not None and lapses.high is not None:
        said += f" [{100 * lapses.low:.1f} %, {100 * lapses.high:.1f} %]"
    if lapses.others is not None:
        said += f", the others {100 * lapses.others:.1f} %"
    return f"{said}, p {lapses.chance:.3g}" if lapses.chance is not None else said


def _pipeline_lines(found: PipelineFigures) -> Iterator[str]:
    figures = found.reliability
    yield f"{found.pipeline.identity}: {verdict_on(found)}"
    yield f"  suggestions: {figures.suggestions}, articles: {figures.articles}; {BASES[found.basis]}"
    for part in figures.bins:
        interval = f"[{100 * part.low:.0f} %, {100 * part.high:.0f} %]"
        said = f"{100 * part.right:.0f} % of {part.suggestions} right {interval}"
        yield f"  scored {part.start:.1f} to {part.end:.1f}: {said}, {100 * part.score:.0f} % promised"
