"""Anchors: what was written down elsewhere finds a chain that was cut, or written anew as a whole."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection

from annotations.management.commands import sweep
from annotations.services.verifying import Lie, verify
from corpus.models import Corpus, Event
from corpus.services.anchors import FILE, AnchorFile, read_anchors
from corpus.services.errors import BadInput
from corpus.services.events import chained_hash, seal_events
from corpus.triggers import remove
from tests.conftest import GUARDS, put_in


@pytest.fixture
def anchored(corpus: Corpus, tmp_path: Path) -> Path:
    """Return the file that has the heads of all chains."""
    put_in(corpus)
    seal_events()
    assert AnchorFile(directory=tmp_path).append_heads() > 0
    remove(GUARDS, connection)
    return tmp_path / FILE


def lies(corpus: Corpus | None, *files: Path) -> list[str]:
    anchors = [anchor for file in files for anchor in read_anchors(file)]
    return [
        found.message
        for found in verify(corpus, anchors)
        if isinstance(found, Lie) and found.check == "events"
    ]


def test_each_head_is_written_down_once(corpus: Corpus, tmp_path: Path) -> None:
    file = AnchorFile(directory=tmp_path / "new" / "place")
    assert file.append_heads() == 0, "nothing is sealed yet"
    seal_events()
    assert file.append_heads() == 1
    assert file.append_heads() == 0
    put_in(corpus)
    seal_events()
    assert file.append_heads() == 1
    first, last = read_anchors(tmp_path / "new" / "place")
    assert (first.corpus_id, last.corpus_id) == (corpus.pk, corpus.pk)
    head = Event.objects.filter(corpus=corpus).order_by("-position")[0]
    assert first.position < last.position == head.position and last.hash == head.hash


def test_a_chain_that_was_left_alone_fits_its_anchors(anchored: Path, corpus: Corpus) -> None:
    put_in(corpus, "Later.\n", "later")
    seal_events()
    assert lies(None, anchored) == lies(corpus, anchored) == []


def test_a_tail_that_was_cut_off_is_found(anchored: Path, corpus: Corpus) -> None:
    chain = Event.objects.filter(corpus=corpus).order_by("-position")
    end = chain[0].position
    chain[0].delete()
    assert lies(corpus) == [], "the control: by itself it fits together"
    assert lies(corpus, anchored) == [f"its chain ends at {(end or 0) - 1}, and was anchored up to {end}."]


def test_hashes_that_were_computed_anew_are_found(anchored: Path, corpus: Corpus) -> None:
    previous = "0" * 64
    for event in Event.objects.filter(corpus=corpus).order_by("position"):
        event.via = "api"
        event.hash = previous = chained_hash(previous, event)
        event.save()
    assert lies(corpus) == [], "the control: by itself it fits together"
    (found,) = lies(corpus, anchored)
    assert "was another when it was anchored" in found


def test_an_event_that_cannot_be_read_is_found(anchored: Path, corpus: Corpus) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL takes no such value")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE corpus_event SET at = 'yesterday' WHERE position = 3")
    assert "cannot be read" in lies(corpus)[0]


def test_a_corpus_that_was_anchored_and_is_gone_is_found(anchored: Path, corpus: Corpus) -> None:
    other = json.loads(anchored.read_text().splitlines()[-1]) | {"corpus": str(Event.objects.all()[0].pk)}
    anchored.write_text(json.dumps(other) + "\n")
    assert lies(corpus, anchored) == []
    assert lies(None, anchored) == ["it was anchored, and there is no such corpus."]


def test_what_a_crash_left_of_a_line_stays_by_itself(corpus: Corpus, tmp_path: Path) -> None:
    seal_events()
    (tmp_path / FILE).write_bytes(b'{"corpus":nul')
    AnchorFile(directory=tmp_path).append_heads()
    with pytest.raises(BadInput, match="Line 1"):
        read_anchors(tmp_path)
    (tmp_path / FILE).write_bytes((tmp_path / FILE).read_bytes().split(b"\n", 1)[1])
    assert len(read_anchors(tmp_path)) == 1


@pytest.mark.parametrize("line", [b"x", b"[]", b'{"corpus": 1}', b'{"corpus": null, "position": 1}'])
def test_what_is_no_anchor_is_refused(line: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(line + b"\n")
    with pytest.raises(BadInput, match="Line 1 of"):
        read_anchors(tmp_path / FILE)


def test_no_anchors_at_all_are_no_comfort(tmp_path: Path) -> None:
    for nowhere in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(BadInput):
            read_anchors(nowhere)


@pytest.fixture
def one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the sweeper work on the connection of the test, which it would close as an old one."""
    monkeypatch.setattr(sweep, "close_old_connections", lambda: None)


def test_the_sweeper_anchors_and_the_command_verifies(
    corpus: Corpus, settings: LazySettings, tmp_path: Path, one_connection: None
) -> None:
    settings.ATTEST_ANCHORS = tmp_path
    out = StringIO()
    call_command("sweep", "--once", "--json", stdout=out)
    assert json.loads(out.getvalue())["anchored"] == 1
    call_command("verify", "--anchors", str(tmp_path), stdout=out)
    assert out.getvalue().endswith("Nothing lies.\n")
    remove(GUARDS, connection)
    Event.objects.filter(corpus=corpus, position=2).delete()
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("verify", "--corpus", corpus.slug, "--anchors", str(tmp_path), stdout=out)
    assert "anchored up to 2" in out.getvalue()
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verify", "--anchors", str(tmp_path / "nothing"))


def test_a_place_that_cannot_be_written_is_told_and_the_rest_is_done(
    corpus: Corpus, settings: LazySettings, tmp_path: Path, one_connection: None
) -> None:
    (tmp_path / "file").touch()
    settings.ATTEST_ANCHORS = tmp_path / "file"
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("sweep", "--once", "--json", stdout=out)
    done = json.loads(out.getvalue())
    assert (list(done["failed"]), done["sealed"]) == (["anchored"], 2)
