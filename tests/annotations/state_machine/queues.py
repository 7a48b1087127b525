"""Rules for the queue: taking, keeping and giving back, and the settings that it follows."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import rule

from annotations.models import Assignment
from annotations.services.filling import refill_changed_queues
from annotations.services.queue import give_back, hand_over, keep, sweep_assignments, take, take_back
from annotations.services.recalls import recalled_passes
from corpus.models import Corpus
from corpus.services.actors import COMMAND
from corpus.services.corpora import configure_corpus
from tests.annotations.state_machine.drawing import PLACE, WHO, pick
from tests.annotations.state_machine.passes import Passes
from tests.conftest import acting


class Queues(Passes):
    @rule(passes=st.integers(1, 3), agreed=st.booleans(), single=st.booleans())
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
        """Configure the corpus, whatever its version."""
        version = Corpus.objects.get(pk=self.corpus.pk).version
        configure_corpus(COMMAND, self.corpus, version=version, changes=changes)

    @rule()
    def sweep(self) -> None:
        """Fill the queue by what was configured: the passes that are made may be enough by then."""
        self.settled_by_itself(refill_changed_queues)

    @rule(who=WHO)
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

    @rule(place=PLACE, who=WHO, end=st.sampled_from(("keep", "return", "take back", "expire", "hand over")))
    def end_an_assignment(self, place: int, who: int, end: str) -> None:
        held = pick(list(Assignment.objects.filter(status__in=("taken", "open")).order_by("pk")), place)
        actor = acting(held.reviewer or self.people[who])
        acts: dict[str, Callable[[], object]] = {
            "keep": lambda: keep(actor, held),
            "return": lambda: give_back(actor, held),
            "take back": lambda: take_back(COMMAND, held),
            "expire": lambda: self.lose_the_lease(held),
            "hand over": lambda: hand_over(COMMAND, held, self.people[who]),
        }
        self.settled_by_itself(lambda: self.attempt(None, acts[end]))

    def lose_the_lease(self, held: Assignment) -> None:
        past = timezone.now() - timedelta(seconds=1)
        lost = Assignment.objects.filter(pk=held.pk, status="taken").update(lease_until=past)
        assert sweep_assignments() == lost
