"""The guards of the tables of corpus."""

from corpus.triggers import Guard

CORPUS_GUARDS = [
    Guard(
        table="corpus_event",
        frozen=[
            "id", "corpus_id", "at", "actor_id", "via", "request_id", "action", "object_type", "object_id",
            "subject_id", "before", "after", "reason", "versions",
        ],
        allowed='OLD."position" IS NULL AND NEW."position" IS NOT NULL',
        message="Events are append-only.",
        keeps_rows=True,
        unique=["corpus_id", "position"],
    ),
    Guard(
        table="corpus_revision",
        frozen=[
            "id", "article_id", "corpus_id", "number", "sha256", "text_sha256", "length", "encoding", "bom",
            "content_type", "extractor", "created_at",
        ],
        allowed="""OLD."text" = NEW."text" OR NEW."text" = ''""",
        message="The text of a revision never changes.",
    ),
]  # fmt: skip
