"""Whatever people and machines do, in whatever order, and wherever it breaks off: nothing lies.

`--hypothesis-profile=long` tries for an hour what CI tries for a minute.
"""

import io
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from annotations.models import Annotation, Layer, Relation, Review, Verdict
from annotations.models.reviews import RejectReason
from annotations.services.decisions import Decision, Link
from annotations.services.erasing import erase_article
from annotations.services.exporting import export_corpus
from annotations.services.importing import import_records
from annotations.services.jobs import work_jobs
from annotations.services.passes import reopen_pass, submit_pass
from annotations.services.pipelines import activate_pipeline
from annotations.services.reading import LayerView, read_layers, shown_layers
from annotations.services.reviewing import decide_many
from annotations.services.verifying import Lie, verify
from corpus.models import Corpus, Event, Revision, Role, User
from corpus.readers.base import IncomingArticle
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus, scheme_of, set_member
from corpus.services.errors import ServiceError
from corpus.services.events import seal_events
from corpus.services.ingest import ingest_article
from tests.conftest import TEXT, acting, person

settings.register_profile("long", max_examples=2_000, stateful_step_count=60, deadline=None)
#: Without shrinking, which would take CI's patience; the long profile does it.
SHORT = settings(max_examples=20, stateful_step_count=30, phases=[Phase.reuse, Phase.generate])

TEXTS = (
    TEXT,
    TEXT.replace("nine", "ten"),
    "“No,” said Bo.\r\nPrices rose by 4 percent.\n",
    "Nothing. \U0001f467\U0001f3fd e\u0301\n",
)
IDS = ("a", "b")
PLACE = st.integers(min_value=0, max_value=10_000)
NUMBERS = st.tuples(*[PLACE] * 6)
ACTS = ("submit", "erase", "work", "seal", "put in")
LABELS = ("claim", "quote", "attribution", "cue")


class Crash(BaseException):
    """The process ends here; no handler of errors sees it."""


class CrashAfter:
    """Breaks off at the statement after `left` more."""

    def __init__(self, left: int) -> None:
        self.left = left

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if not sql.startswith(("ROLLBACK", "RELEASE")):
            self.left -= 1
            if self.left < 0:
                raise Crash
        return execute(sql, *rest)


def pick(things: list[Any], place: int) -> Any:
    assume(things)
    return things[place % len(things)]


class Newsroom(RuleBasedStateMachine):
    """One blind corpus, two reviewers, the rules, and an operator who erases, copies and pulls the plug."""

    def __init__(self) -> None:
        super().__init__()
        self.world = transaction.atomic()
        self.world.__enter__()
        self.suggested: dict[UUID, tuple[Any, ...]] = {}
        self.layers_seen: dict[UUID, set[UUID]] = {}
        self.copied = False
        self.people: list[User] = []

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.world.__exit__(None, None, None)

    @initialize()
    def open(self) -> None:
        self.corpus = create_corpus(COMMAND, slug="harbour", name="Harbour")
        self.people += [person("ada"), person("ben")]
        for one in self.people:
            set_member(COMMAND, self.corpus, one, Role.REVIEWER)
        activate_pipeline(COMMAND, self.corpus, "rules")
        self.put_in("a", 0)
        self.work()

    # -- what happens ----------------------------------------------------------------------------------

    @rule(external_id=st.sampled_from(IDS), text=st.integers(0, len(TEXTS) - 1))
    def put_in(self, external_id: str, text: int) -> None:
        words = TEXTS[text]
        row = IncomingArticle(place="x", text=words, external_id=external_id, raw=words.encode(), metadata={})
        self.attempt(None, lambda: ingest_article(COMMAND, self.corpus, row, source="x"))

    @rule()
    def work(self) -> None:
        self.attempt(None, lambda: work_jobs("w", limit=3, seconds=30))

    @rule()
    def seal(self) -> None:
        self.attempt(None, seal_events)

    @rule(
        who=st.integers(0, 1),
        place=PLACE,
        decisions=st.lists(NUMBERS, min_size=1, max_size=4),
    )
    def decide(self, who: int, place: int, decisions: list[tuple[int, ...]]) -> None:
        revision = self.revision(place)
        given = [self.decision(self.people[who], revision, *numbers) for numbers in decisions]
        self.attempt(who, lambda: decide_many(acting(self.people[who]), revision, given))

    @rule(who=st.integers(0, 1), place=PLACE)
    def skip_the_rest_and_submit(self, who: int, place: int) -> None:
        revision, user = self.revision(place), self.people[who]
        own, machines = self.views(user, revision)
        rest = [
            Decision(verdict=Verdict.SKIP, on=row.pk, version=own.versions.get(row.root, 0) if own else 0)
            for view in machines
            for row in view.annotations.values()
            if own is None or row.root not in own.counting
        ]
        self.attempt(who, lambda: decide_many(acting(user), revision, rest))
        self.attempt(who, lambda: submit_pass(acting(user), self.revision(place)))

    @rule(who=st.integers(0, 1), place=PLACE)
    def submit(self, who: int, place: int) -> None:
        self.attempt(who, lambda: submit_pass(acting(self.people[who]), self.revision(place)))

    @rule(who=st.integers(0, 1), place=PLACE)
    def reopen(self, who: int, place: int) -> None:
        self.attempt(who, lambda: reopen_pass(acting(self.people[who]), self.revision(place)))

    @rule(place=PLACE, meant=st.integers(0, 3))
    def erase(self, place: int, meant: int) -> None:
        assume(meant == 0)
        self.attempt(None, lambda: erase_article(COMMAND, self.revision(place).article, reason="down"))

    @rule(who=st.integers(0, 1), place=PLACE, numbers=NUMBERS, left=st.integers(0, 25))
    def crash_while_deciding(self, who: int, place: int, numbers: tuple[int, ...], left: int) -> None:
        revision, user = self.revision(place), self.people[who]
        one = self.decision(user, revision, *numbers)
        self.crash(left, lambda: decide_many(acting(user), revision, [one]))

    @rule(
        place=PLACE,
        act=st.sampled_from(ACTS),
        left=st.integers(0, 25),
    )
    def crash_while_working(self, place: int, act: str, left: int) -> None:
        revision = self.revision(place)
        row = IncomingArticle(place="x", text=f"{TEXT}{place}", external_id="a", raw=b"", metadata={})
        acts: dict[str, Callable[[], object]] = {
            "submit": lambda: submit_pass(acting(self.people[0]), revision),
            "erase": lambda: erase_article(COMMAND, revision.article, reason="down"),
            "work": lambda: work_jobs("w", limit=1, seconds=30),
            "seal": seal_events,
            "put in": lambda: ingest_article(COMMAND, self.corpus, row, source="x"),
        }
        # A worker's claim and an ingest's report stand by themselves: these are more than one transaction.
        self.crash(left, acts[act], whole=act in {"submit", "erase", "seal"})

    @precondition(lambda self: not self.copied)
    @rule(meant=st.integers(0, 2))
    def copy(self, meant: int) -> None:
        assume(meant == 0)
        self.copied = True
        target = io.BytesIO()
        export_corpus(COMMAND, self.corpus, layer="all", target=target)
        twin = create_corpus(COMMAND, slug="twin", name="Twin")
        outcomes = list(import_records(COMMAND, twin, target.getvalue().splitlines(), source="x"))
        assert {row.reason for row in outcomes} <= {
            "", "this article was erased where it comes from; erase it here too if it stands."
        }  # fmt: skip
        assert said(twin) == said(self.corpus)
        again = import_records(COMMAND, twin, target.getvalue().splitlines(), source="x")
        assert {row.outcome for row in again} <= {"unchanged", "rejected"}

    # -- what always holds -----------------------------------------------------------------------------

    @invariant()
    def nothing_lies(self) -> None:
        connection.check_constraints()
        assert [found for found in verify() if isinstance(found, Lie)] == []

    @invariant()
    def what_stands_is_whole_and_within_the_scheme(self) -> None:
        scheme = scheme_of(self.corpus.pk)
        for view in self.every_view():
            for relation in view.links.values():
                head, child = (view.standing[line] for line in view.end_lines(relation))
                scheme.check_relation(relation.label, head.label, child.label)
            assert all(view.standing[line].root == line for line in view.standing)
            pairs = [(row.label, *view.end_lines(row)) for row in view.links.values()]
            assert view.layer.kind == "machine" or len(pairs) == len(set(pairs)), "a link stands twice"

    @invariant()
    def nothing_outlives_the_decision_that_brought_it_along(self) -> None:
        for view in self.every_view():
            retracted = {review.retracts_id for review in view.reviews}
            newest: dict[UUID, Review] = {}
            for review in sorted(view.reviews, key=lambda row: row.version):
                own_act = review.implied_by_id is None and review.verdict != Verdict.RETRACT
                if own_act and review.pk not in retracted:
                    newest[review.line] = review
            in_effect = {review.pk for review in newest.values()}
            brought = {review.implied_by_id for review in view.counting.values()} - {None}
            assert brought <= in_effect, "it was replaced, and what it brought along still counts"

    @invariant()
    def suggestions_never_change(self) -> None:
        suggested = Annotation.objects.filter(layer__kind="machine")
        rows = suggested.values_list(
            "pk", "layer_id", "label", "start", "end", "attributes", "score", "root", "derived_from", "reason"
        )
        now = {row[0]: (*row[1:5], repr(row[5]), *row[6:]) for row in rows}
        erased = suggested.filter(layer__revision__article__erased_at__isnull=False)
        for pk in erased.values_list("pk", flat=True):
            # Erasing takes the reason, which quotes the text; all else stays.
            if pk in self.suggested:
                self.suggested[pk] = (*self.suggested[pk][:-1], "")
        layers: dict[UUID, set[UUID]] = {
            pk: set() for pk in Layer.objects.filter(kind="machine").values_list("pk", flat=True)
        }
        for pk, row in now.items():
            layers[row[0]].add(pk)
        assert all(now[pk] == row for pk, row in self.suggested.items())
        assert all(layers[pk] == held for pk, held in self.layers_seen.items())
        self.suggested, self.layers_seen = now, layers

    # -- how -------------------------------------------------------------------------------------------

    def attempt(self, who: int | None, act: Callable[[], object]) -> None:
        """Do it, or be refused; the other reviewers' layers stay as they are."""
        before = self.layers_of_others(who)
        with suppress(ServiceError):
            act()
        assert self.layers_of_others(who) == before

    def crash(self, left: int, act: Callable[[], object], *, whole: bool = True) -> None:
        """Break off an act at some statement; what it had begun is gone."""
        before = fingerprint()
        try:
            with connection.execute_wrapper(CrashAfter(left)):
                act()
        except (Crash, ServiceError):
            assert not whole or fingerprint() == before

    def revision(self, place: int) -> Revision:
        revisions = Revision.objects.select_related("article").filter(corpus=self.corpus).order_by("pk")
        return pick(list(revisions), place)

    def views(self, user: User, revision: Revision) -> tuple[LayerView | None, list[LayerView]]:
        own = Layer.objects.filter(revision=revision, reviewer=user)
        views = read_layers([*own, *shown_layers(revision)])
        return (views[0], views[1:]) if own else (None, views)

    def every_view(self) -> list[LayerView]:
        return read_layers(list(Layer.objects.filter(revision__corpus=self.corpus)))

    def layers_of_others(self, who: int | None) -> list[Any]:
        others = [one for number, one in enumerate(self.people) if number != who]
        layers = Layer.objects.filter(reviewer__in=others).select_related("reviewer").order_by("pk")
        return [
            (
                view.layer.pk,
                view.layer.submitted_at,
                [review.pk for review in view.reviews],
                sorted(row.pk for row in view.standing.values()),
                sorted(row.pk for row in view.links.values()),
            )
            for view in read_layers(list(layers))
        ]

    def decision(self, user: User, revision: Revision, *numbers: int) -> Decision:
        """Return a decision that numbers stand for: mostly one that can be taken."""
        verdict, on, first, second, third, stale = numbers
        own, machines = self.views(user, revision)
        views = [*machines, *([own] if own else [])]
        annotations = [row for view in views for row in view.annotations.values()]
        relations = [row for view in views for row in view.relations.values()]
        said = list(Verdict)[verdict % len(Verdict)]
        reason = RejectReason.OTHER if said == Verdict.REJECT else ""
        words: dict[str, Any] = {"verdict": said, "reason": reason}
        span = span_of(revision.text, first, second)
        things: list[Annotation | Relation] = [*annotations, *annotations, *relations]
        if said == Verdict.ADD:
            if third % 3 == 0 and len(annotations) > 1:
                ends = {"head": pick(annotations, first).pk, "child": pick(annotations, second).pk}
                return Decision(**words, **ends, label=("source", "cue")[third % 2])
            return Decision(**words, label=LABELS[third % 4], segments=span)
        assume(things)
        thing = pick(things, on)
        words["on"] = thing.pk
        words["version"] = (own.versions.get(thing.root, 0) if own else 0) + (stale % 7 == 0)
        if said == Verdict.CORRECT and isinstance(thing, Relation):
            words["child"] = pick(annotations, third).pk
        elif said == Verdict.CORRECT:
            changes: list[dict[str, Any]] = [{"segments": span}, {"label": LABELS[second % 4]}, {}]
            words |= changes[third % 3]
            if first % 2:
                link = [Link(segments=span), Link(annotation=pick(annotations, second).pk)][second % 2]
                words["links"] = {("source", "cue")[third % 2]: [link] * (first % 3)}
        return Decision(**words)


def span_of(text: str, first: int, second: int) -> tuple[tuple[int, int], ...]:
    if not text:
        return ((0, 1),)
    start = first % len(text)
    end = start + 1 + second % 20
    if second % 5 == 0 and end + 3 < len(text):
        return (start, min(end, len(text))), (end + 2, end + 3)
    return ((start, min(end, len(text))),)


def fingerprint() -> tuple[Any, ...]:
    """Return what a crash must leave as it was."""
    revisions = Revision.objects.order_by("pk").values_list("pk", "status", "current", "text")
    layers = Layer.objects.order_by("pk").values_list("pk", "submitted_at")
    counts = [model._default_manager.count() for model in (Annotation, Relation, Review, Event)]
    sealed = Event.objects.filter(position__isnull=False).count()
    return list(revisions), list(layers), counts, sealed


def said(corpus: Corpus) -> list[Any]:
    """Return what a corpus says, without the ids that a copy has of its own."""
    revisions = Revision.objects.filter(corpus=corpus, article__erased_at=None).select_related("article")
    found = []
    for revision in revisions.order_by("article__external_id", "number"):
        layers = Layer.objects.filter(revision=revision).select_related("pipeline", "reviewer")
        views = [
            (
                str(view.layer),
                view.layer.submitted_at,
                sorted(
                    (row.label, view.segments_of(row), repr(row.attributes)) for row in view.standing.values()
                ),
                sorted(
                    (row.label, *(view.segments_of(view.standing[line]) for line in view.end_lines(row)))
                    for row in view.links.values()
                ),
                sorted((review.verdict, review.version, review.note, review.at) for review in view.reviews),
            )
            for view in read_layers(list(layers))
        ]
        key = (revision.article.external_id, revision.number, revision.text, revision.status)
        found.append((key, sorted(repr((*view[1:],)) for view in views)))
    return found


@pytest.mark.django_db
def test_nothing_lies_whatever_is_done_in_whatever_order() -> None:
    profile = settings.get_current_profile_name()
    chosen = settings.get_profile("long") if profile == "long" else SHORT
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_machine(Newsroom, settings=settings(chosen, deadline=None, suppress_health_check=checks))
