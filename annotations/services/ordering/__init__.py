"""What a reviewer gets next: one file an order, and its line here.

An order gives each revision a rank when its passes are opened; the least comes first, the oldest of equals.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

from annotations.services.ordering import age, chance, doubt, priority, worth
from corpus.models import Corpus, QueueOrder

Order = Callable[[Corpus, Sequence[UUID]], dict[UUID, float]]

ORDERS: dict[str, Order] = {
    QueueOrder.AGE: age.ranks,
    QueueOrder.DOUBT: doubt.ranks,
    QueueOrder.PRIORITY: priority.ranks,
    QueueOrder.WORTH: worth.ranks,
    QueueOrder.RANDOM: chance.ranks,
}
