"""Rules for passes: deciding, submitting, taking up again; and what the submitted ones agree on."""

from collections.abc import Callable, Container

from hypothesis import strategies as st
from hypothesis.stateful import rule

from annotations.agreement import compare
from annotations.models import Dispute, Layer, Verdict
from annotations.services.comparing import submitted_passes, units_of
from annotations.services.decisions import CONFIRM, Decision
from annotations.services.opening import passes_of
from annotations.services.passes import open_desk, reopen_pass, submit_pass
from annotations.services.recalls import others_are_asked
from annotations.services.reviewing import decide_many
from corpus.models import Corpus, Revision, Role
from tests.annotations.state_machine.contents import Gold, content_of
from tests.annotations.state_machine.drawing import NUMBERS, PLACE, WHO
from tests.annotations.state_machine.room import Room
from tests.conftest import acting


class Passes(Room):
    @rule(
        who=WHO,
        place=PLACE,
        decisions=st.lists(NUMBERS, min_size=1, max_size=4),
    )
    def decide(self, who: int, place: int, decisions: list[tuple[int, ...]]) -> None:
        revision = self.revision(place)
        given = [self.decision(self.people[who], revision, *numbers) for numbers in decisions]
        self.take_decisions(who, revision, given)

    def take_decisions(self, who: int, revision: Revision, decisions: list[Decision]) -> bool:
        return self.attempt(who, lambda: decide_many(acting(self.people[who]), revision, decisions))

    @rule(who=WHO, place=PLACE)
    def skip_the_rest_and_submit(self, who: int, place: int) -> None:
        revision = self.revision(place)
        rest = self.undecided(self.people[who], revision)
        skipped = [Decision(verdict=Verdict.SKIP, on=row.pk, version=version) for row, version in rest]
        self.take_decisions(who, revision, skipped)
        self.submit(who=who, place=place)

    @rule(who=WHO, place=PLACE, other=NUMBERS)
    def accept_all_but_one_and_submit(self, who: int, place: int, other: tuple[int, ...]) -> None:
        """Work as people mostly do, so that passes agree on some things and differ on others."""
        revision, user = self.revision(place), self.people[who]
        self.take_decisions(who, revision, [self.decision(user, revision, *other)])
        for head, verdict in ((True, Verdict.ACCEPT), (False, Verdict.SKIP)):
            rest = [
                Decision(verdict=verdict, on=row.pk, version=version)
                for row, version in self.undecided(user, revision)
                if (row.label in ("quote", "claim")) == head
            ]
            self.take_decisions(who, revision, rest)
        self.submit(who=who, place=place)

    @rule(who=WHO, place=PLACE)
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

    def settle_agreed(self, revision: Revision, *, among: Container[str] | None = None) -> None:
        """Let gold hold what the submitted passes agree on, or those `among` them that were compared."""
        views = [view for view in submitted_passes(revision) if not among or str(view.layer.pk) in among]
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

    def settled_by_itself(self, act: Callable[[], object]) -> None:
        """Do what may end the wait for a pass; what is settled then holds what the others agree on."""
        before = dict(Revision.objects.filter(corpus=self.corpus).values_list("pk", "status"))
        act()
        for revision in Revision.objects.filter(corpus=self.corpus, status__in=("disputed", "gold")):
            if before[revision.pk] != revision.status:
                self.settle_agreed(revision)

    @rule(who=WHO, place=PLACE)
    def reopen(self, who: int, place: int) -> None:
        self.attempt(who, lambda: reopen_pass(acting(self.people[who]), self.revision(place)))

    @rule(who=WHO, place=PLACE)
    def confirm_what_is_due_and_submit(self, who: int, place: int) -> None:
        revision, user = self.revision(place), self.people[who]
        desk = open_desk(acting(user), Role.REVIEWER, revision)
        standing = {line: row.pk for line, row in desk.own.standing.items()}
        confirmed = [
            Decision(verdict=CONFIRM, on=standing.get(line, line), version=desk.own.versions[line])
            for line in desk.due()
        ]
        if confirmed and self.take_decisions(who, revision, confirmed):
            self.submit(who=who, place=place)
