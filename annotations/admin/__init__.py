"""The pages of what is said of articles: lists, review, machines, exports, the audit trail."""

from annotations.admin import articles, corpora, events, machines, rows

__all__ = ["articles", "corpora", "events", "machines", "rows"]
