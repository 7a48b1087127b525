"""By chance, the same for the same seed."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from corpus.models import Corpus


def ranks(corpus: Corpus, revision_ids: Sequence[UUID]) -> dict[UUID, float]:
    return {pk: share(corpus.seed, "order", pk) for pk in revision_ids}


def share(seed: int, purpose: str, identity: UUID) -> float:
    """Return a number from 0 up to 1, evenly spread over ids, and independent between purposes."""
    digest = hashlib.sha256(f"{seed}:{purpose}:{identity.hex}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
