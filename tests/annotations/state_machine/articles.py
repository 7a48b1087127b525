"""Rules for what comes in and what machines do: articles, suggestions, stories, seals, erasing."""

from dataclasses import replace

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.stateful import rule

from annotations.services.erasing import erase_article
from annotations.services.jobs import MAX_ATTEMPTS, claim_job, fail_job, work_jobs
from annotations.services.pipelines import cancel_run, start_run
from corpus.services.actors import COMMAND
from corpus.services.events import seal_events
from corpus.services.ingest import ingest_article
from corpus.services.stories import group_stories
from tests.annotations.state_machine.contents import pairs_of
from tests.annotations.state_machine.drawing import PLACE
from tests.annotations.state_machine.room import TEXTS, Room, incoming

IDS = ("a", "b")


class Articles(Room):
    @rule(external_id=st.sampled_from(IDS), text=st.integers(0, len(TEXTS) - 1))
    def put_in(self, external_id: str, text: int) -> None:
        row = incoming(external_id, TEXTS[text])
        self.attempt(None, lambda: ingest_article(COMMAND, self.corpus, row, source="x"))

    @rule()
    def work(self) -> None:
        self.attempt(None, lambda: work_jobs("w", limit=3, seconds=30))

    @rule(end=st.sampled_from(("go on", "cancel", "park")))
    def run(self, end: str) -> None:
        """Let the pipeline look at what it has not seen, and end that."""
        if end == "park":
            claim = claim_job("w")
            assert not claim or fail_job(replace(claim, attempts=MAX_ATTEMPTS), "broken") == "parked"
            return
        run = start_run(COMMAND, self.corpus)
        if end == "cancel":
            cancel_run(COMMAND, run)

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

    @rule(place=PLACE, meant=st.integers(0, 3))
    def erase(self, place: int, meant: int) -> None:
        assume(meant == 0)
        self.attempt(None, lambda: erase_article(COMMAND, self.revision(place).article, reason="down"))
