"""Whether time grows with the length of the input, judged on a machine that others use too."""

import gc
from collections.abc import Callable

ATTEMPTS = 6


def grows_no_faster(
    seconds: Callable[[int], float], short: int, long: int, *, factor: float, floor: float
) -> bool:
    """Return whether `long` takes less than `factor` times what `short` takes, or than `floor` seconds.

    Other work on the machine can only add to a measured time, so a bound that is broken is measured again;
    what really grows too fast breaks it every time. The garbage collector rests meanwhile, as in `timeit`: it
    goes through all that the whole suite has made, and does so in whatever call makes enough, the long one.
    """
    gc.collect()
    gc.disable()
    try:
        return any(seconds(long) < max(factor * seconds(short), floor) for _ in range(ATTEMPTS))
    finally:
        gc.enable()
