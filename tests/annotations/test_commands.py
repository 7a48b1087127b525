"""Commands that are cut off, called with nonsense, or given back what they gave out."""

import json
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection

from annotations.models import Annotation
from corpus.models import Article, Corpus, Revision, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus, publish_guideline, publish_scheme
from tests.conftest import put_in


class Cut(BaseException):
    """The process is killed here."""


def cut_off_at(words: str):
    """Return what ends the process at the first statement that holds `words`."""

    def wrapper(execute, sql, *rest):
        if words in sql:
            raise Cut
        return execute(sql, *rest)

    return connection.execute_wrapper(wrapper)


@pytest.fixture
def home(settings: LazySettings, tmp_path: Path) -> Path:
    settings.ATTEST_HOME = tmp_path
    return tmp_path


@pytest.mark.django_db
@pytest.mark.parametrize(
    "words",
    [
        'INTO "corpus_token"',
        'INTO "corpus_corpus"',
        'INTO "annotations_pipeline"',
        'INTO "corpus_ingestreport"',
    ],
)
def test_a_demo_that_is_killed_while_it_loads_loads_the_rest_the_next_time(home: Path, words: str) -> None:
    with pytest.raises(Cut), cut_off_at(words):
        call_command("load_demo", stdout=StringIO())
    call_command("load_demo", stdout=StringIO())
    user = User.objects.get(username="admin")
    assert user.check_password((home / "initial-password").read_text().strip())
    assert Corpus.objects.get(slug="sample").pipelines.filter(active=True).count() == 1
    assert Article.objects.count() >= 6


@pytest.mark.django_db
def test_an_account_is_never_made_before_its_password_is_kept(home: Path) -> None:
    with pytest.raises(Cut), cut_off_at('INTO "corpus_user"'):
        call_command("load_demo", stdout=StringIO())
    assert (home / "initial-password").exists()


@pytest.mark.django_db
def test_a_sample_that_stands_is_left_as_it_is(home: Path) -> None:
    call_command("load_demo", stdout=StringIO())
    articles = Article.objects.count()
    call_command("load_demo", stdout=StringIO())
    assert (Article.objects.count(), Corpus.objects.count()) == (articles, 1)


@pytest.mark.django_db
def test_an_import_into_a_name_that_makes_no_slug_says_so(tmp_path: Path) -> None:
    file = tmp_path / "empty.jsonl"
    file.touch()
    with pytest.raises(CommandError, match="makes no slug"):
        call_command("import", str(file), corpus="???")
    create_corpus(COMMAND, slug="harbour", name="Harbour")
    call_command("import", str(file), corpus="Harbour", stdout=StringIO())
    assert Corpus.objects.count() == 1


@pytest.fixture
def sent(tmp_path: Path, corpus: Corpus) -> Path:
    """A lossless export with its manifest, of a corpus whose rules have changed since."""
    put_in(corpus)
    publish_scheme(COMMAND, corpus, definition={"labels": [{"name": "claim"}], "relations": []}, version=1)
    publish_guideline(COMMAND, corpus, text="R2.", version=1)
    file = tmp_path / "harbour.jsonl"
    call_command("export", corpus="harbour", output=file, stdout=StringIO())
    return file


def test_a_corpus_that_comes_back_has_every_version_of_its_rules(sent: Path, corpus: Corpus) -> None:
    call_command("import", sent, corpus="copy", stdout=StringIO())
    copy = Corpus.objects.get(slug="copy")
    for kind, part in (("schemes", "definition"), ("guidelines", "text")):
        versions = [
            getattr(one, kind).order_by("number").values_list("number", part) for one in (corpus, copy)
        ]
        assert len(versions[0]) == 2 and list(versions[0]) == list(versions[1])
    assert Article.objects.filter(corpus=copy).count() == 1


@pytest.mark.parametrize("cut", [lambda data: data[:-9], lambda data: data.replace(b"Ruiz", b"Ruis")])
def test_a_file_that_is_not_its_manifests_is_refused_before_anything_goes_in(
    sent: Path, cut: Callable[[bytes], bytes]
) -> None:
    sent.write_bytes(cut(sent.read_bytes()))
    with pytest.raises(CommandError, match="manifest"):
        call_command("import", sent, corpus="copy")
    assert not Corpus.objects.filter(slug="copy").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"schemes": [{"number": 2, "definition": {}}]},
        {"schemes": [{"number": 1, "definition": {"labels": []}}]},
        {"guidelines": [{"number": 1, "text": 7}]},
        {"guidelines": "R1."},
        {"bytes": None},
    ],
)
def test_a_manifest_that_is_none_makes_no_corpus(sent: Path, changes: dict[str, object]) -> None:
    manifest = sent.with_name(f"{sent.name}.manifest.json")
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), **changes}))
    with pytest.raises(CommandError):
        call_command("import", sent, corpus="copy")
    assert not Corpus.objects.filter(slug="copy").exists()


#: A moment as people write it, and as JSON must: ISO 8601 with its zone.
MOMENT = re.compile(r"\d{4}-\d\d-\d\d.?\d\d:\d\d[^\"]*")
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)")


def misdated(told: str) -> list[str]:
    return [moment for moment in MOMENT.findall(told) if not ISO.fullmatch(moment)]


def test_commands_tell_moments_to_programs_as_iso_8601_with_their_zone(
    suggested: Revision, tmp_path: Path
) -> None:
    quote = Annotation.objects.filter(layer__revision=suggested, label="quote").earliest("pk")
    of_corpus = ["--corpus", "harbour", "--json"]
    commands = [
        ["release", "make", "v1", "--layer", "machine", *of_corpus],
        ["release", "list", *of_corpus],
        ["release", "show", "v1", *of_corpus],
        ["release", "files", "v1", "--output", str(tmp_path / "files"), *of_corpus],
        ["rereview", "--labels", "quote", *of_corpus],
        ["rereview", *of_corpus],
        ["history", str(quote.pk), "--json"],
        ["export", "--output", str(tmp_path / "all.jsonl"), *of_corpus],
        ["events", "--output", str(tmp_path / "events.jsonl"), *of_corpus],
        ["agreement", *of_corpus],
        ["vigilance", *of_corpus],
        ["verify", *of_corpus],
    ]
    dated = set()
    for command in commands:
        call_command(*command, stdout=(told := StringIO()))
        assert misdated(told.getvalue()) == [], command
        dated |= {command[0]} if MOMENT.search(told.getvalue()) else set()
    for file in tmp_path.rglob("*.json*"):
        assert misdated(file.read_text()) == [], file.name
    assert dated >= {"release", "rereview", "history"}


def test_a_moment_without_t_or_zone_is_noticed() -> None:
    wrong = '"2026-11-22 18:08:28+00:00", "2026-11-22T18:08:28"'
    assert len(misdated(wrong + ', "2026-11-22T18:08:28.5+00:00"')) == 2
