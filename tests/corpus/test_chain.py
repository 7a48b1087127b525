"""The exported chain, checked by a program that knows nothing of ours."""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from corpus.models import Corpus, Event, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import configure_corpus
from corpus.services.events import Change, canonical_event, chained_hash, record, seal_events
from corpus.services.tokens import make_token
from tests.conftest import acting, put_in

SCRIPT = settings.BASE_DIR / "docs" / "verify_chain.py"


def verified(*files: Path) -> tuple[int, str]:
    """Return the exit code and the words of the script, run without anything of this environment."""
    command = [sys.executable, "-I", "-S", str(SCRIPT), *map(str, files)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env={})
    assert not run.stderr, run.stderr
    return run.returncode, run.stdout


@pytest.fixture
def chain(corpus: Corpus, ada: User, tmp_path: Path) -> Path:
    put_in(corpus, "“Größe 😀,” said Bo Lind.\n")
    configure_corpus(COMMAND, corpus, version=1, changes={"name": 'Häfen "Nord"'})
    hard = [1e22, 1e-7, 0.1, -0.0, 2**63 - 1, "\u2028\x7f\\", {"b": 1, "a": None}, True]
    about: dict[str, Any] = {"object_type": "corpus", "object_id": corpus.pk, "corpus_id": corpus.pk}
    record(acting(ada), Change(action="test", before=hard, after={"ü": hard}, reason="wegen ‘x’", **about))
    seal_events()
    return exported(corpus, tmp_path / "events.jsonl")


def exported(corpus: Corpus | None, output: Path) -> Path:
    name = [f"--corpus={corpus.slug}"] if corpus else []
    call_command("events", *name, "--output", str(output), stdout=StringIO())
    return output


def test_the_chain_verifies_with_the_standard_library_alone(chain: Path, corpus: Corpus) -> None:
    code, words = verified(chain)
    last = Event.objects.filter(corpus=corpus).order_by("-position")[0]
    assert (code, words) == (0, f"{last.position} events and 0 anchors hold; the last hash is {last.hash}\n")
    lines = chain.read_bytes().splitlines()
    assert [json.loads(line)["event"]["position"] for line in lines] == list(range(1, len(lines) + 1))
    assert json.loads(lines[-1])["event"]["after"] == last.after


def damaged(chain: Path, kind: str) -> None:
    lines = chain.read_bytes().splitlines(keepends=True)
    if kind == "a field":
        lines[3] = lines[3].replace(b'"via":"command"', b'"via":"api"')
    if kind == "a hash":
        lines[3] = lines[3].replace(lines[3][9:73], b"f" * 64)
    if kind == "a row removed":
        del lines[3]
    if kind == "two rows in another order":
        lines[3], lines[4] = lines[4], lines[3]
    if kind == "a row twice":
        lines.insert(3, lines[3])
    if kind == "a space":
        lines[3] = lines[3].replace(b'","event":{', b'","event":{ ')
    if kind == "a line of something else":
        lines[3] = b"{}\n"
    assert lines != chain.read_bytes().splitlines(keepends=True)
    chain.write_bytes(b"".join(lines))


@pytest.mark.parametrize(
    "kind",
    [
        "a field", "a hash", "a row removed", "two rows in another order", "a row twice", "a space",
        "a line of something else",
    ],
)  # fmt: skip
def test_the_first_position_that_lies_is_named(chain: Path, kind: str) -> None:
    place = "5" if kind == "a row twice" else "4"
    damaged(chain, kind)
    code, words = verified(chain)
    assert code == 1
    assert words.startswith(f"position {place} "), words


def test_a_cut_tail_and_a_chain_written_anew_are_found_by_anchors_alone(chain: Path, tmp_path: Path) -> None:
    lines = chain.read_bytes().splitlines(keepends=True)
    last = json.loads(lines[-1])
    anchor = {"corpus": last["event"]["corpus"], "position": len(lines), "hash": last["hash"], "at": "then"}
    other = anchor | {"corpus": None, "position": 1, "hash": "f" * 64}
    anchors = tmp_path / "anchors.jsonl"
    anchors.write_text(f"{json.dumps(other)}\n{json.dumps(anchor)}\n")
    assert verified(chain, anchors)[0] == 0
    chain.write_bytes(b"".join(lines[:-2]))
    assert verified(chain)[0] == 0, "the control: by itself it fits together"
    code, words = verified(chain, anchors)
    assert (code, words) == (1, f"position {len(lines) - 1} is missing: then the chain had {len(lines)}\n")
    anchors.write_text(json.dumps(anchor | {"position": 2}) + "\n")
    assert verified(chain, anchors)[1].startswith("position 2 was another at then")


def test_what_belongs_to_no_corpus_has_a_chain_too(ada: User, tmp_path: Path) -> None:
    make_token(acting(ada), user=ada, name="laptop", scopes=["read"])
    seal_events()
    assert verified(exported(None, tmp_path / "events.jsonl"))[0] == 0


def test_an_empty_chain_verifies_and_a_directory_that_is_not_there_is_refused(
    corpus: Corpus, tmp_path: Path
) -> None:
    assert verified(exported(corpus, tmp_path / "events.jsonl"))[1].startswith("0 events")
    with pytest.raises(CommandError, match="cannot be written to"):
        exported(corpus, tmp_path / "nowhere" / "events.jsonl")
    assert list(tmp_path.iterdir()) == [tmp_path / "events.jsonl"]


def test_the_canonical_form_is_what_the_hash_is_taken_of(chain: Path, corpus: Corpus) -> None:
    event = Event.objects.get(corpus=corpus, position=1)
    assert event.hash == chained_hash("0" * 64, event)
    assert canonical_event(event) in chain.read_bytes()
