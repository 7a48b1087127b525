"""Rules for what breaks off in the middle."""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import rule

from annotations.models import Dispute
from annotations.services.erasing import erase_article
from annotations.services.jobs import work_jobs
from annotations.services.passes import reopen_pass, submit_pass
from annotations.services.queue import sweep_assignments, take
from annotations.services.reviewing import decide_many
from annotations.services.settling import Choice, approve_passes, settle_dispute
from corpus.models import Corpus
from corpus.services.actors import COMMAND
from corpus.services.events import seal_events
from corpus.services.ingest import ingest_article
from corpus.services.stories import group_stories
from tests.annotations.state_machine.drawing import NUMBERS, PLACE, WHO
from tests.annotations.state_machine.room import Room, incoming
from tests.conftest import TEXT, acting

ACTS = ("submit", "reopen", "take", "sweep", "settle", "approve", "erase", "work", "seal", "put in", "group")
WHOLE = {"submit", "reopen", "take", "settle", "approve", "erase", "seal"}
LEFT = st.integers(0, 25)


class Crashes(Room):
    @rule(who=WHO, place=PLACE, numbers=NUMBERS, left=LEFT)
    def crash_while_deciding(self, who: int, place: int, numbers: tuple[int, ...], left: int) -> None:
        revision, user = self.revision(place), self.people[who]
        one = self.decision(user, revision, *numbers)
        self.crash(left, lambda: decide_many(acting(user), revision, [one]))

    @rule(place=PLACE, act=st.sampled_from(ACTS), left=LEFT)
    def crash_while_working(self, place: int, act: str, left: int) -> None:
        revision = self.revision(place)
        row = replace(incoming("a", f"{TEXT}{place}"), raw=b"")
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
        # A worker's claim, an ingest's report and each page of texts that are grouped stand by themselves.
        self.crash(left, acts[act], whole=act in WHOLE)
