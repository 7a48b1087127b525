"""The short form of bench/stories.py: families of a hundred articles, and its control."""

import pytest

from bench.stories import found, joined_in_control
from bench.stories_world import COPIES


@pytest.mark.django_db
def test_what_was_copied_is_found_and_what_was_not_is_left_alone() -> None:
    assert joined_in_control(100) == 0
    shares = {kind: share for kind, (share, *_) in found(2 * len(COPIES), trickle=False).items()}
    assert all(shares[kind] == 1 for kind in list(COPIES)[:4]), shares
    assert all(shares[f"{rate} % edited"] == 1 for rate in (5, 10)), shares
    assert shares["30 % edited"] < 1, "nothing is too far from its dispatch: the ones above prove nothing"
    assert (shares["shared quotes"], shares["boilerplate"], shares["precision"]) == (1, 1, 1)
