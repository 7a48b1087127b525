"""The cast, and the little world that they act in."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management.commands import flush as flush_command
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.operations import BaseDatabaseOperations
from hypothesis import HealthCheck, settings
from whitenoise.middleware import WhiteNoiseMiddleware

from annotations.guards import ANNOTATION_GUARDS, COMMENT_GUARDS, GOLD_GUARDS, RELEASE_GUARDS
from annotations.services.jobs import work_jobs
from annotations.services.pipelines import activate_pipeline
from corpus.guards import CORPUS_GUARDS
from corpus.models import Corpus, Revision, Role, User
from corpus.readers.base import IncomingArticle
from corpus.services.actors import COMMAND, Actor
from corpus.services.corpora import create_corpus, set_member
from corpus.services.ingest import ingest_article
from corpus.triggers import install, remove

# How long an example takes says more of the machine than of what is tested; tests/growth.py judges speed.
settings.register_profile(
    "any machine", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

GUARDS = [*CORPUS_GUARDS, *ANNOTATION_GUARDS, *GOLD_GUARDS, *COMMENT_GUARDS, *RELEASE_GUARDS]

#: The tables whose rows no test may change.
WRITTEN_BY_MIGRATIONS = {"auth_permission", "django_content_type"}

#: One direct quote with cue and named source, one indirect, one claim without a source.
TEXT = (
    "“The bridge will be closed for nine weeks,” said Ana Ruiz, the city engineer.\n\n"
    "Ruiz warned that two of its cables had lost a third of their strength.\n\n"
    "Traffic over the bridge rose by 12 percent in 2024.\n"
)


def person(name: str) -> User:
    return User.objects.create_user(username=name, password=f"{name}-and-a-long-word")


def acting(user: User, *scopes: str) -> Actor:
    return Actor(user=user, via="api", scopes=frozenset(scopes) or None)


# Owen owns the corpus; Lea leads it; Cy adjudicates; Ada and Ben review it and never see each other's layer;
# Vic only reads; Dee is a stranger to it.
@pytest.fixture
def owen(db: None) -> User:
    return person("owen")


@pytest.fixture
def dee(db: None) -> User:
    return person("dee")


@pytest.fixture
def corpus(owen: User) -> Corpus:
    return create_corpus(
        COMMAND, slug="harbour", name="Harbour", owner=owen, guideline="R1. Label what was said."
    )


def member(corpus: Corpus, name: str, role: Role) -> User:
    user = person(name)
    set_member(COMMAND, corpus, user, role)
    return user


@pytest.fixture
def lea(corpus: Corpus) -> User:
    return member(corpus, "lea", Role.LEAD)


@pytest.fixture
def cy(corpus: Corpus) -> User:
    return member(corpus, "cy", Role.ADJUDICATOR)


@pytest.fixture
def ada(corpus: Corpus) -> User:
    return member(corpus, "ada", Role.REVIEWER)


@pytest.fixture
def ben(corpus: Corpus) -> User:
    return member(corpus, "ben", Role.REVIEWER)


@pytest.fixture
def vic(corpus: Corpus) -> User:
    return member(corpus, "vic", Role.VIEWER)


def put_in(corpus: Corpus, text: str = TEXT, external_id: str = "bridge", **metadata: Any) -> Revision:
    """Ingest one article as the operator does and return its current revision, with its article."""
    incoming = IncomingArticle(
        place="test", text=text, external_id=external_id, raw=text.encode(), metadata={}, **metadata
    )
    outcome = ingest_article(COMMAND, corpus, incoming, source="test")
    assert outcome.revision_id, outcome.reason
    return Revision.objects.select_related("article").get(pk=outcome.revision_id)


@pytest.fixture
def revision(corpus: Corpus) -> Revision:
    """An article that no machine has seen: its corpus has no active pipeline."""
    return put_in(corpus)


@pytest.fixture
def suggested(corpus: Corpus) -> Revision:
    """An article with the suggestions of the rules, worked in this process."""
    activate_pipeline(COMMAND, corpus, "rules")
    revision = put_in(corpus)
    work_jobs("test", limit=10, seconds=30)
    revision.refresh_from_db()
    return revision


@pytest.fixture(autouse=True, scope="session")
def flushing_past_the_guards() -> Iterator[None]:
    """Let the test database be emptied after a transactional test; the guards stand again before the next.

    Only tables that hold rows are emptied, and what migrations wrote stays, so that nothing is made anew: a
    flush by Django's own means takes longer than most of these tests.
    """
    flush: Callable[[BaseDatabaseOperations, list[str]], None] = BaseDatabaseOperations.execute_sql_flush

    def flush_unguarded(self: BaseDatabaseOperations, sql_list: list[str]) -> None:
        remove(GUARDS, self.connection)
        flush(self, sql_list)
        install(GUARDS, self.connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", flush_unguarded)
        patch.setattr(flush_command, "sql_flush", deletions)
        patch.setattr(flush_command, "emit_post_migrate_signal", lambda *args, **options: None)
        yield


def deletions(style: object, connection: BaseDatabaseWrapper, **options: bool) -> list[str]:
    """Return the statements that empty each table with rows of ours, in the place of Django's `sql_flush`."""
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    of_tests = sorted(set(tables) - WRITTEN_BY_MIGRATIONS)
    question = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in of_tests
    )
    with connection.cursor() as cursor:
        cursor.execute(question)
        return [f'DELETE FROM "{name}"' for (name,) in cursor.fetchall()]


@pytest.fixture(autouse=True, scope="session")
def static_files_found_once() -> Iterator[None]:
    """Let WhiteNoise look at the disk once, and not for every client that a test makes."""
    look: Callable[[WhiteNoiseMiddleware], None] = WhiteNoiseMiddleware.add_files_from_finders
    found: dict[str, Any] = {}

    def look_once(self: WhiteNoiseMiddleware) -> None:
        if not found:
            look(self)
            found.update(self.files)
        self.files.update(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", look_once)
        yield
