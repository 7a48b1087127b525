"""Rules for what leaves the tables and what can be made of it again: files, releases, increments, replays."""

import contextlib
import io

from django.db import connection, transaction
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from annotations.models import Dispute, Settlement
from annotations.services.exporting import export_corpus
from annotations.services.exports import ask_export, sweep_exports, work_export
from annotations.services.importing import import_records
from annotations.services.releases import Plan, make_release
from annotations.services.wanted import Wanted
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus
from corpus.services.errors import InvalidTransition
from tests.annotations.catching_up import Reader, had
from tests.annotations.replaying import empty, tables, write_back
from tests.annotations.state_machine.breaking import Undone
from tests.annotations.state_machine.contents import said
from tests.annotations.state_machine.room import Room


class Copies(Room):
    @rule(meant=st.integers(0, 3))
    def keep_a_file(self, meant: int) -> None:
        assume(meant == 0)
        self.make_a_file()

    def make_a_file(self) -> None:
        with contextlib.suppress(InvalidTransition):
            ask_export(COMMAND, self.corpus, Wanted(layer="all"))
        work_export("w")
        sweep_exports()

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
