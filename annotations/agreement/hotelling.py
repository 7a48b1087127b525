"""Whether pairs of numbers are nought on average, or differ from it by chance alone.

Harold Hotelling (1931): The Generalization of Student's Ratio. The Annals of Mathematical Statistics 2(3),
360-378. For two numbers the tail of its distribution has a closed form.
"""

from collections.abc import Sequence
from typing import TypeAlias

Pair: TypeAlias = tuple[float, float]
#: Below this share of what they could be, two numbers are one and the same.
_SINGULAR = 1e-9


def t_squared(pairs: Sequence[Pair]) -> float | None:
    """Return how far the mean of pairs is from nought; None where nothing varies, or there are too few.

    Where the second number says nothing besides the first, it is left out.
    """
    number = len(pairs)
    if number < 3:
        return None
    first, second = sum(one for one, _ in pairs) / number, sum(other for _, other in pairs) / number
    own = sum((one - first) ** 2 for one, _ in pairs) / (number - 1)
    other = sum((two - second) ** 2 for _, two in pairs) / (number - 1)
    both = sum((one - first) * (two - second) for one, two in pairs) / (number - 1)
    determinant = own * other - both * both
    if determinant > _SINGULAR * own * other:
        distance = other * first * first - 2 * both * first * second + own * second * second
        return number * distance / determinant
    return number * first * first / own if own else None


def chance_of(t_squared: float, number: int) -> float:
    """Return the probability that so many pairs, nought on average, are as far from it or farther.

    T² (n - 2) / 2 (n - 1) follows F with 2 and n - 2 degrees of freedom.
    """
    return float((1 + t_squared / (number - 1)) ** (-(number - 2) / 2))
