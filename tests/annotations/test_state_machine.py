"""Whatever people and machines do, in whatever order, and wherever it breaks off: nothing lies.

CI takes a thousand steps in a minute; `python -m bench state_machine` takes a million.
"""

import contextlib
import io
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from annotations.agreement import compare
from annotations.models import (
    Annotation,
    Assignment,
    Dispute,
    Export,
    Layer,
    Relation,
    ReReview,
    Review,
    Settlement,
    Verdict,
)
from annotations.models.queue import ASSIGNMENT_MOVES
from annotations.models.reviews import RejectReason
from annotations.services import erasing
from annotations.services.comments import comments_seen_by, post_comment
from annotations.services.comparing import links_of, submitted_passes, units_of
from annotations.services.decisions import CONFIRM, Decision, Link
from annotations.services.erasing import erase_article
from annotations.services.exporting import export_corpus
from annotations.services.exports import ask_export, open_file, sweep_exports, work_export
from annotations.services.importing import import_records
from annotations.services.jobs import work_jobs
from annotations.services.opening import passes_of, refill_changed_queues
from annotations.services.passes import open_desk, reopen_pass, submit_pass
from annotations.services.pipelines import activate_pipeline
from annotations.services.queue import give_back, hand_over, keep, sweep_assignments, take
from annotations.services.reading import LayerView, read_layers
from annotations.services.recalls import others_are_asked, recalled_passes
from annotations.services.releases import Plan, make_release
from annotations.services.replay import differences
from annotations.services.rereviews import close_rereview, open_rereview, sweep_rereviews
from annotations.services.reviewing import decide_many
from annotations.services.settling import (
    Choice,
    WrittenEnd,
    approve_passes,
    reopen_dispute,
    settle_dispute,
)
from annotations.services.verifying import Lie, verify
from annotations.services.wanted import Wanted
from corpus.models import Article, Corpus, Event, Revision, Role, User
from corpus.readers.base import IncomingArticle
from corpus.services.actors import COMMAND
from corpus.services.corpora import (
    configure_corpus,
    create_corpus,
    guideline_number,
    publish_guideline,
    scheme_of,
    set_member,
)
from corpus.services.disclosure import DISCLOSURE
from corpus.services.errors import InvalidTransition, ServiceError
from corpus.services.events import seal_events
from corpus.services.ingest import ingest_article
from corpus.services.stories import group_stories
from corpus.text.spans import Span
from tests.annotations.catching_up import Reader, had
from tests.annotations.replaying import empty, tables, write_back
from tests.conftest import TEXT, acting, person

#: Without shrinking, which would take CI's patience; the long tier does it.
SHORT = settings(max_examples=24, stateful_step_count=50, phases=[Phase.reuse, Phase.generate])

TEXTS = (
    TEXT,
    TEXT.replace("nine", "ten") + "\nWho in this town would miss the old bridge?\n",
    "“No,” said Bo.\r\nPrices rose by 4 percent.\n",
    "Nothing. \U0001f467\U0001f3fd e\u0301\n",
)
IDS = ("a", "b")
PLACE = st.integers(min_value=0, max_value=10_000)
NUMBERS = st.tuples(*[PLACE] * 6)
ACTS = ("submit", "reopen", "take", "sweep", "settle", "approve", "erase", "work", "seal", "put in", "group")
WHOLE = {"submit", "reopen", "take", "settle", "approve", "erase", "seal", "group"}
WAYS = ("take", "merge", "write", "reject")
LABELS = ("claim", "quote", "attribution", "cue")


class Crash(BaseException):
    """The process ends here; no handler of errors sees it."""


class Undone(Exception):
    """Takes back what was tried."""


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


class Content(NamedTuple):
    """What is said of one thing; `ends` has where its relations lead, as (relation, label, segments)."""

    label: str
    segments: tuple[Span, ...]
    attributes: frozenset[tuple[str, str]]
    ends: frozenset[tuple[str, str, tuple[Span, ...]]]


class Touched:
    """Knows whether anything may have been written since it was last asked.

    PostgreSQL's COPY comes by none of the wrappers: there its log tells, which every row written makes
    longer.
    """

    def __init__(self) -> None:
        self.written = True
        self.log_end = ""

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        self.written = self.written or sql.startswith(("INSERT", "UPDATE", "DELETE"))
        return execute(sql, *rest)

    def since(self) -> bool:
        if connection.vendor == "postgresql":
            before, self.log_end = self.log_end, self._log_end()
            return before != self.log_end
        written, self.written = self.written, False
        return written

    def _log_end(self) -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_insert_lsn()")
            return str(cursor.fetchone()[0])


#: What is to stand in the gold of a revision, by line.
Gold = dict[UUID, Content]


def pick(things: Sequence[Any], place: int) -> Any:
    assume(things)
    return things[place % len(things)]


class Newsroom(RuleBasedStateMachine):
    """One blind corpus, two reviewers, an adjudicator, the rules, and an operator who pulls the plug.

    The model knows what is to stand in gold: what the passes agreed on when they were last compared, and
    what the adjudicator chose since.
    """

    def __init__(self) -> None:
        super().__init__()
        self.world = transaction.atomic()
        self.world.__enter__()
        self.touched = Touched()
        connection.execute_wrappers.append(self.touched)
        self.suggested: dict[UUID, tuple[Any, ...]] = {}
        self.layers_seen: dict[UUID, set[UUID]] = {}
        self.copied = False
        self.released = 0
        self.people: list[User] = []
        self.gold: dict[UUID, Gold] = {}
        self.assignments: dict[UUID, str] = {}
        self.readers: dict[str, Reader] = {}

    def teardown(self) -> None:
        connection.execute_wrappers.remove(self.touched)
        transaction.set_rollback(True)
        self.world.__exit__(None, None, None)

    @initialize()
    def open(self) -> None:
        self.corpus = create_corpus(COMMAND, slug="harbour", name="Harbour", guideline=DISCLOSURE)
        self.people += [person("ada"), person("ben")]
        for one in self.people:
            set_member(COMMAND, self.corpus, one, Role.REVIEWER)
        self.cy = person("cy")
        set_member(COMMAND, self.corpus, self.cy, Role.ADJUDICATOR)
        self.configure(passes=2, agreed=True, single=False)
        activate_pipeline(COMMAND, self.corpus, "rules")
        self.check_attention(withheld=0.0, planted=0.2, unaided=0.0)
        self.put_in("a", 1)
        self.work()
        # Passes from the queue alone have something planted.
        self.take(0)

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
    def group(self) -> None:
        """Whoever groups twice finds nothing left, and what was together stays together."""
        together = pairs_of(self.corpus)
        self.attempt(None, lambda: group_stories(self.corpus))
        assert together <= pairs_of(self.corpus)
        assert not group_stories(self.corpus)

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
        self.submit(who=who, place=place)

    @rule(who=st.integers(0, 1), place=PLACE, other=NUMBERS)
    def accept_all_but_one_and_submit(self, who: int, place: int, other: tuple[int, ...]) -> None:
        """Work as people mostly do, so that passes agree on some things and differ on others."""
        revision, user = self.revision(place), self.people[who]
        one = self.decision(user, revision, *other)
        self.attempt(who, lambda: decide_many(acting(user), revision, [one]))
        for head in (True, False):
            own, machines = self.views(user, revision)
            rest = [
                Decision(verdict=Verdict.ACCEPT if head else Verdict.SKIP, on=row.pk, version=version)
                for view in machines
                for row in view.annotations.values()
                if (row.label in ("quote", "claim")) == head and (own is None or row.root not in own.counting)
                for version in [own.versions.get(row.root, 0) if own else 0]
            ]
            self.attempt(who, lambda rest=rest: decide_many(acting(user), revision, rest))  # type: ignore[misc]
        self.submit(who=who, place=place)

    @rule(who=st.integers(0, 1), place=PLACE)
    def submit(self, who: int, place: int) -> None:
        revision, user = self.revision(place), self.people[who]
        again = Layer.objects.filter(revision=revision, reviewer=user, submitted_at__isnull=False).exists()
        before = revision.status
        if self.attempt(who, lambda: submit_pass(acting(user), revision)) and not again:
            assert self.revision(place).status == self.status_after_submitting(revision, before)

    def status_after_submitting(self, revision: Revision, before: str) -> str:
        """Let the model see what the passes agree on; return the status that follows."""
        if before in ("disputed", "gold", "superseded"):
            return before
        views = submitted_passes(revision)
        corpus = Corpus.objects.get(pk=self.corpus.pk)
        if len(views) < passes_of(corpus, revision.pk) or others_are_asked(revision.pk):
            return "submitted"
        if len(views) == 1:
            if corpus.single_is_gold:
                self.settle_agreed(revision)
            return "gold" if corpus.single_is_gold else "submitted"
        if corpus.agreed_is_gold:
            self.settle_agreed(revision)
        if Dispute.objects.filter(revision=revision, status="open").exists():
            return "disputed"
        return "gold" if corpus.agreed_is_gold else "submitted"

    def settle_agreed(self, revision: Revision) -> None:
        views = submitted_passes(revision)
        rows = {str(row.pk): (view, row) for view in views for row in view.standing.values()}
        agreed: Gold = {}
        for case in compare([units_of(view) for view in views]):
            if case.agreed:
                view, row = rows[next(unit.id for unit in case.units if unit)]
                agreed[row.root] = content_of(view, row)
        lines = (
            Dispute.objects.filter(revision=revision).exclude(status="dropped").values_list("line", flat=True)
        )
        settled = {line: held for line, held in self.gold.get(revision.pk, {}).items() if line in set(lines)}
        self.gold[revision.pk] = settled | agreed

    @rule(who=st.integers(0, 1), place=PLACE)
    def reopen(self, who: int, place: int) -> None:
        self.attempt(who, lambda: reopen_pass(acting(self.people[who]), self.revision(place)))

    @rule(passes=st.integers(1, 2), agreed=st.booleans(), single=st.booleans())
    def configure(self, passes: int, agreed: bool, single: bool) -> None:
        self.change(passes=passes, agreed_is_gold=agreed, single_is_gold=single)

    @rule(
        withheld=st.sampled_from((0.0, 0.3, 0.5)),
        planted=st.sampled_from((0.0, 0.2)),
        unaided=st.sampled_from((0.0, 1.0)),
    )
    def check_attention(self, withheld: float, planted: float, unaided: float) -> None:
        self.change(withheld_share=withheld, planted_share=planted, unaided_share=unaided)

    def change(self, **changes: object) -> None:
        version = Corpus.objects.get(pk=self.corpus.pk).version
        configure_corpus(COMMAND, self.corpus, version=version, changes=changes)
        refill_changed_queues()

    @rule(labels=st.sets(st.sampled_from(LABELS), min_size=1), close=st.booleans())
    def ask_for_decisions_anew(self, labels: set[str], close: bool) -> None:
        before = dict(Revision.objects.filter(corpus=self.corpus).values_list("pk", "status"))
        if close:
            for rereview in ReReview.objects.filter(closed_at=None):
                close_rereview(COMMAND, rereview)
        else:
            number = guideline_number(self.corpus.pk)
            publish_guideline(COMMAND, self.corpus, text=f"R1.\n\n{DISCLOSURE}", version=number)
            open_rereview(COMMAND, self.corpus, labels=sorted(labels))
        sweep_rereviews()
        # What waited for somebody's pass is settled once that is asked for no more.
        for revision in Revision.objects.filter(corpus=self.corpus, status__in=("disputed", "gold")):
            if before[revision.pk] != revision.status:
                self.settle_agreed(revision)

    @rule(who=st.integers(0, 1), place=PLACE)
    def confirm_what_is_due_and_submit(self, who: int, place: int) -> None:
        revision, user = self.revision(place), self.people[who]
        desk = open_desk(acting(user), Role.REVIEWER, revision)
        standing = {line: row.pk for line, row in desk.own.standing.items()}
        confirmed = [
            Decision(verdict=CONFIRM, on=standing.get(line, line), version=desk.own.versions[line])
            for line in desk.due()
        ]
        if confirmed and self.attempt(who, lambda: decide_many(acting(user), revision, confirmed)):
            self.submit(who=who, place=place)

    @rule(
        place=PLACE, labels=st.sets(st.sampled_from(LABELS), min_size=1), others=st.tuples(NUMBERS, NUMBERS)
    )
    def go_through_passes_again(
        self, place: int, labels: set[str], others: tuple[tuple[int, ...], tuple[int, ...]]
    ) -> None:
        """Do at once what seldom comes together by chance: two passes, a changed rule, and both once more."""
        for who, other in enumerate(others):
            self.accept_all_but_one_and_submit(who=who, place=place, other=other)
        for _ in range(min(place % 3, Dispute.objects.filter(status="open").count())):
            self.settle(place=0, way="reject", numbers=others[0])
        self.ask_for_decisions_anew(labels=labels, close=False)
        for who in (0, 1):
            self.take(who=who)
            self.confirm_what_is_due_and_submit(who=who, place=place)

    @rule(who=st.integers(0, 1))
    def take(self, who: int) -> None:
        user, corpus = self.people[who], Corpus.objects.get(pk=self.corpus.pk)
        recalled = [layer.revision_id for layer in recalled_passes(corpus, user.pk)]
        if recalled:
            assignment = take(acting(user), corpus)
            assert assignment and assignment.revision_id in recalled, "one's own passes come first"
            return
        had = set(Assignment.objects.filter(reviewer=user).exclude(status="expired").values_list("revision"))
        free = set(Assignment.objects.filter(corpus=corpus, status="open").values_list("revision"))
        assignment = take(acting(user), corpus)
        assert (assignment is None) == (free <= had), "nobody is left without what waits for them"
        assert assignment is None or (assignment.revision_id,) not in had

    @rule(place=PLACE, who=st.integers(0, 1), end=st.sampled_from(("keep", "return", "expire", "hand over")))
    def end_an_assignment(self, place: int, who: int, end: str) -> None:
        held = pick(list(Assignment.objects.filter(status__in=("taken", "open")).order_by("pk")), place)
        actor = acting(held.reviewer or self.people[who])
        if end == "keep":
            self.attempt(None, lambda: keep(actor, held))
        elif end == "return":
            self.attempt(None, lambda: give_back(actor, held))
        elif end == "hand over":
            self.attempt(None, lambda: hand_over(COMMAND, held, self.people[who]))
        else:
            past = timezone.now() - timedelta(seconds=1)
            lost = Assignment.objects.filter(pk=held.pk, status="taken").update(lease_until=past)
            assert sweep_assignments() == lost

    @rule(place=PLACE, way=st.sampled_from(WAYS), numbers=NUMBERS)
    def settle(self, place: int, way: str, numbers: tuple[int, ...]) -> None:
        dispute = pick(list(Dispute.objects.filter(status="open").order_by("pk")), place)
        revision = Revision.objects.select_related("article").get(pk=dispute.revision_id)
        choice, chosen = self.choice(dispute, revision, way, numbers)
        settling = lambda: settle_dispute(acting(self.cy), dispute, choice, version=dispute.version)  # noqa: E731
        if not self.attempt(None, settling):
            return
        held = self.gold.setdefault(revision.pk, {})
        held.pop(dispute.line, None)
        if chosen:
            held[dispute.line] = chosen
        left = Dispute.objects.filter(revision=revision, status="open").exists()
        if not left and not Corpus.objects.get(pk=self.corpus.pk).agreed_is_gold:
            self.settle_agreed(revision)
        assert Revision.objects.get(pk=revision.pk).status == ("disputed" if left else "gold")

    def choice(
        self, dispute: Dispute, revision: Revision, way: str, numbers: tuple[int, ...]
    ) -> tuple[Choice, Content | None]:
        """Return how a dispute is to be settled, and what is to stand then."""
        said: dict[UUID, Content | None] = {}
        views = {str(view.layer.pk): view for view in submitted_passes(revision)}
        for position in dispute.positions:
            view, row = views[position["layer"]], position["annotation"]
            said[view.layer.pk] = content_of(view, view.annotations[UUID(row)]) if row else None
        one = pick(list(said), numbers[0])
        if way == "take":
            return Choice(take=one, reason="boundary"), said[one]
        if way == "merge":
            base = pick([layer for layer, held in said.items() if held], numbers[1])
            content, other = said[base], said[one]
            assert content
            sources = {end for end in other.ends if end[0] == "source"} if other else set()
            ends = {end for end in content.ends if end[0] != "source"} | sources
            choice = Choice(merge={"content": base, "source": one}, reason="source")
            return choice, content._replace(ends=frozenset(ends))
        if way == "write":
            head, end = (span_of(revision.text, *numbers[place : place + 2]) for place in (2, 4))
            written = {"source": [WrittenEnd(label="attribution", segments=end)]}
            choice = Choice(label="claim", segments=head, links=written, reason="other")
            ends = {("source", "attribution", tuple(Span(*part) for part in end))}
            return choice, Content("claim", tuple(Span(*part) for part in head), frozenset(), frozenset(ends))
        return Choice(reject=True, reason="mistake"), None

    @rule(place=PLACE)
    def open_a_dispute_again(self, place: int) -> None:
        dispute = pick(list(Dispute.objects.exclude(status="open").order_by("pk")), place)
        self.attempt(None, lambda: reopen_dispute(acting(self.cy), dispute, version=dispute.version))

    @rule(place=PLACE)
    def approve(self, place: int) -> None:
        revision = self.revision(place)
        if self.attempt(None, lambda: approve_passes(acting(self.cy), revision)):
            self.settle_agreed(revision)

    @rule(who=st.integers(0, 2), called=st.integers(0, 2), place=PLACE)
    def comment(self, who: int, called: int, place: int) -> None:
        people = [*self.people, self.cy]
        revision, words = self.revision(place), f"Why, @{people[called].username}?"
        self.attempt(None, lambda: post_comment(acting(people[who]), revision.article, words))
        for one, other in (self.people, reversed(self.people)):
            seen = comments_seen_by(acting(one), Corpus.objects.get(pk=self.corpus.pk), Role.REVIEWER)
            for row in seen.filter(author=other).select_related("revision"):
                held = Assignment.objects.filter(reviewer=one, revision=row.revision, status="taken")
                begun = Layer.objects.filter(reviewer=one, revision=row.revision, submitted_at=None)
                assert row.revision.status == "gold" and not held and not begun, "another's words show"

    @rule(place=PLACE, meant=st.integers(0, 3))
    def erase(self, place: int, meant: int) -> None:
        assume(meant == 0)
        self.attempt(None, lambda: erase_article(COMMAND, self.revision(place).article, reason="down"))

    @rule(meant=st.integers(0, 3))
    def keep_a_file(self, meant: int) -> None:
        assume(meant == 0)
        self.make_a_file()

    def make_a_file(self) -> None:
        with contextlib.suppress(InvalidTransition):
            ask_export(COMMAND, self.corpus, Wanted(layer="all"))
        work_export("w")
        sweep_exports()

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
        dispute = Dispute.objects.filter(status="open").order_by("pk").first()
        choice = Choice(reject=True, reason="mistake")
        corpus = Corpus.objects.get(pk=self.corpus.pk)
        acts: dict[str, Callable[[], object]] = {
            "submit": lambda: submit_pass(acting(self.people[0]), revision),
            "reopen": lambda: reopen_pass(acting(self.people[1]), revision),
            "take": lambda: take(acting(self.people[0]), corpus),
            "sweep": sweep_assignments,
            "settle": lambda: (
                dispute and settle_dispute(acting(self.cy), dispute, choice, version=dispute.version)
            ),
            "approve": lambda: approve_passes(acting(self.cy), revision),
            "erase": lambda: erase_article(COMMAND, revision.article, reason="down"),
            "work": lambda: work_jobs("w", limit=1, seconds=30),
            "seal": seal_events,
            "group": lambda: group_stories(corpus),
            "put in": lambda: ingest_article(COMMAND, self.corpus, row, source="x"),
        }
        # A worker's claim and an ingest's report stand by themselves: these are more than one transaction.
        self.crash(left, acts[act], whole=act in WHOLE)

    @precondition(lambda self: not self.copied)
    @rule(meant=st.integers(0, 2))
    def copy(self, meant: int) -> None:
        assume(meant == 0)
        # What was settled is not in the export yet.
        assume(not Dispute.objects.exists() and not Settlement.objects.exists())
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

    @precondition(lambda self: self.released < 2)
    @rule(layer=st.sampled_from(("gold", "machine")))
    def release(self, layer: str) -> None:
        """From here on `verify` makes its files again after every step, and they are the same."""
        plan = Plan(name=f"v{self.released}", layer=layer, allow_due=True)
        self.released += self.attempt(None, lambda: make_release(COMMAND, self.corpus, plan))

    @rule(layer=st.sampled_from(("all", "gold", "machine")))
    def catch_up(self, layer: str) -> None:
        """What increments told so far adds up to what a whole export holds."""
        reader = self.readers.setdefault(layer, Reader(self.corpus, layer))
        assert had(reader.catch_up().known) == had(reader.whole())

    @rule(meant=st.integers(0, 7))
    def replay_into_emptied_tables(self, meant: int) -> None:
        """The events alone give every row of what people did; then all is as it was."""
        assume(meant == 0)
        before = tables(self.corpus)
        # PostgreSQL takes no trigger away while constraints wait for their check.
        connection.check_constraints()
        with contextlib.suppress(Undone), transaction.atomic():
            empty(self.corpus)
            write_back(self.corpus)
            assert tables(self.corpus) == before
            raise Undone

    # -- what always holds -----------------------------------------------------------------------------

    @invariant()
    def everything_holds(self) -> None:
        """Look only where something was written: what was refused at once leaves all as it was found."""
        if self.touched.since():
            self.nothing_lies()
            self.what_stands_is_whole_and_within_the_scheme()
            self.nothing_outlives_the_decision_that_brought_it_along()
            self.suggestions_never_change()
            self.gold_is_what_was_agreed_and_settled()
            self.statuses_and_assignments_agree()
            self.statuses_and_disputes_agree()
            self.every_move_follows_from_the_one_before()
            self.what_is_planted_stays_apart()
            self.no_kept_file_holds_what_is_erased()

    def nothing_lies(self) -> None:
        connection.check_constraints()
        assert [found for found in verify() if isinstance(found, Lie)] == []
        for corpus in Corpus.objects.all():
            assert [found for _, found in differences(corpus) if found] == [], "as the events tell it"

    def no_kept_file_holds_what_is_erased(self) -> None:
        erased = {str(pk) for pk in Article.objects.exclude(erased_at=None).values_list("pk", flat=True)}
        for export in Export.objects.filter(file="kept"):
            with open_file(export) as file:
                rows = [orjson.loads(line) for line in file]
            assert not [row for row in rows if row["id"] in erased and row["text"]]

    def what_stands_is_whole_and_within_the_scheme(self) -> None:
        scheme = scheme_of(self.corpus.pk)
        for view in self.every_view():
            for relation in view.links.values():
                head, child = (view.standing[line] for line in view.end_lines(relation))
                scheme.check_relation(relation.label, head.label, child.label)
            assert all(view.standing[line].root == line for line in view.standing)
            pairs = [(row.label, *view.end_lines(row)) for row in view.links.values()]
            assert view.layer.kind == "machine" or len(pairs) == len(set(pairs)), "a link stands twice"

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

    def suggestions_never_change(self) -> None:
        # But for their words and reasons, which erasing empties.
        rows = Annotation.objects.filter(layer__kind="machine").values_list(
            "pk", "layer_id", "label", "start", "end", "attributes", "score", "root", "derived_from"
        )
        now = {row[0]: (*row[1:5], repr(row[5]), *row[6:]) for row in rows}
        layers: dict[UUID, set[UUID]] = {
            pk: set() for pk in Layer.objects.filter(kind="machine").values_list("pk", flat=True)
        }
        for pk, row in now.items():
            layers[row[0]].add(pk)
        assert all(now[pk] == row for pk, row in self.suggested.items())
        assert all(layers[pk] == held for pk, held in self.layers_seen.items())
        self.suggested, self.layers_seen = now, layers

    def gold_is_what_was_agreed_and_settled(self) -> None:
        layers = Layer.objects.filter(revision__corpus=self.corpus, kind="gold")
        for view in read_layers(list(layers)):
            held = self.gold.get(view.layer.revision_id, {}).values()
            heads = {(one.label, one.segments) for one in held}
            ends = {(label, segments) for one in held for _, label, segments in one.ends}
            links = {
                (name, (one.label, one.segments), (label, segments))
                for one in held
                for name, label, segments in one.ends
            }
            named = {line: (row.label, view.segments_of(row)) for line, row in view.standing.items()}
            standing = {content_of(view, row)[:3] for row in view.standing.values()}
            assert set(named.values()) == heads | ends
            assert {(row.label, *map(named.get, view.end_lines(row))) for row in view.links.values()} == links
            assert {one[:3] for one in held} <= standing

    def statuses_and_assignments_agree(self) -> None:
        waiting = ("new", "suggested", "in_review", "submitted")
        rows = list(Assignment.objects.filter(corpus=self.corpus).select_related("revision__article"))
        for row in rows:
            offered = row.revision.status in waiting and not row.revision.article.erased_at
            assert row.status != "open" or offered, "what is offered waits for people"
        submitted = {(row.revision_id, row.reviewer_id) for row in rows if row.status == "submitted"}
        passes = Layer.objects.filter(revision__corpus=self.corpus, submitted_at__isnull=False)
        assert submitted == set(passes.values_list("revision_id", "reviewer_id"))
        now = {row.pk: row.status for row in rows}
        for pk, before in self.assignments.items():
            assert now[pk] == before or now[pk] in within_two_moves(before)
        self.assignments = now

    def statuses_and_disputes_agree(self) -> None:
        disputed = set(Dispute.objects.filter(status="open").values_list("revision_id", flat=True))
        revisions = Revision.objects.filter(corpus=self.corpus, article__erased_at=None)
        assert disputed == set(revisions.filter(status="disputed").values_list("pk", flat=True))

    def every_move_follows_from_the_one_before(self) -> None:
        reached: dict[Any, str] = {}
        moves = Event.objects.filter(action="revision.moved", corpus=self.corpus).order_by("id")
        for move in moves:
            assert reached.get(move.subject_id, "new") == move.before
            reached[move.subject_id] = str(move.after)
        for pk, status in Revision.objects.filter(corpus=self.corpus).values_list("pk", "status"):
            assert reached.get(pk, "new") == status

    def what_is_planted_stays_apart(self) -> None:
        layers = Layer.planted.all()
        rows = Annotation.objects.filter(layer__in=layers)
        assert not Annotation.objects.filter(root__in=rows.values("pk")).exclude(layer__in=layers).exists()
        decided = Review.objects.filter(annotation__in=rows)
        assert not decided.exclude(layer__in=layers).exists(), "a decision on it lies elsewhere"
        assert not decided.exclude(result=None, result_relation=None).exists(), "something is left of it"

    # -- how -------------------------------------------------------------------------------------------

    def attempt(self, who: int | None, act: Callable[[], object]) -> bool:
        """Do it, or be refused; the other reviewers' layers stay as they are. Return whether it was done."""
        before = self.layers_of_others(who)
        try:
            act()
            done = True
        except ServiceError:
            done = False
        assert self.layers_of_others(who) == before
        return done

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
        desk = open_desk(acting(user), Role.REVIEWER, revision)
        return None if desk.own.layer._state.adding else desk.own, desk.machines

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


def pairs_of(corpus: Corpus) -> set[tuple[Any, Any]]:
    """Return the pairs of articles that are of one story."""
    stories = Article.objects.filter(corpus=corpus).exclude(story=None).values_list("pk", "story")
    return {(one, other) for one, mine in stories for other, theirs in stories if mine == theirs}


def content_of(view: LayerView, row: Annotation) -> Content:
    links = links_of(view).get(row.root, {})
    ends = {
        (name, child.label, view.segments_of(child)) for name, children in links.items() for child in children
    }
    return Content(row.label, view.segments_of(row), frozenset(row.attributes.items()), frozenset(ends))


def within_two_moves(status: str) -> set[str]:
    """Return where an act may take an assignment: one that was open may be submitted at once."""
    once = ASSIGNMENT_MOVES[status]
    return {*once, *(after for between in once for after in ASSIGNMENT_MOVES[between])}


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
    counts = [model._default_manager.count() for model in (Annotation, Relation, Review, Settlement, Event)]
    sealed = Event.objects.filter(position__isnull=False).count()
    assignments = Assignment.objects.order_by("pk").values_list("pk", "status", "reviewer", "lease_until")
    disputes = Dispute.objects.order_by("pk").values_list("pk", "status", "version")
    return list(revisions), list(layers), counts, sealed, list(assignments), list(disputes)


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
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_machine(Newsroom, settings=settings(SHORT, deadline=None, suppress_health_check=checks))


@pytest.mark.django_db
def test_a_file_that_outlives_its_words_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "drop_files", lambda corpus_id: 0)
    room = Newsroom()
    try:
        room.open()
        room.make_a_file()
        room.no_kept_file_holds_what_is_erased()
        erase_article(COMMAND, Article.objects.get(), reason="down")
        with pytest.raises(AssertionError):
            room.no_kept_file_holds_what_is_erased()
    finally:
        room.teardown()
