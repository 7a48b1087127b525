"""The state machine: a newsroom where anything may be done, in any order."""

from typing import cast

from tests.annotations.state_machine.articles import Articles
from tests.annotations.state_machine.copies import Copies
from tests.annotations.state_machine.crashes import Crashes
from tests.annotations.state_machine.invariants import Invariants
from tests.annotations.state_machine.room import World
from tests.annotations.state_machine.settlements import Settlements


class Newsroom(Articles, Settlements, Copies, Crashes, Invariants):
    """One blind corpus, three reviewers, an adjudicator, the rules, and an operator who pulls the plug."""


def beginning_in(world: World, machine: type[Newsroom] = Newsroom) -> type[Newsroom]:
    """Return what Hypothesis calls for each example, without arguments."""
    return cast("type[Newsroom]", lambda: machine(world))
