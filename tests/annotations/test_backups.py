"""A backup is one instant, proves itself, and comes back whole or not at all."""

import contextlib
import json
import random
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from annotations.models import Export, Job, Review, Webhook
from annotations.services.backups import archive, making
from annotations.services.backups.archive import MANIFEST, Damaged, add_part, check_archive, finish
from annotations.services.backups.contents import contents
from annotations.services.backups.engines import _running, connected_to
from annotations.services.backups.making import make_backup
from annotations.services.backups.restoring import BEYOND_OLD_TOKENS, restore_backup
from annotations.services.exports import ask_export
from annotations.services.jobs import claim_job
from annotations.services.ledger import claim
from annotations.services.verifying import Lie, verify
from annotations.services.wanted import Wanted
from corpus.models import Article, Event, Revision, User
from corpus.services.actors import COMMAND
from corpus.services.anchors import AnchorFile, read_anchors
from corpus.services.errors import BadInput
from corpus.services.events import seal_events
from tests.annotations.deciding import say, suggestion
from tests.conftest import put_in

# -- the file ----------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A small file of the form of a backup."""
    return written(tmp_path / "x.backup", b"rows " * 4)


def written(path: Path, held: bytes) -> Path:
    parts = {
        "database.dump": add_part(path, "database.dump", [held], packed=False),
        "anchors.jsonl": add_part(path, "anchors.jsonl", [b"", b"{}\n" * 9], packed=True),
    }
    finish(path, {"format": 1, "attest": "0", "parts": parts})
    return path


def test_no_byte_can_change_and_none_be_missing(file: Path) -> None:
    whole = file.read_bytes()
    manifest, checksum = check_archive(file)
    assert set(manifest["parts"]) == {"database.dump", "anchors.jsonl"} and len(checksum) == 64, "the control"
    for place in range(len(whole)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :])
        with pytest.raises(BadInput):
            check_archive(file)
    for length in range(0, len(whole), 7):
        file.write_bytes(whole[:length])
        with pytest.raises(Damaged):
            check_archive(file)


def test_what_is_damaged_is_named(file: Path, tmp_path: Path) -> None:
    whole = file.read_bytes()
    place = whole.index(b"rows rows")
    file.write_bytes(whole[:place] + b"X" + whole[place + 1 :])
    with pytest.raises(Damaged, match=r"database\.dump"):
        check_archive(file)
    other = written(tmp_path / "y.backup", b"other")
    file.write_bytes(whole)
    refinished(file, orjson.loads(zipfile.ZipFile(other).read(MANIFEST)))
    with pytest.raises(Damaged, match=r"database\.dump is not what the manifest says"):
        check_archive(file)


def refinished(path: Path, manifest: dict[str, Any]) -> None:
    """Put another manifest into a backup, as whoever knows how it is made could."""
    held = {name: b"".join(archive.read_part(path, name)) for name in orjson.loads(_manifest(path))["parts"]}
    path.unlink()
    for name, data in held.items():
        add_part(path, name, [data], packed=False)
    finish(path, manifest)


def _manifest(path: Path) -> bytes:
    with zipfile.ZipFile(path) as opened:
        return opened.read(MANIFEST)


# -- there and back ----------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[str]:
    """The name of a database that is not there yet, and what would be kept of it."""
    name = (
        str(tmp_path / "there.sqlite3")
        if connection.vendor == "sqlite"
        else f"there_{random.getrandbits(40)}"
    )
    yield name
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{name}%"])
            for (left,) in cursor.fetchall():
                cursor.execute(f'DROP DATABASE "{left}" WITH (FORCE)')


@pytest.fixture
def anchors(tmp_path: Path, settings: Any) -> Path:
    settings.ATTEST_ANCHORS = tmp_path / "anchors"
    return tmp_path / "anchors"


@pytest.fixture
def busy(transactional_db: None, suggested: Revision, ada: User, anchors: Path) -> Revision:
    """A text that somebody decides on, a job and an export in the hands of workers, sealed and anchored."""
    say(ada, suggested, "accept", suggestion(suggested, "nine weeks").pk)
    put_in(suggested.article.corpus, external_id="second")
    assert claim_job("a worker that will not come back")
    ask_export(COMMAND, suggested.corpus, Wanted(layer="all"))
    assert claim(Export, "a worker that will not come back")
    Webhook.objects.create(
        corpus=suggested.article.corpus,
        owner=ada,
        url="https://hooks.test/",
        lease_until=timezone.now() + timedelta(hours=1),
        retry_at=timezone.now(),
        token=3,
    )
    seal_events()
    AnchorFile(directory=anchors).append_heads()
    return suggested


def lies() -> list[Lie]:
    return [found for found in verify() if isinstance(found, Lie)]


def test_there_and_back(busy: Revision, ada: User, elsewhere: str, anchors: Path, tmp_path: Path) -> None:
    file = tmp_path / "of-today"
    made = make_backup(file)
    before = contents()
    assert made.manifest["verified"]["lies"] == 0 and made.manifest["contents"] == before
    assert file.stat().st_mode & 0o077 == 0 and sorted(made.manifest["parts"])[0] == "anchors.jsonl"
    assert [path.name for path in tmp_path.iterdir() if "today" in path.name] == ["of-today"]
    with pytest.raises(BadInput, match="overwrites nothing"):
        make_backup(file)

    # What comes later is not in it, and the anchors tell how much that was.
    say(ada, busy, "reject", suggestion(busy, "12 percent", "claim").pk, reason="other")
    seal_events()
    AnchorFile(directory=anchors).append_heads()
    known = read_anchors(anchors)

    with connected_to(elsewhere):
        done = restore_backup(file)
        assert (done.aside, done.lies, lies()) == ("", [], [])
        assert done.lost_events == {str(busy.corpus_id): 1}
        assert Path(done.anchors).exists() and len(read_anchors(anchors)) == len(known) - 1
        assert Review.objects.filter(verdict="accept").exists() and not Review.objects.filter(
            verdict="reject"
        )
        job = Job.objects.exclude(status="done").get()
        assert (job.status, job.lease_until, job.token > BEYOND_OLD_TOKENS) == ("queued", None, True)
        webhook = Webhook.objects.get()
        assert (webhook.lease_until, webhook.token > BEYOND_OLD_TOKENS) == (None, True)
        export = Export.objects.get()
        assert (export.status, export.lease_until, export.token > BEYOND_OLD_TOKENS) == ("queued", None, True)
        assert done.resumed == 2 and Event.objects.get(action="database.restored").object_id == made.checksum
        assert claim_job("another") and seal_events() and AnchorFile(directory=anchors).append_heads()
        assert list(verify(anchors=read_anchors(anchors))) and not lies()

        # It holds something now.
        Article.objects.update(priority=3)
        with pytest.raises(BadInput, match="--replace"):
            restore_backup(file)
        done = restore_backup(file, replace=True, anchors=False)
        assert Article.objects.filter(priority=0).count() == 2
    with connected_to(done.aside):
        assert Article.objects.filter(priority=3).count() == 2, "the old one is kept"


def test_what_cannot_be_restored_leaves_everything_as_it_is(
    busy: Revision, elsewhere: str, tmp_path: Path
) -> None:
    file = tmp_path / "of-today"
    manifest = make_backup(file, verified=False).manifest
    assert manifest["verified"] is None
    with connected_to(elsewhere):
        restore_backup(file, anchors=False)
        before = contents()

        # A manifest of another instant, whose hashes fit: what was restored is not that.
        other = orjson.loads(orjson.dumps(manifest))
        other["contents"]["tables"]["annotations_review"]["rows"] += 1
        refinished(file, other)
        with pytest.raises(Damaged, match="annotations_review has"):
            restore_backup(file, replace=True)

        newer = orjson.loads(orjson.dumps(manifest))
        newer["contents"]["migrations"].append("annotations.9999_tomorrow")
        refinished(file, newer)
        with pytest.raises(BadInput, match=r"newer.*9999_tomorrow"):
            restore_backup(file, replace=True)

        refinished(file, manifest | {"parts": {}})
        with pytest.raises(BadInput, match="is a backup of"):
            restore_backup(file, replace=True)
        connection.close()
        assert contents() == before

        with others_connected(elsewhere), pytest.raises(BadInput, match="Stop web"):
            good = tmp_path / "good"
            restore_backup(make_backup(good, verified=False).path, replace=True)


@contextlib.contextmanager
def others_connected(name: str) -> Iterator[None]:
    other = connection.copy("other")
    other.settings_dict["NAME"] = name
    with other.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM corpus_article")
    yield
    other.close()


def test_an_older_schema_is_migrated(busy: Revision, elsewhere: str, tmp_path: Path) -> None:
    file = make_backup(tmp_path / "newer", verified=False)
    with connected_to(elsewhere):
        restore_backup(file.path, anchors=False)
        call_command("migrate", "annotations", "0008", verbosity=0)
        older = make_backup(tmp_path / "older", verified=False)
        done = restore_backup(older.path, replace=True, anchors=False)
        assert "annotations.0009_keep_rows_from_being_replaced" in contents()["migrations"]
        assert (
            "annotations.0009_keep_rows_from_being_replaced" not in older.manifest["contents"]["migrations"]
        )
        assert (done.lies, lies()) == ([], [])


def test_an_interrupted_backup_never_looks_finished(
    busy: Revision, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in ("restored", "check_archive"):

        def interrupted(*_: Any, **__: Any) -> None:
            raise KeyboardInterrupt

        target = tmp_path / step
        target.mkdir()
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(making, step, interrupted)
            make_backup(target / "x")
        assert list(target.iterdir()) == []


def test_the_commands(busy: Revision, tmp_path: Path, settings: Any) -> None:
    out = StringIO()
    call_command("backup", "--output", str(tmp_path), "--no-verify", "--secrets", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert told["secrets"] and not told["verified"]
    assert settings.SECRET_KEY.encode() in b"".join(archive.read_part(Path(told["file"]), "secrets.json"))
    out = StringIO()
    call_command("restore", told["file"], "--check", stdout=out)
    assert "never restored" in out.getvalue() and told["checksum"] in out.getvalue()
    for wrong in (
        ["restore", told["file"]],
        ["restore", str(tmp_path / "none")],
        ["backup", "--output", "/no/x"],
    ):
        with pytest.raises(CommandError):
            call_command(*wrong)


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="a file that is damaged")
def test_a_database_that_is_none_any_more_is_replaced_and_kept(
    busy: Revision, elsewhere: str, tmp_path: Path
) -> None:
    made = make_backup(tmp_path / "x", verified=False)
    garbage = b"no database " * 500
    Path(elsewhere).write_bytes(garbage)
    with connected_to(elsewhere):
        with pytest.raises(BadInput, match="cannot be read"):
            restore_backup(made.path, anchors=False)
        done = restore_backup(made.path, replace=True, anchors=False)
        assert (done.lies, lies()) == ([], [])
    assert Path(done.aside).read_bytes() == garbage


def test_a_program_that_is_missing_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BadInput, match=r"pg_dump is not on the PATH.*postgresql-client"), _running("pg_dump"):
        pass
