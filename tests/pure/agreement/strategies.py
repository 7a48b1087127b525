"""Passes by chance."""

from typing import Any

from hypothesis import strategies as st

from annotations.agreement.passes import Passes
from tests.pure.agreement.marking import quote, said

LENGTH = 40
TYPES = st.sampled_from(["direct", "indirect", "mixed"])
PLACES = st.tuples(st.integers(0, LENGTH - 1), st.integers(1, 8)).map(
    lambda place: (place[0], min(place[0] + place[1], LENGTH))
)


@st.composite
def several_passes(draw: Any, least: int = 2, most: int = 4) -> Passes:
    """Up to `most` people who mark up to six stretches each, which may overlap but are not the same."""
    people = {}
    for number in range(draw(st.integers(least, most))):
        places = draw(st.lists(PLACES, max_size=6, unique=True))
        name = f"person{number}"
        people[name] = [
            quote(f"{name}-{start}-{end}", (start, end), type=draw(TYPES), source=draw(PLACES))
            for start, end in places
        ]
    return said(LENGTH, **people)
