"""Rules for what follows on passes: disputes and comments, and changed rules that ask for decisions anew."""

from itertools import permutations
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import rule

from annotations.models import Assignment, Dispute, Layer, ReReview
from annotations.services.comments import comments_seen_by, post_comment
from annotations.services.comparing import submitted_passes
from annotations.services.rereviews import close_rereview, open_rereview, sweep_rereviews
from annotations.services.settling import (
    Choice,
    WrittenEnd,
    approve_passes,
    reopen_dispute,
    settle_dispute,
)
from corpus.models import Corpus, Revision, Role
from corpus.services.actors import COMMAND
from corpus.services.corpora import guideline_number, publish_guideline, remove_member, set_member
from corpus.services.disclosure import DISCLOSURE
from corpus.text.spans import Span
from tests.annotations.state_machine.contents import Content, content_of
from tests.annotations.state_machine.drawing import NUMBERS, PLACE, SOME_LABELS, WHO, pick, span_of
from tests.annotations.state_machine.queues import Queues
from tests.conftest import acting

WAYS = ("take", "merge", "write", "reject")


class Settlements(Queues):
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
            self.settle_agreed(revision, among={position["layer"] for position in dispute.positions})
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

    @rule(who=st.integers(0, 3), called=st.integers(0, 3), place=PLACE)
    def comment(self, who: int, called: int, place: int) -> None:
        people = [*self.people, self.cy]
        revision, words = self.revision(place), f"Why, @{people[called].username}?"
        self.attempt(None, lambda: post_comment(acting(people[who]), revision.article, words))
        for one, other in permutations(self.people, 2):
            seen = comments_seen_by(acting(one), Corpus.objects.get(pk=self.corpus.pk), Role.REVIEWER)
            for row in seen.filter(author=other).select_related("revision"):
                held = Assignment.objects.filter(reviewer=one, revision=row.revision, status="taken")
                begun = Layer.objects.filter(reviewer=one, revision=row.revision, submitted_at=None)
                assert row.revision.status == "gold" and not held and not begun, "another's words show"

    @rule(labels=SOME_LABELS, close=st.booleans())
    def ask_for_decisions_anew(self, labels: set[str], close: bool) -> None:
        if close:
            for rereview in ReReview.objects.filter(closed_at=None):
                close_rereview(COMMAND, rereview)
        else:
            number = guideline_number(self.corpus.pk)
            publish_guideline(COMMAND, self.corpus, text=f"R1.\n\n{DISCLOSURE}", version=number)
            open_rereview(COMMAND, self.corpus, labels=sorted(labels))
        self.settled_by_itself(sweep_rereviews)

    @rule(place=PLACE, labels=SOME_LABELS, others=st.lists(NUMBERS, min_size=2, max_size=3))
    def go_through_passes_again(self, place: int, labels: set[str], others: list[tuple[int, ...]]) -> None:
        """Do at once what seldom comes together by chance: passes, a changed rule, and all once more."""
        for who, other in enumerate(others):
            self.accept_all_but_one_and_submit(who=who, place=place, other=other)
        for _ in range(min(place % 3, Dispute.objects.filter(status="open").count())):
            self.settle(place=0, way="reject", numbers=others[0])
        self.ask_for_decisions_anew(labels=labels, close=False)
        for who in range(len(others)):
            self.take(who=who)
            self.confirm_what_is_due_and_submit(who=who, place=place)

    @rule(who=WHO)
    def leave_and_come_back(self, who: int) -> None:
        remove_member(COMMAND, self.corpus, self.people[who])
        self.settled_by_itself(sweep_rereviews)
        set_member(COMMAND, self.corpus, self.people[who], Role.REVIEWER)
