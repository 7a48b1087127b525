"""How far the people of a corpus agree, from the passes that they submitted.

Passes for which suggestions were shown and passes for which they were not are never compared with each other:
whoever decides on the same suggestions agrees more than whoever reads alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, islice
from operator import itemgetter
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from annotations.agreement import STATISTICS, Unit
from annotations.agreement.comparison import Comparison, Differing, Figures, by_label, differing
from annotations.agreement.roles import attribute_alpha, attribute_role, relation_role
from annotations.agreement.statistic import Statistic
from annotations.models import Layer, LayerKind, Review, Verdict
from annotations.services.comparing import units_of
from annotations.services.in_hand import in_hand
from annotations.services.reading import LayerView
from annotations.services.standing import read_standing
from corpus.models import Corpus, Revision, SuggestionsShown, User
from corpus.schemes import SchemeDefinition
from corpus.services.actors import Actor
from corpus.services.corpora import every_scheme_of
from corpus.services.errors import BadInput

#: Texts that are read at a time.
CHUNK = 50
#: Articles that a page or an answer looks at, the newest, and of them those whose differences it lists.
MOST, LISTED = 500, 100
#: Passes that are looked through for each of those articles: most texts of a corpus may have one alone.
PASSES_AN_ARTICLE = 20


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is to be compared: passes of these people (all, where none are named), since, on which label."""

    people: frozenset[UUID] = frozenset()
    since: datetime | None = None
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two people's figures on the articles that both went through."""

    first: User
    second: User
    articles: int
    labels: Figures


@dataclass(frozen=True, kw_only=True)
class Condition:
    """The figures of the passes for which suggestions were shown, or of those for which they were not."""

    shown: bool
    articles: int
    #: Who went through how many of the articles.
    people: Sequence[tuple[User, int]]
    labels: Figures
    pairs: Sequence[Pair]

    @property
    def passes(self) -> int:
        return sum(count for _, count in self.people)


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """What submitted passes come to.

    Attributes:
        mixed: articles that somebody went through with suggestions and somebody else without.
        capped: there are more articles; these are the newest.
    """

    conditions: Sequence[Condition]
    statistics: Mapping[str, Sequence[Statistic]]
    mixed: int
    capped: bool


@dataclass(frozen=True, kw_only=True)
class Compared:
    """How two people's passes over one text differ on a label."""

    revision: Revision
    first: Layer
    second: Layer
    shown: bool
    differing: Differing


@dataclass(frozen=True, kw_only=True)
class _Text:
    """A text with what each of two or more people says of it, by whether suggestions were shown to them."""

    revision: Revision
    layers: Mapping[str, Layer]
    said: Mapping[bool, Mapping[str, Sequence[Unit]]]


def read_asked(corpus: Corpus, *, people: Sequence[str], since: str, label: str) -> Asked:
    """Return what somebody asks for in words, the label checked by the corpus's schemes.

    Raises:
        BadInput: a person's id, the time or the label is none.
    """
    try:
        ids = frozenset(UUID(person) for person in people)
    except ValueError:
        raise BadInput("A person is named by a public id, a UUID.", field="people") from None
    moment = _moment(since) if since else None
    known = every_scheme_of(corpus.pk).labels
    if label and label not in known:
        raise BadInput(f"The corpus has no label {label!r}; it has {', '.join(known)}.", field="label")
    return Asked(people=ids, since=moment, label=label)


def _moment(said: str) -> datetime:
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        raise BadInput("A time is written as 2026-01-31 or 2026-01-31T12:00:00Z.", field="since") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def agreement_of(actor: Actor, corpus: Corpus, asked: Asked, *, most: int | None = MOST) -> Agreement:
    """Return the figures of the newest `most` articles that two people or more went through.

    Of an article whose text was amended, the newest text that has two passes counts. The caller has checked
    that the actor may see others' work; in a blind corpus, texts that they have in hand themselves are left
    out. Cost: some milliseconds an article of three passes, in five statements for each 50.
    """
    statistics = statistics_of(every_scheme_of(corpus.pk), asked.label)
    comparisons = {shown: Comparison(statistics) for shown in (False, True)}
    texts = _texts(actor, corpus, asked, most)
    mixed = 0
    for text in islice(texts, most):
        mixed += len(text.said) > 1
        for shown, said in text.said.items():
            if len(said) > 1:
                comparisons[shown].add(text.revision.length, said)
    return Agreement(
        conditions=[
            _condition(comparison, shown=shown)
            for shown, comparison in comparisons.items()
            if comparison.articles
        ],
        statistics=statistics,
        mixed=mixed,
        capped=next(texts, None) is not None or _has_older(submitted_layers(actor, corpus, asked), most),
    )


def differences_of(
    actor: Actor, corpus: Corpus, asked: Asked, *, shown: bool, most: int | None = MOST
) -> list[Compared]:
    """Return each two passes over one text that differ on the label asked for, those that differ most first.

    Of the newest `most` articles; the caller has checked what `agreement_of` says.
    """
    roles = roles_of(every_scheme_of(corpus.pk), asked.label)
    found = []
    for text in islice(_texts(actor, corpus, asked, most), most):
        said = text.said.get(shown, {})
        [passes] = by_label(text.revision.length, said, {asked.label: ()}).values()
        for (first, second), pair in passes.pairs.items():
            how = differing(pair, roles)
            if how.differences:
                found.append(
                    Compared(
                        revision=text.revision,
                        first=text.layers[first],
                        second=text.layers[second],
                        shown=shown,
                        differing=how,
                    )
                )
    return sorted(found, key=lambda pair: -pair.differing.differences)


def statistics_of(scheme: SchemeDefinition, label: str = "") -> dict[str, list[Statistic]]:
    """Return what is computed for each label of a scheme, or for the one that is named."""
    return {
        name: [
            *STATISTICS,
            *roles_of(scheme, name),
            *(attribute_alpha(attribute) for attribute in definition.attributes),
        ]
        for name, definition in scheme.labels.items()
        if label in ("", name)
    }


def roles_of(scheme: SchemeDefinition, label: str) -> list[Statistic]:
    """Return the agreement on each relation and attribute that annotations of a label have."""
    return [
        *(relation_role(role.name) for role in scheme.relations.values() if label in role.heads),
        *(attribute_role(attribute) for attribute in scheme.labels[label].attributes),
    ]


def _condition(comparison: Comparison, *, shown: bool) -> Condition:
    people = User.objects.in_bulk([int(key) for key in comparison.passes])
    pairs = [
        Pair(
            first=people[int(first)],
            second=people[int(second)],
            articles=next(figure.articles for figures in labels.values() for figure in figures.values()),
            labels=labels,
        )
        for (first, second), labels in comparison.pairs().items()
    ]
    return Condition(
        shown=shown,
        articles=comparison.articles,
        people=sorted(
            ((people[int(key)], count) for key, count in comparison.passes.items()),
            key=lambda known: str(known[0]).casefold(),
        ),
        labels=comparison.figures(),
        pairs=pairs,
    )


def _texts(actor: Actor, corpus: Corpus, asked: Asked, most: int | None) -> Iterator[_Text]:
    """Yield the newest text of each article that two people went through, the newest text first."""
    several = _with_several(submitted_layers(actor, corpus, asked)[: _looked_through(most)])
    articles = set()
    while chunk := list(islice(several, CHUNK)):
        for passes in _read(chunk):
            revision = passes[0].layer.revision
            if revision.article_id in articles:
                continue
            articles.add(revision.article_id)
            said: dict[bool, dict[str, Sequence[Unit]]] = {}
            for view, shown in zip(passes, _were_shown(corpus, passes), strict=True):
                said.setdefault(shown, {})[str(view.layer.reviewer_id)] = units_of(view, with_ends=True)
            layers = {str(view.layer.reviewer_id): view.layer for view in passes}
            yield _Text(revision=revision, layers=layers, said=said)


def _with_several(passes: QuerySet[Layer]) -> Iterator[list[UUID]]:
    """Yield the passes over each text that has two or more, by their ids."""
    for _, group in groupby(passes.values_list("pk", "revision_id").iterator(), key=itemgetter(1)):
        ids = [pk for pk, _ in group]
        if len(ids) > 1:
            yield ids


def _read(texts: Sequence[Sequence[UUID]]) -> Iterator[list[LayerView]]:
    """Yield the passes over each text, read whole; five statements however many they are."""
    layers = Layer.objects.select_related("revision", "reviewer").only(
        "kind",
        "reviewer__public_id",
        "reviewer__username",
        "reviewer__pseudonym",
        "revision__article_id",
        "revision__number",
        "revision__length",
    )
    found = layers.in_bulk([pk for ids in texts for pk in ids])
    by_layer = {view.layer.pk: view for view in read_standing(list(found.values()))}
    for ids in texts:
        yield [by_layer[pk] for pk in ids]


def _were_shown(corpus: Corpus, passes: Sequence[LayerView]) -> list[bool]:
    """Return for each pass over a text whether suggestions were shown, as its decisions record it.

    A pass without a decision was shown no suggestion that another pass decided on, since each takes a
    decision. Where there was none, it was read as the others were, or as the corpus is read today.
    """
    recorded = [
        any(review.suggestions_shown for review in view.reviews) if view.reviews else None for view in passes
    ]
    known = {shown for shown in recorded if shown is not None}
    if any(_decided_on_a_suggestion(review) for view in passes for review in view.reviews):
        silent = False
    elif len(known) == 1:
        silent = True in known
    else:
        silent = corpus.suggestions_shown == SuggestionsShown.AT_ONCE
    return [silent if shown is None else shown for shown in recorded]


def _decided_on_a_suggestion(review: Review) -> bool:
    """Return whether a decision is the first on a line that a suggestion began."""
    return review.suggestions_shown and review.version == 1 and review.verdict != Verdict.ADD


def submitted_layers(actor: Actor, corpus: Corpus, asked: Asked) -> QuerySet[Layer]:
    """Return the submitted passes over texts that were not erased, those of the newest texts first.

    The corpus is a condition and no join, so that the newest are read from their index alone.
    """
    here = Revision.objects.filter(pk=OuterRef("revision_id"), corpus=corpus, article__erased_at__isnull=True)
    layers = Layer.objects.filter(Exists(here), kind=LayerKind.REVIEWER, submitted_at__isnull=False)
    if corpus.blind and actor.user is not None:
        layers = layers.exclude(in_hand(actor.user.pk, "revision"))
    if asked.people:
        layers = layers.filter(reviewer__in=User.objects.filter(public_id__in=asked.people))
    if asked.since:
        layers = layers.filter(submitted_at__gte=asked.since)
    return layers.order_by("-revision_id", "-reviewer_id")


def _looked_through(most: int | None) -> int | None:
    return None if most is None else most * PASSES_AN_ARTICLE


def _has_older(layers: QuerySet[Layer], most: int | None) -> bool:
    """Return whether there are passes that were not looked through."""
    seen = _looked_through(most)
    return seen is not None and layers[seen : seen + 1].exists()
