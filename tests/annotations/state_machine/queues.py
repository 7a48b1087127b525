"""Rules for the queue: taking, keeping and giving back, and the settings that it follows."""

from datetime import timedelta

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import rule

from annotations.models import Assignment
from annotations.services.queue import give_back, hand_over, keep, sweep_assignments, take
from annotations.services.recalls import recalled_passes
from corpus.models import Corpus
from corpus.services.actors import COMMAND
from tests.annotations.state_machine.drawing import PLACE, WHO, pick
from tests.annotations.state_machine.room import Room
from tests.conftest import acting


class Queues(Room):
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

    @rule(place=PLACE, who=WHO, end=st.sampled_from(("keep", "return", "expire", "hand over")))
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
