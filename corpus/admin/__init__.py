"""The pages of what exists before any label.

`annotations.admin` registers corpora and articles, with its own pages on top.
"""

from corpus.admin import people, reports, tokens

__all__ = ["people", "reports", "tokens"]
