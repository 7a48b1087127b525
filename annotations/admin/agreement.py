"""How far people agree, as pictures that are drawn here, and from a figure to the spans that differ."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Q, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from annotations.agreement.bootstrap import LEAST_ARTICLES, RESAMPLES, Figure
from annotations.agreement.statistic import People, Statistic
from annotations.services.agreement import (
    LISTED,
    MOST,
    Agreement,
    Asked,
    Compared,
    Condition,
    agreement_of,
    differences_of,
    read_asked,
)
from corpus.admin.access import corpus_or_404
from corpus.admin.pages import corpus_page
from corpus.api.authentication import admin_actor
from corpus.models import Corpus, Role, User
from corpus.services.errors import BadInput

#: Rows of a page of articles.
PAGE = 50
#: How many shades tell figures of the matrix apart.
SHADES = 10


@dataclass(frozen=True, kw_only=True)
class Row:
    """A figure as a bar from 0 to 1; its interval is a line across the end of it."""

    statistic: Statistic
    figure: Figure

    @property
    def length(self) -> float:
        return 100 * max(self.figure.value or 0.0, 0.0)

    @property
    def begins(self) -> float:
        return 100 * max(self.figure.low or 0.0, 0.0)

    @property
    def reaches(self) -> float:
        return 100 * max(self.figure.high or 0.0, 0.0) - self.begins


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What two people come to in the matrix; `url` leads to the figures of these two."""

    value: float | None
    articles: int
    shade: int
    url: str


@dataclass(frozen=True, kw_only=True)
class Matrix:
    people: Sequence[User]
    rows: Sequence[tuple[User, Sequence[Cell | None]]]


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """The figures of a label; `url` leads to the articles on which people differ on it."""

    name: str
    rows: Sequence[Row]
    url: str

    @property
    def empty(self) -> bool:
        """Whether nobody annotated anything with it."""
        return all(row.figure.value is None for row in self.rows)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One condition as the page shows it; the matrix is of three people or more."""

    condition: Condition
    labels: Sequence[Labelled]
    matrix: Matrix | None


def agreement_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the figures of all labels, and each two people's of one label by one statistic."""
    corpus = corpus_or_404(request, pk, Role.ADJUDICATOR)
    try:
        asked, refused = _asked(request, corpus), ""
    except BadInput as error:
        asked, refused = Asked(), error.message
    agreement = agreement_of(admin_actor(request), corpus, replace(asked, label=""))
    label, statistic = _compared_by(request, agreement, asked)
    return corpus_page(
        request,
        corpus,
        "attest/corpus_agreement.html",
        tab="agreement",
        status=400 if refused else 200,
        refused=refused,
        asked=asked,
        since=request.GET.get("since", "") if asked.since else "",
        members=_members(corpus, asked),
        agreement=agreement,
        parts=[
            _part(corpus, agreement, condition, asked, label, statistic) for condition in agreement.conditions
        ],
        labels=list(agreement.statistics),
        label=label,
        statistic=statistic,
        comparable=_comparable(agreement.statistics[label]),
        every=list({row.name: row for rows in agreement.statistics.values() for row in rows}.values()),
        most=MOST,
        least=LEAST_ARTICLES,
        resamples=RESAMPLES,
    )


def differences_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """List the articles on which people differ on a label, each with the two passes to look at."""
    corpus = corpus_or_404(request, pk, Role.ADJUDICATOR)
    try:
        asked = _asked(request, corpus)
    except BadInput:
        raise Http404 from None
    if not asked.label:
        raise Http404
    shown = request.GET.get("shown") == "yes"
    found = differences_of(admin_actor(request), corpus, asked, shown=shown)
    rows = Paginator(found[:LISTED], PAGE).get_page(request.GET.get("page"))
    prefetch_related_objects([row.revision for row in rows], "article")
    return corpus_page(
        request,
        corpus,
        "attest/corpus_differences.html",
        tab="agreement",
        asked=asked,
        shown=shown,
        rows=rows,
        compared=[(row, _side_by_side(row)) for row in rows],
        roles=list(found[0].differing.roles) if found else [],
        total=len(found),
        listed=LISTED,
        overview=f"?{_query(asked)}",
        here=_query(asked, shown=shown),
    )


def _asked(request: HttpRequest, corpus: Corpus) -> Asked:
    given = request.GET
    return read_asked(
        corpus, people=given.getlist("people"), since=given.get("since", ""), label=given.get("label", "")
    )


def _query(asked: Asked, *, people: Iterable[User] = (), shown: bool | None = None) -> str:
    """Return what is asked for as an address has it; of `people` where some are given."""
    ids = [user.public_id for user in people] or sorted(asked.people)
    query = QueryDict(mutable=True)
    query.setlist("people", [str(public_id) for public_id in ids])
    if asked.since:
        query["since"] = asked.since.isoformat()
    if asked.label:
        query["label"] = asked.label
    if shown is not None:
        query["shown"] = "yes" if shown else "no"
    return query.urlencode()


def _members(corpus: Corpus, asked: Asked) -> list[tuple[User, bool]]:
    """Return who can be compared, members and those who are asked for, and whether they are."""
    reviewing = [role for role in Role if role.reaches(Role.REVIEWER)]
    member = Q(memberships__corpus=corpus, memberships__role__in=reviewing)
    people = User.objects.filter(member | Q(public_id__in=asked.people)).distinct()
    return [(user, user.public_id in asked.people) for user in sorted(people, key=str)]


def _compared_by(request: HttpRequest, agreement: Agreement, asked: Asked) -> tuple[str, Statistic]:
    """Return the label and the statistic of the matrix: those that the address names, or the first."""
    labels = list(agreement.statistics)
    label = asked.label or ("quote" if "quote" in labels else labels[0])
    statistics = {row.name: row for row in _comparable(agreement.statistics[label])}
    return label, statistics.get(request.GET.get("by", ""), next(iter(statistics.values())))


def _comparable(statistics: Sequence[Statistic]) -> list[Statistic]:
    return [row for row in statistics if row.people is not People.ALL]


def _part(
    corpus: Corpus, agreement: Agreement, condition: Condition, asked: Asked, label: str, statistic: Statistic
) -> Part:
    address = reverse("admin:corpus_corpus_differences", args=[corpus.pk])
    return Part(
        condition=condition,
        labels=[
            Labelled(
                name=name,
                rows=[
                    Row(statistic=row, figure=condition.labels[name][row.name])
                    for row in agreement.statistics[name]
                ],
                url=f"{address}?{_query(replace(asked, label=name), shown=condition.shown)}",
            )
            for name in condition.labels
        ],
        matrix=_matrix(condition, replace(asked, label=label), statistic)
        if len(condition.pairs) > 1
        else None,
    )


def _matrix(condition: Condition, asked: Asked, statistic: Statistic) -> Matrix:
    people = [user for user, _ in condition.people]
    cells: dict[frozenset[int], Cell] = {}
    for pair in condition.pairs:
        figure = pair.labels[asked.label][statistic.name]
        cells[frozenset({pair.first.pk, pair.second.pk})] = Cell(
            value=figure.value,
            articles=pair.articles,
            shade=round(SHADES * max(figure.value or 0.0, 0.0)),
            url=f"?{_query(asked, people=(pair.first, pair.second))}&by={statistic.name}",
        )
    return Matrix(
        people=people,
        rows=[
            (one, [cells.get(frozenset({one.pk, other.pk})) if one != other else None for other in people])
            for one in people
        ],
    )


def _side_by_side(compared: Compared) -> str:
    """Return the address of the page that shows the two passes beside each other."""
    query = urlencode(
        {
            "revision": str(compared.revision.number),
            "layer": str(compared.first.pk),
            "beside": str(compared.second.pk),
        }
    )
    return f"{reverse('admin:corpus_article_change', args=[compared.revision.article_id])}?{query}"
