"""The one way up from corpus: whoever labels texts hears of new ones here."""

from django.dispatch import Signal

#: Sent inside the transaction that makes revisions, with `corpus_id` and `revision_ids`.
revisions_made = Signal()
