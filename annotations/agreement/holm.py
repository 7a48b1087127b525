"""What is left of a probability when it is the smallest of many: nobody is to stand out by number alone.

Sture Holm (1979): A Simple Sequentially Rejective Multiple Test Procedure. Scandinavian Journal of Statistics
6(2), 65-70. It holds whatever the tests have to do with one another. Where nothing is the matter, the chance
that any of them says otherwise stays below the level; Benjamini and Hochberg's procedure would allow more
alarms and a share of false ones, which is too many where an alarm names a person.
"""

from collections.abc import Mapping
from typing import TypeVar

Test = TypeVar("Test")


def holm(probabilities: Mapping[Test, float]) -> dict[Test, float]:
    """Return each probability corrected for all of them; one is significant where it is below the level."""
    corrected: dict[Test, float] = {}
    least, left = 0.0, len(probabilities)
    for test in sorted(probabilities, key=probabilities.__getitem__):
        least = max(least, min(probabilities[test] * left, 1.0))
        corrected[test] = least
        left -= 1
    return corrected
