"""Which split of a release a story belongs to.

A story goes whole into one split, by a keyed hash of its id: nothing has to be counted or stored, the order
of articles does not matter, and a story that comes later moves none that is there. The shares hold for
stories and are met as closely as chance allows; those of articles follow as far as stories are alike in size.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import isfinite
from uuid import UUID

#: What a hash of eight bytes can be.
_RANGE = 2**64
#: The longest key that the hash takes, in bytes.
MAX_SEED = 64


class Split(StrEnum):
    TRAIN = "train"
    DEV = "dev"
    TEST = "test"


#: What a story stays whose articles were in several splits before: what was held out is not trained on.
STRICTEST = (Split.TEST, Split.DEV, Split.TRAIN)


class SharesRefused(ValueError):
    """The message says what is wrong with the shares."""


@dataclass(frozen=True)
class Shares:
    """How much of a release is held out for `dev` and `test`; the rest is for training, in per mille."""

    train: int = 800
    dev: int = 100
    test: int = 100

    def __post_init__(self) -> None:
        parts = (self.train, self.dev, self.test)
        if min(parts) < 0:
            raise SharesRefused("A share is no less than 0.")
        if sum(parts) != 1000:
            raise SharesRefused(
                f"The shares of train, dev and test add up to {sum(parts) / 1000:g}, not to 1."
            )

    @classmethod
    def of(cls, train: float, dev: float, test: float) -> "Shares":
        """Return shares that were given as parts of 1, each with three decimals at most.

        Raises:
            SharesRefused: one is finer or below 0, or they do not add up to 1.
        """
        if not all(map(isfinite, (train, dev, test))):
            raise SharesRefused("A share is a number from 0 to 1.")
        parts = [Fraction(str(share)) * 1000 for share in (train, dev, test)]
        if any(part.denominator != 1 for part in parts):
            raise SharesRefused("A share has three decimals at most.")
        return cls(*map(int, parts))

    def body(self) -> dict[str, float]:
        """Return the shares as parts of 1."""
        return {split.value: getattr(self, split) / 1000 for split in Split}


def split_of(story: UUID, *, seed: str, shares: Shares) -> Split:
    """Return the split of a story, always the same for the same seed and shares."""
    digest = hashlib.blake2b(story.bytes, digest_size=8, key=seed.encode()).digest()
    place = int.from_bytes(digest, "big") * 1000 // _RANGE
    # What is held out has the lowest places: it keeps its stories where only the other two shares change.
    if place < shares.test:
        return Split.TEST
    return Split.DEV if place < shares.test + shares.dev else Split.TRAIN


def strictest(splits: Iterable[Split]) -> Split | None:
    """Return the split that outweighs the others, or None of none."""
    found = set(splits)
    return next((split for split in STRICTEST if split in found), None)
