"""Exports in the background: made once, whole or not at all, and gone when the words in them are to be."""

import hashlib
import io
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection, transaction
from django.utils import timezone

from annotations.models import Export
from annotations.services import exports, kept_files
from annotations.services.erasing import erase_article
from annotations.services.exporting import export_corpus, write_export
from annotations.services.exports import (
    ask_export,
    cancel_export,
    drop_files,
    due_exports,
    open_file,
    sweep_exports,
    work_export,
)
from annotations.services.ledger import Hold, claim, take_back
from annotations.services.wanted import Wanted
from corpus.models import Corpus, Event, Revision, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus
from corpus.services.errors import BadInput, Gone, InvalidTransition, NotAllowed
from tests.annotations.test_concurrency import at_once, errors
from tests.conftest import acting, put_in

ALL = Wanted(layer="all")
Manifest = dict[str, Any]


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, settings: LazySettings) -> Path:
    settings.ATTEST_EXPORTS = tmp_path / "exports"
    return tmp_path / "exports"


def asked(corpus: Corpus, wanted: Wanted = ALL) -> Export:
    return ask_export(COMMAND, corpus, wanted)


def made(corpus: Corpus) -> Export:
    export = asked(corpus)
    assert work_export("w") == "done"
    export.refresh_from_db()
    return export


def content(export: Export) -> bytes:
    with open_file(export) as file:
        return file.read()


def actions() -> list[str]:
    return list(Event.objects.filter(object_type="export").order_by("id").values_list("action", flat=True))


def lose_the_worker() -> None:
    """Take a lease back, and leave the files to a later round of the sweeper."""
    Export.objects.filter(status="running").update(lease_until=timezone.now() - timedelta(seconds=1))
    take_back(Export)


def in_the_middle(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let something happen once, while a file is written and not yet whole."""
    waiting = [happens]

    def write(
        corpus: Corpus, wanted: Wanted, target: io.BytesIO, tell: Callable[[int, int], None]
    ) -> Manifest:
        manifest = write_export(corpus, wanted, target, tell)
        if waiting:
            waiting.pop()()
        return manifest

    monkeypatch.setattr(exports, "write_export", write)


def test_a_worker_makes_what_was_asked_for(suggested: Revision, lea: User, directory: Path) -> None:
    corpus = suggested.corpus
    export = ask_export(acting(lea), corpus, ALL)
    assert (export.status, export.manifest, due_exports()) == ("queued", {}, 1)
    with pytest.raises(InvalidTransition, match="queued"):
        open_file(export)
    now = io.BytesIO()
    export_corpus(COMMAND, corpus, layer="all", target=now)
    assert work_export("w") == "done"
    export.refresh_from_db()
    assert content(export) == now.getvalue()
    assert export.manifest["sha256"] == hashlib.sha256(now.getvalue()).hexdigest()
    assert (export.status, export.file, export.done, export.total) == ("done", "kept", 1, 1)
    assert export.made_by == lea
    assert actions() == ["export.asked", "export.made", "export.made"]
    assert [directory.stat().st_mode & 0o777, *(p.stat().st_mode & 0o777 for p in directory.iterdir())] == [
        0o700,
        0o600,
    ]
    assert work_export("w") == "none"


def test_what_cannot_be_made_is_refused_when_it_is_asked_for(corpus: Corpus, ada: User) -> None:
    for wanted in (
        Wanted(layer="nothing"),
        Wanted(layer="all", format="papyrus"),
        Wanted(layer="all", filters={"colour": "red"}),
        Wanted(layer="all", since=4_711),
        Wanted(layer="all", offset_unit="grapheme"),
        Wanted(layer="gold", format="csv", offset_unit="utf16"),
    ):
        with pytest.raises(BadInput):
            asked(corpus, wanted)
    with pytest.raises(NotAllowed):
        ask_export(acting(ada), corpus, ALL)
    for _ in range(exports.MOST_OPEN):
        asked(corpus)
    with pytest.raises(InvalidTransition, match="under way"):
        asked(corpus)


def test_an_interrupted_file_never_looks_finished(
    suggested: Revision, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = asked(suggested.corpus)

    def full() -> None:
        assert [path.suffix for path in directory.iterdir()] == [".draft"]
        raise OSError(28, "No space left on device")

    outcomes = []
    for _ in range(3):
        in_the_middle(monkeypatch, full)
        outcomes.append(work_export("w"))
        assert list(directory.iterdir()) == []
        Export.objects.filter(status="queued").update(due_at=timezone.now())
    export.refresh_from_db()
    assert outcomes == ["failed", "failed", "parked"]
    assert (export.status, export.cause) == ("parked", "OSError: No space left on device")
    assert actions() == ["export.asked", "export.parked"]


def test_what_is_refused_is_not_tried_again(suggested: Revision) -> None:
    export = asked(suggested.corpus, Wanted(layer="machine", format="doccano", strict=True))
    assert work_export("w") == "parked"
    export.refresh_from_db()
    assert "doccano" in export.cause


@pytest.mark.parametrize("late", ["its draft is swept", "its draft has no name yet", "its file has its name"])
def test_two_workers_never_finish_one_file_twice(
    late: str, suggested: Revision, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is thought dead in the middle; the second makes the file; the first comes back."""
    export = asked(suggested.corpus)
    if late == "its file has its name":
        monkeypatch.setattr(Hold, "check", lambda hold: None)

    def overtaken() -> None:
        lose_the_worker()
        if late == "its draft is swept":
            sweep_exports()
        assert work_export("second") == "done"

    in_the_middle(monkeypatch, overtaken)
    assert work_export("first") == "lost"
    export.refresh_from_db()
    assert actions() == ["export.asked", "export.made"]
    assert [path.name for path in directory.iterdir()] == [export.file_name]
    assert hashlib.sha256(content(export)).hexdigest() == export.manifest["sha256"]


def test_without_the_fence_a_file_is_finished_twice(
    suggested: Revision, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(suggested.corpus)
    monkeypatch.setattr(Hold, "entries", lambda hold: Export.objects.filter(pk=hold.pk))

    def overtaken() -> None:
        lose_the_worker()
        assert work_export("second") == "done"

    in_the_middle(monkeypatch, overtaken)
    assert work_export("first") == "done"
    assert actions() == ["export.asked", "export.made", "export.made"]


def test_who_loses_three_workers_is_parked(suggested: Revision) -> None:
    export = asked(suggested.corpus)
    for _ in range(3):
        assert claim(Export, "w")
        Export.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        sweep_exports()
    export.refresh_from_db()
    assert (export.status, actions()) == ("parked", ["export.asked", "export.parked"])


def test_a_cancelled_export_leaves_nothing(
    suggested: Revision, lea: User, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = asked(suggested.corpus)
    in_the_middle(monkeypatch, lambda: cancel_export(acting(lea), export))
    assert work_export("w") == "lost"
    assert list(directory.iterdir()) == []
    assert not cancel_export(acting(lea), export)
    assert actions() == ["export.asked", "export.cancelled"]


def test_the_sweeper_removes_what_the_dead_left_and_nothing_else(
    suggested: Revision, directory: Path
) -> None:
    kept = made(suggested.corpus)
    running = asked(suggested.corpus)
    assert claim(Export, "w")
    running.refresh_from_db()
    unknown = "0193a7a0-0000-7000-8000-000000000000.1"
    left = {f"{kept.pk}.0", f"{kept.file_name}.draft", unknown, f"{running.pk}.0.draft"}
    stay = {kept.file_name, f"{running.file_name}.draft", running.file_name, "notes.txt"}
    for name in left | stay:
        (directory / name).touch()
    sweep_exports()
    assert {path.name for path in directory.iterdir()} == stay


def test_a_file_is_kept_for_its_days_and_its_manifest_for_good(
    suggested: Revision, directory: Path, django_capture_on_commit_callbacks: Any
) -> None:
    export = made(suggested.corpus)
    sweep_exports()
    assert content(export)
    Export.objects.update(made_at=timezone.now() - timedelta(days=8))
    with django_capture_on_commit_callbacks(execute=True):
        sweep_exports()
    export.refresh_from_db()
    with pytest.raises(Gone, match="kept for its days"):
        open_file(export)
    assert list(directory.iterdir()) == []
    assert export.manifest["counts"]["articles"] == 1
    assert actions()[-1] == "export.removed"


# -- erasing -------------------------------------------------------------------------------------------------


def test_what_is_erased_is_in_no_kept_file(
    suggested: Revision, directory: Path, django_capture_on_commit_callbacks: Any
) -> None:
    other = create_corpus(COMMAND, slug="other", name="Other")
    put_in(other)
    export, elsewhere = made(suggested.corpus), made(other)
    assert b"nine weeks" in content(export)
    # The callbacks are not run: as if the process had died with the commit.
    erase_article(COMMAND, suggested.article, reason="taken down")
    export.refresh_from_db()
    with pytest.raises(Gone, match="erased since"):
        open_file(export)
    assert (directory / export.file_name).exists()
    sweep_exports()
    assert [path.name for path in directory.iterdir()] == [elsewhere.file_name]
    assert b"nine weeks" in content(elsewhere)
    with django_capture_on_commit_callbacks(execute=True):
        erase_article(COMMAND, other.articles.get(), reason="taken down")
    assert list(directory.iterdir()) == []


def test_what_is_erased_while_a_file_is_made_is_not_in_it(
    suggested: Revision, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = asked(suggested.corpus)
    in_the_middle(monkeypatch, lambda: erase_article(COMMAND, suggested.article, reason="down"))
    assert work_export("w") == "lost"
    assert work_export("w") == "done"
    export.refresh_from_db()
    assert b"nine weeks" not in content(export) and export.attempts == 1


@pytest.mark.postgres
@pytest.mark.parametrize("waits", [True, False], ids=["as it is", "without waiting"])
def test_no_file_is_begun_while_words_go(
    waits: bool, transactional_db: None, suggested: Revision, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is asked for while an article is being erased reads what is left of it; the control does not."""
    if not waits:
        monkeypatch.setattr(exports, "_begin", lambda hold: Export.objects.get(pk=hold.pk))
    erased, reading = threading.Event(), threading.Event()

    def erase() -> None:
        with transaction.atomic():
            erase_article(COMMAND, suggested.article, reason="taken down")
            erased.set()
            reading.wait(1 if waits else 60)

    def export() -> bytes:
        erased.wait(60)
        made_meanwhile = made(suggested.corpus)
        reading.set()
        return content(made_meanwhile)

    results = at_once(erase, export)
    assert errors(results) == []
    assert (b"nine weeks" in results[1]) is not waits


def test_words_that_are_not_erased_after_all_leave_the_file(suggested: Revision) -> None:
    export = made(suggested.corpus)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        drop_files(suggested.corpus_id)
        raise ZeroDivisionError
    assert connection.in_atomic_block
    assert content(export) and kept_files.files_there()
