"""A newsroom whose errors are known: who accepts what, and which scores keep what they promise."""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import NormalDist
from unittest import mock
from uuid import UUID

from annotations.agreement.lapses import Case
from annotations.agreement.score_test import Scored
from annotations.models import Annotation, Dispute, DisputeStatus, Verdict
from annotations.services.decisions import Decision
from annotations.services.layers import Proposed
from annotations.services.passes import submit_pass
from annotations.services.reviewing import decide_many
from annotations.services.settling import Choice, settle_dispute
from annotations.services.suggesting import take_suggestions
from corpus.models import Corpus, Revision, Role, User
from corpus.readers.base import IncomingArticle
from corpus.services.actors import COMMAND, Actor
from corpus.services.corpora import configure_corpus, create_corpus, set_member
from corpus.services.ingest import ingest_article

#: By how much fewer suggestions are right than the scores of a pipeline say.
PIPELINES = {"sound": 0.0, "boastful": 0.25}
SCORES = (0.55, 0.65, 0.75, 0.85, 0.95)
#: Suggestions of each pipeline in an article, at most.
SUGGESTIONS = 4
#: How far what is right in one article hangs together: the correlation beneath.
TOGETHER = 0.3
#: How often an adjudicator is mistaken.
MISTAKEN = 0.02
#: Acts that a person takes in one pass.
ACTS = 3
BEGINNING = datetime(2026, 1, 5, 9, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Habits:
    """How often somebody accepts what is wrong and rejects what is right, and the usual time of an act."""

    accepts_wrong: float = 0.04
    rejects_right: float = 0.03
    seconds: float = 12.0


CARELESS, FAST, SLOW = "careless", "fast", "slow"
PEOPLE = {
    "ines": Habits(seconds=10),
    "jon": Habits(seconds=11),
    "kim": Habits(seconds=12),
    "lou": Habits(seconds=13),
    "mo": Habits(seconds=15),
    FAST: Habits(seconds=3),
    SLOW: Habits(seconds=70),
    CARELESS: Habits(accepts_wrong=0.95, rejects_right=0.01),
}


@dataclass(frozen=True, kw_only=True)
class Suggested:
    pipeline: str
    score: float
    right: bool
    #: What an adjudicator says of it, where they are asked.
    upheld: bool


@dataclass(kw_only=True)
class World:
    """Articles with what was suggested in each, and by person what they accepted of that, in two passes."""

    articles: list[list[Suggested]] = field(default_factory=list)
    passes: list[dict[str, list[bool]]] = field(default_factory=list)

    def cases(self) -> dict[str, list[Case]]:
        """Return what each person accepted, and whether it is wrong by what both or an adjudicator say."""
        found: dict[str, list[Case]] = defaultdict(list)
        for number, article in enumerate(self.articles):
            for person, accepted in self.passes[number].items():
                for place, suggested in enumerate(article):
                    if accepted[place]:
                        found[person].append((number, not self._stands(number, place, suggested)))
        return found

    def scored(self) -> dict[str, list[list[Scored]]]:
        """Return each pipeline's scores by article, with whether gold has what was scored."""
        found: dict[str, list[list[Scored]]] = defaultdict(list)
        for number, article in enumerate(self.articles):
            by_pipeline: dict[str, list[Scored]] = defaultdict(list)
            for place, suggested in enumerate(article):
                stands = self._stands(number, place, suggested)
                by_pipeline[suggested.pipeline].append((suggested.score, stands))
            for pipeline, scored in by_pipeline.items():
                found[pipeline].append(scored)
        return found

    def _stands(self, number: int, place: int, suggested: Suggested) -> bool:
        said = {accepted[place] for accepted in self.passes[number].values()}
        return said.pop() if len(said) == 1 else suggested.upheld


def imagine(seed: int, articles: int, people: Mapping[str, Habits] = PEOPLE) -> World:
    """Return a world; two of the people, in turn, go through each article."""
    chance = random.Random(seed)
    world = World()
    for _ in range(articles):
        article = _article(chance)
        world.articles.append(article)
        pair = sorted(people, key=lambda name: (_busy(world, name), chance.random()))[:2]
        world.passes.append(
            {name: [_accepts(people[name], each, chance) for each in article] for name in pair}
        )
    return world


def shuffled(world: World, seed: int) -> World:
    """Return the same decisions with the people who made each pass drawn anew: nobody has habits."""
    chance = random.Random(f"{seed}:shuffled")
    names = sorted({name for passes in world.passes for name in passes})
    return World(
        articles=world.articles,
        passes=[
            dict(zip(chance.sample(names, len(passes)), passes.values(), strict=True))
            for passes in world.passes
        ],
    )


def _busy(world: World, name: str) -> int:
    return sum(name in passes for passes in world.passes)


def _article(chance: random.Random) -> list[Suggested]:
    normal, article = NormalDist(), chance.gauss(0, 1)
    found = []
    for pipeline, off in PIPELINES.items():
        for _ in range(chance.randint(1, SUGGESTIONS)):
            score = chance.choice(SCORES)
            drawn = math.sqrt(TOGETHER) * article + math.sqrt(1 - TOGETHER) * chance.gauss(0, 1)
            right = normal.cdf(drawn) < score - off
            upheld = right != (chance.random() < MISTAKEN)
            found.append(Suggested(pipeline=pipeline, score=score, right=right, upheld=upheld))
    return found


def _accepts(habits: Habits, suggested: Suggested, chance: random.Random) -> bool:
    if suggested.right:
        return chance.random() >= habits.rejects_right
    return chance.random() < habits.accepts_wrong


# -- the same in real rows -----------------------------------------------------------------------------------


class Clock:
    """The time that the services are told, which passes only where people take it."""

    def __init__(self) -> None:
        self.now = BEGINNING

    def __call__(self) -> datetime:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def live(world: World, seed: int, people: Mapping[str, Habits] = PEOPLE, *, acts: int = ACTS) -> Corpus:
    """Build a corpus in which everything happened that `world` tells, by the services' own acts.

    A pass is so many acts; the times between them tell its pace.
    """
    chance, clock = random.Random(f"{seed}:times"), Clock()
    corpus = create_corpus(COMMAND, slug=f"vigilance-{seed}", name="Vigilance")
    corpus = configure_corpus(COMMAND, corpus, version=corpus.version, changes={"passes": 2})
    actors = {name: _member(corpus, f"{name}-{seed}", Role.REVIEWER) for name in people}
    judge = _member(corpus, f"judge-{seed}", Role.ADJUDICATOR)
    with mock.patch("django.utils.timezone.now", clock):
        for number, article in enumerate(world.articles):
            revision = _put_in(corpus, number, len(article))
            found = _suggest(revision, article)
            for name, accepted in world.passes[number].items():
                seconds = people[name].seconds
                times = [seconds * math.exp(chance.gauss(0, 0.4)) for _ in range(acts)]
                _go_through(
                    actors[name], revision, list(zip(found, accepted, strict=True)), clock, list(times)
                )
            upheld = {row.pk: each.upheld for row, each in zip(found, article, strict=True)}
            _settle(judge, revision, upheld)
    return corpus


def _member(corpus: Corpus, name: str, role: Role) -> Actor:
    user = User.objects.create(username=name)
    set_member(COMMAND, corpus, user, role)
    return Actor(user=user, via="bench")


def _put_in(corpus: Corpus, number: int, sentences: int) -> Revision:
    text = " ".join(
        f"In the year {2000 + place} the fares rose by {place} percent." for place in range(sentences)
    )
    incoming = IncomingArticle(
        place="bench", text=text, external_id=f"n{number}", raw=text.encode(), metadata={}
    )
    outcome = ingest_article(COMMAND, corpus, incoming, source="bench")
    assert outcome.revision_id, outcome.reason
    return Revision.objects.select_related("article__corpus").get(pk=outcome.revision_id)


def _suggest(revision: Revision, article: Sequence[Suggested]) -> list[Annotation]:
    """Let the pipelines suggest a claim a sentence; return the suggestions in the order of `article`."""
    starts = [place for place in range(len(revision.text)) if revision.text.startswith("In the", place)]
    ends = [start - 1 for start in starts[1:]] + [len(revision.text)]
    for pipeline in PIPELINES:
        proposed = [
            Proposed(key=place, label="claim", segments=((starts[place], ends[place]),), score=each.score)
            for place, each in enumerate(article)
            if each.pipeline == pipeline
        ]
        take_suggestions(
            COMMAND,
            revision,
            name=pipeline,
            version="1",
            configuration={},
            annotations=proposed,
            relations=(),
        )
    return list(Annotation.objects.filter(layer__revision=revision).order_by("start"))


def _go_through(
    actor: Actor,
    revision: Revision,
    decided: Sequence[tuple[Annotation, bool]],
    clock: Clock,
    times: Sequence[float],
) -> None:
    decisions = [
        Decision(verdict=Verdict.ACCEPT, on=row.pk)
        if accepted
        else Decision(verdict=Verdict.REJECT, on=row.pk, reason="not_check_worthy")
        for row, accepted in decided
    ]
    for part, seconds in enumerate(times):
        clock.passes(seconds)
        for receipt in decide_many(actor, revision, decisions[part :: len(times)]):
            assert not receipt.error, receipt.error
    submit_pass(actor, revision)


def _settle(judge: Actor, revision: Revision, upheld: Mapping[UUID, bool]) -> None:
    open_ones = Dispute.objects.filter(revision=revision, status=DisputeStatus.OPEN)
    for dispute in open_ones.select_related("corpus"):
        right = upheld[dispute.line]
        [takes] = [UUID(row["layer"]) for row in dispute.positions if bool(row["annotation"]) == right]
        settle_dispute(judge, dispute, Choice(take=takes, reason="mistake"), version=dispute.version)


def counted(cases: Mapping[str, Sequence[Case]]) -> dict[str, tuple[int, int]]:
    """Return how many cases and lapses each person has."""
    return {name: (len(own), Counter(lapse for _, lapse in own)[True]) for name, own in cases.items()}
