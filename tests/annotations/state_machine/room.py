"""The newsroom that the rules act in, as each example finds it, and how an act is tried."""

import contextlib
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from hypothesis.stateful import RuleBasedStateMachine, initialize

from annotations.models import Annotation, Layer, LayerKind
from annotations.services.decisions import Decision
from annotations.services.filling import refill_changed_queues
from annotations.services.jobs import work_jobs
from annotations.services.passes import open_desk
from annotations.services.pipelines import activate_pipeline
from annotations.services.queue import take
from annotations.services.reading import LayerView, read_layers
from corpus.models import Corpus, Revision, Role, User
from corpus.readers.base import IncomingArticle
from corpus.services.actors import COMMAND
from corpus.services.corpora import configure_corpus, create_corpus, set_member
from corpus.services.disclosure import DISCLOSURE
from corpus.services.errors import ServiceError
from corpus.services.ingest import ingest_article
from tests.annotations.catching_up import Reader
from tests.annotations.state_machine.breaking import Crash, CrashAfter
from tests.annotations.state_machine.contents import Gold
from tests.annotations.state_machine.drawing import decision_of, pick
from tests.annotations.state_machine.remembering import Remembered
from tests.annotations.state_machine.states import States, numbered_states
from tests.conftest import TEXT, acting, person

REVIEWERS = ("ada", "ben", "eve")
TEXTS = (
    TEXT,
    TEXT.replace("nine", "ten") + "\nWho in this town would miss the old bridge?\n",
    "“No,” said Bo.\r\nPrices rose by 4 percent.\n",
    "Nothing. \U0001f467\U0001f3fd e\u0301\n",
)
#: Something wrong can be planted in it.
FIRST_TEXT = TEXTS[1]


class Found(NamedTuple):
    """What stands in the tables in one state: the texts of the newsroom, and every layer of any corpus."""

    number: int
    revisions: dict[UUID, Revision]
    views: list[LayerView]

    @property
    def own_views(self) -> list[LayerView]:
        return [view for view in self.views if view.layer.revision_id in self.revisions]

    def submitted(self, revision_id: UUID) -> list[LayerView]:
        passes = (view for view in self.views if view.layer.kind == LayerKind.REVIEWER)
        return [one for one in passes if one.layer.revision_id == revision_id and one.layer.submitted_at]


class Held(NamedTuple):
    """What was found to hold when everything was last looked at, and in which state that was."""

    number: int
    #: What the machines' annotations said, and which each of their layers had.
    suggestions: dict[UUID, tuple[Any, ...]]
    layers: dict[UUID, set[UUID]]
    #: The statuses of the assignments.
    assignments: dict[UUID, str]


class World:
    """What all examples have in common: the numbers of the states, and what held at the beginning."""

    def __init__(self, states: States) -> None:
        self.states = states
        self.beginning = states.number
        self.remembered = Remembered()
        self.found = Found(-1, {}, [])
        self.held = Held(-1, {}, {}, {})


@contextlib.contextmanager
def opened_world() -> Iterator[World]:
    """Open the newsroom once; each example begins there, and takes back what it did.

    One blind corpus, three reviewers, an adjudicator, and the rules. What Ada has taken has a planted error.
    """
    with transaction.atomic(), numbered_states() as states:
        beginning = transaction.savepoint()
        for _ in range(30):
            found_newsroom()
            if Layer.planted.exists():
                break
            # Ids draw how much is planted, and may draw nothing.
            transaction.savepoint_rollback(beginning)
        assert Layer.planted.exists()
        yield World(states)
        transaction.set_rollback(True)


def found_newsroom() -> None:
    corpus = create_corpus(COMMAND, slug="harbour", name="Harbour", guideline=DISCLOSURE)
    people = [person(name) for name in REVIEWERS]
    for one in people:
        set_member(COMMAND, corpus, one, Role.REVIEWER)
    set_member(COMMAND, corpus, person("cy"), Role.ADJUDICATOR)
    settings = {"passes": 2, "agreed_is_gold": True, "single_is_gold": False, "planted_share": 0.2}
    configure_corpus(COMMAND, corpus, version=corpus.version, changes=settings)
    activate_pipeline(COMMAND, corpus, "rules")
    ingest_article(COMMAND, corpus, incoming("a", FIRST_TEXT), source="x")
    work_jobs("w", limit=3, seconds=30)
    refill_changed_queues()
    assert take(acting(people[0]), Corpus.objects.get(pk=corpus.pk))


def incoming(external_id: str, text: str) -> IncomingArticle:
    return IncomingArticle(place="x", text=text, external_id=external_id, raw=text.encode(), metadata={})


class Room(RuleBasedStateMachine):
    """The model knows what is to stand in gold: what the passes agreed on when they were last compared, and
    what the adjudicator chose since."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world, self.states = world, world.states
        self.found, self.held = world.found, world.held
        self.remembered = Remembered(world.remembered)
        self.gold: dict[UUID, Gold] = {}
        self.readers: dict[str, Reader] = {}
        self.shown: dict[Any, tuple[LayerView | None, list[LayerView]]] = {}
        self.copied = False
        self.released = 0
        self.example = transaction.atomic()
        self.example.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    @initialize()
    def open(self) -> None:
        self.corpus = Corpus.objects.get(slug="harbour")
        people = {one.username: one for one in User.objects.all()}
        self.people: list[User] = [people[name] for name in REVIEWERS]
        self.cy = people["cy"]

    def attempt(self, who: int | None, act: Callable[[], object]) -> bool:
        """Do it, or be refused; the other reviewers' layers stay as they are. Return whether it was done."""
        number, before = self.states.number, self.layers_of_others(who)
        try:
            act()
            done = True
        except ServiceError:
            done = False
        assert self.states.number == number or self.layers_of_others(who) == before
        return done

    def crash(self, left: int, act: Callable[[], object], *, whole: bool = True) -> None:
        """Break off an act at some statement; what it had begun is gone."""
        before = self.states.number
        try:
            with connection.execute_wrapper(CrashAfter(left)):
                act()
        except (Crash, ServiceError):
            assert not whole or self.states.number == before

    def find(self) -> Found:
        """Read what stands, unless nothing was written since; nobody may change what is returned."""
        if self.found.number != self.states.number:
            revisions = Revision.objects.select_related("article").filter(corpus=self.corpus).order_by("pk")
            layers = Layer.objects.order_by("pk")
            self.found = Found(
                self.states.number, {row.pk: row for row in revisions}, read_layers(list(layers))
            )
        return self.found

    def revision(self, place: int) -> Revision:
        """Return one of the texts, for an act to change."""
        return deepcopy(pick(list(self.find().revisions.values()), place))

    def layers_of_others(self, who: int | None) -> list[Any]:
        others = {one.pk for number, one in enumerate(self.people) if number != who}
        return [
            (
                view.layer.pk,
                view.layer.submitted_at,
                [review.pk for review in view.reviews],
                sorted(row.pk for row in view.standing.values()),
                sorted(row.pk for row in view.links.values()),
            )
            for view in self.find().views
            if view.layer.reviewer_id in others
        ]

    def views(self, user: User, revision: Revision) -> tuple[LayerView | None, list[LayerView]]:
        """Return what a reviewer has said of a text, if anything, and what they are shown of the machines.

        It is read once in each state, and nobody may change it.
        """
        key = self.states.number, user.pk, revision.pk
        if key not in self.shown:
            desk = open_desk(acting(user), Role.REVIEWER, revision)
            self.shown = {key: (None if desk.own.layer._state.adding else desk.own, desk.machines)}
        return self.shown[key]

    def undecided(self, user: User, revision: Revision) -> list[tuple[Annotation, int]]:
        """Return the shown suggestions that no decision counts on, each with the version of its line."""
        own, machines = self.views(user, revision)
        rows = [row for view in machines for row in view.annotations.values()]
        if own is None:
            return [(row, 0) for row in rows]
        return [(row, own.versions.get(row.root, 0)) for row in rows if row.root not in own.counting]

    def decision(self, user: User, revision: Revision, *numbers: int) -> Decision:
        own, machines = self.views(user, revision)
        return decision_of(revision.text, own, machines, numbers)
