from corpus.models.access import IdempotencyKey, Invitation, SignInTries, Token
from corpus.models.articles import Article, Block, Outlet, RawSource, Revision, RevisionStatus
from corpus.models.corpora import Corpus, Guideline, Membership, QueueOrder, Role, Scheme, SuggestionsShown
from corpus.models.events import Event
from corpus.models.ingest import IngestRejection, IngestReport
from corpus.models.stories import Fingerprint, Sketch
from corpus.models.users import User

__all__ = [
    "Article",
    "Block",
    "Corpus",
    "Event",
    "Fingerprint",
    "Guideline",
    "IdempotencyKey",
    "IngestRejection",
    "IngestReport",
    "Invitation",
    "Membership",
    "Outlet",
    "QueueOrder",
    "RawSource",
    "Revision",
    "RevisionStatus",
    "Role",
    "Scheme",
    "SignInTries",
    "Sketch",
    "SuggestionsShown",
    "Token",
    "User",
]
