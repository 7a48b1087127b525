"""What the machines are least sure of first: there a decision teaches most (uncertainty sampling).

Lewis and Gale, A sequential algorithm for training text classifiers, SIGIR 1994.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Avg, F
from django.db.models.functions import Abs

from annotations.models import Annotation, LayerKind
from corpus.models import Corpus


def ranks(corpus: Corpus, revision_ids: Sequence[UUID]) -> dict[UUID, float]:
    """Return how far the scores of each revision lie from even odds, 1 where there is none. One query."""
    shown = Annotation.objects.filter(
        layer__revision__in=revision_ids, layer__kind=LayerKind.MACHINE, layer__pipeline__active=True
    )
    found = shown.order_by().values("layer__revision").annotate(sureness=Avg(Abs(F("score") - 0.5)))
    sureness = {row["layer__revision"]: row["sureness"] for row in found}
    return {pk: sureness.get(pk, 1.0) for pk in revision_ids}
