from collections.abc import Iterator, Sequence
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import prefetch_related_objects

from annotations.agreement.bootstrap import Figure
from annotations.agreement.comparison import Figures
from annotations.services.agreement import (
    LISTED,
    Agreement,
    Asked,
    Compared,
    Condition,
    agreement_of,
    differences_of,
    read_asked,
)
from annotations.services.agreement_report import agreement_body, compared_body
from corpus.management.base import AttestCommand
from corpus.models import Corpus, User
from corpus.services.actors import COMMAND

SHOWN = {False: "Passes without suggestions", True: "Passes with suggestions shown"}


class Command(AttestCommand):
    help = (
        "Say how far people agree: the published statistics for each label, with intervals by a bootstrap "
        "over articles, of passes with and without shown suggestions apart. docs/agreement.md has more."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--corpus", required=True, metavar="NAME")
        parser.add_argument("--person", action="append", default=[], metavar="NAME", help="only these people")
        parser.add_argument("--label", default="", metavar="LABEL", help="only this label")
        parser.add_argument("--since", default="", metavar="DATE", help="only passes submitted since")
        parser.add_argument(
            "--differences",
            action="store_true",
            help=f"list the {LISTED} pairs of passes that differ most on the label of --label",
        )
        parser.add_argument(
            "--most", type=int, metavar="N", help="only the newest N articles; all by default"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        corpus = self.corpus(options["corpus"])
        asked = read_asked(
            corpus, people=_ids(options["person"]), since=options["since"], label=options["label"]
        )
        if options["differences"]:
            self._list_differences(corpus, asked, options)
            return
        agreement = agreement_of(COMMAND, corpus, asked, most=options["most"])
        body = agreement_body(corpus, asked, agreement)
        self.report(body, "\n".join(_lines(corpus, agreement)), as_json=options["json"])

    def _list_differences(self, corpus: Corpus, asked: Asked, options: dict[str, Any]) -> None:
        if not asked.label:
            raise CommandError("Name a label with --label.")
        found = [
            compared
            for shown in SHOWN
            for compared in differences_of(COMMAND, corpus, asked, shown=shown, most=options["most"])[:LISTED]
        ]
        prefetch_related_objects([compared.revision for compared in found], "article")
        self.report(
            {"results": [compared_body(compared) for compared in found]},
            "\n".join(map(_difference_line, found)) or "Nobody differs.",
            as_json=options["json"],
        )


def _difference_line(compared: Compared) -> str:
    how = compared.differing
    roles = [f"other {name} {count}" for name, count in how.roles.items()]
    said = [
        f"the same {how.same}",
        f"other ends {how.other_ends}",
        f"only {compared.first.reviewer} {how.only_first}",
        f"only {compared.second.reviewer} {how.only_second}",
        *roles,
    ]
    return f"{compared.revision.article.external_id}: {', '.join(said)} ({SHOWN[compared.shown].lower()})"


def _ids(names: Sequence[str]) -> list[str]:
    """Return the public ids of people, whose names are those of accounts."""
    known = dict(User.objects.filter(username__in=names).values_list("username", "public_id"))
    for name in names:
        if name not in known:
            raise CommandError(f"There is no account {name!r}.")
    return [str(public_id) for public_id in known.values()]


def _lines(corpus: Corpus, agreement: Agreement) -> Iterator[str]:
    if not agreement.conditions:
        yield "No article has two passes that can be compared."
    for condition in agreement.conditions:
        yield f"{SHOWN[condition.shown]}: {condition.passes} passes over {condition.articles} articles"
        yield from _figure_lines(agreement, condition.labels)
        yield from _pair_lines(agreement, condition)
    if agreement.mixed:
        yield f"{agreement.mixed} articles have passes of both kinds, which are not compared with each other."
    if not corpus.blind:
        yield "This corpus is not blind: people could see each other's work, so they may agree for that."
    yield "In brackets: 95 % intervals by a bootstrap over articles. A dash: undefined, or too few articles."


def _figure_lines(agreement: Agreement, labels: Figures) -> Iterator[str]:
    for label, figures in labels.items():
        yield f"  {label}"
        for statistic in agreement.statistics[label]:
            yield f"    {statistic.title:36} {_said(figures[statistic.name])}"


def _pair_lines(agreement: Agreement, condition: Condition) -> Iterator[str]:
    """Say what the first statistic of each label is for each two people."""
    for pair in condition.pairs:
        said = []
        for label, figures in pair.labels.items():
            first = agreement.statistics[label][0]
            said.append(f"{label} {_number(figures[first.name].value)}")
        yield f"  {pair.first} and {pair.second}, {pair.articles} articles: {', '.join(said)}"


def _said(figure: Figure) -> str:
    interval = "" if figure.low is None else f" [{_number(figure.low)}, {_number(figure.high)}]"
    return f"{_number(figure.value)}{interval}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
