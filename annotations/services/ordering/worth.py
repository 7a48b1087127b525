"""What holds the most check-worthy claims first."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Sum

from annotations.models import Annotation, LayerKind
from corpus.models import Corpus

CLAIM = "claim"


def ranks(corpus: Corpus, revision_ids: Sequence[UUID]) -> dict[UUID, float]:
    """Return the scores of the suggested claims of each revision, summed, less than nothing. One query."""
    claims = Annotation.objects.filter(
        layer__revision__in=revision_ids,
        layer__kind=LayerKind.MACHINE,
        layer__pipeline__active=True,
        label=CLAIM,
    )
    found = claims.order_by().values("layer__revision").annotate(worth=Sum("score"))
    worths = {row["layer__revision"]: row["worth"] for row in found}
    return {pk: -worths.get(pk, 0.0) for pk in revision_ids}
