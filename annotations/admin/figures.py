"""The figures of a corpus, as charts that are drawn here: no script, no style but the sheet's."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from annotations.admin.adjudicating import difference_named
from annotations.models import Verdict
from annotations.services.figures import (
    AGES,
    COUNTED,
    Acceptance,
    acceptance,
    articles_by_status,
    disputes_by_difference,
    passes_by_day,
    queue_age,
)
from corpus.admin.access import corpus_or_404
from corpus.admin.pages import corpus_page
from corpus.models import Role

#: What a suggestion came to, in the order that bars are stacked, with the names of their colours.
VERDICTS = {
    Verdict.ACCEPT: "accepted",
    Verdict.CORRECT: "corrected",
    Verdict.REJECT: "rejected",
    Verdict.SKIP: "skipped",
}
#: The drawing of the days, in units of its view box.
DAY_WIDTH, DAY_HEIGHT = 20, 120


@dataclass(frozen=True, kw_only=True)
class Part:
    """A stretch of a bar, in hundredths of its whole length."""

    name: str
    kind: str
    count: int
    start: float
    length: float

    @property
    def share(self) -> str:
        return f"{self.length:.0f} %"


@dataclass(frozen=True, kw_only=True)
class Bar:
    name: str
    total: int
    parts: Sequence[Part]


@dataclass(frozen=True, kw_only=True)
class Day:
    """A column of the days, placed in its drawing."""

    day: str
    count: int
    x: int
    y: float
    height: float


def figures_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    corpus = corpus_or_404(request, pk, Role.ADJUDICATOR)
    now = timezone.now()
    statuses = articles_by_status(corpus)
    days = passes_by_day(corpus, now)
    age = queue_age(corpus, now)
    disputes = disputes_by_difference(corpus)
    accepted = acceptance(corpus)
    return corpus_page(
        request,
        corpus,
        "attest/corpus_figures.html",
        tab="figures",
        statuses=stacked(
            "articles", [(str(status.label), status.value, n) for status, n in statuses.items()]
        ),
        oldest=age.oldest,
        waited=(now - age.oldest).days if age.oldest else 0,
        ages=_against_most(list(zip(_age_names(), age.waiting, strict=True))),
        waiting=sum(age.waiting),
        disputes=_against_most([(difference_named(name), count) for name, count in disputes.items()]),
        days=_columns({day.isoformat(): count for day, count in days.items()}),
        most_a_day=max(days.values()),
        passes=sum(days.values()),
        drawing=(DAY_WIDTH * len(days), DAY_HEIGHT),
        looked_at=accepted.passes,
        acceptance=_acceptance(accepted),
        verdicts=[(verdict.value, name) for verdict, name in VERDICTS.items()],
        counted=COUNTED,
        now=now,
    )


def stacked(name: str, counts: Iterable[tuple[str, str, int]]) -> Bar:
    """Return counts, each with its name and kind, as the parts of one bar."""
    counts = list(counts)
    total = sum(count for _, _, count in counts)
    parts, start = [], 0.0
    for part_name, kind, count in counts:
        length = 100 * count / total if total else 0.0
        parts.append(Part(name=part_name, kind=kind, count=count, start=start, length=length))
        start += length
    return Bar(name=name, total=total, parts=parts)


def _acceptance(found: Acceptance) -> list[tuple[str, list[Bar]]]:
    groups = (("label", found.by_label), ("pipeline", found.by_pipeline))
    return [(title, [_verdict_bar(name, said) for name, said in bars.items()]) for title, bars in groups]


def _verdict_bar(name: str, said: Counter[str]) -> Bar:
    return stacked(name, [(word, verdict.value, said[verdict.value]) for verdict, word in VERDICTS.items()])


def _against_most(counts: Sequence[tuple[str, int]]) -> list[Part]:
    """Return each count as a bar of its own, the greatest one full."""
    most = max((count for _, count in counts), default=0)
    return [
        Part(name=name, kind="count", count=count, start=0, length=100 * count / most if most else 0)
        for name, count in counts
    ]


def _columns(counts: Mapping[str, int]) -> list[Day]:
    most = max([*counts.values(), 1])
    return [
        Day(
            day=day,
            count=count,
            x=number * DAY_WIDTH,
            y=DAY_HEIGHT - DAY_HEIGHT * count / most,
            height=DAY_HEIGHT * count / most,
        )
        for number, (day, count) in enumerate(counts.items())
    ]


def _age_names() -> list[str]:
    first, *later = AGES
    between = [f"{earlier} to {until} days" for earlier, until in zip(AGES, later, strict=False)]
    return [f"up to {first} day", *between, f"more than {AGES[-1]} days"]
