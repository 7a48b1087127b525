"""Migrations are named, can be taken back, and leave the guards standing."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from annotations.services.verifying import Lie, verify

MIGRATIONS = sorted(Path(settings.BASE_DIR).glob("*/migrations/0*.py"))


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: f"{path.parent.parent.name}.{path.stem}")
def test_every_migration_has_a_name(path: Path) -> None:
    assert not re.search(r"_auto_|_initial|_merge", path.stem)


@pytest.mark.django_db(transaction=True)
def test_every_migration_can_be_taken_back_and_made_again() -> None:
    try:
        call_command("migrate", "annotations", "zero", verbosity=0)
        assert not [
            name for name in connection.introspection.table_names() if name.startswith("annotations_")
        ]
    finally:
        call_command("migrate", verbosity=0)
    assert [found for found in verify() if isinstance(found, Lie)] == []


@pytest.mark.django_db(transaction=True)
def test_downloads_of_before_are_exports_that_are_done() -> None:
    """And back: what was asked for and not made is forgotten, the rest has its time again."""
    before, after = ("annotations", "0014_releases"), ("annotations", "0015_background_exports")
    executor = MigrationExecutor(connection)
    executor.migrate([before])
    try:
        # Its neighbours are as they are by now.
        corpora = executor.loader.graph.leaf_nodes("corpus")
        apps = executor.loader.project_state([before, *corpora]).apps
        corpus = apps.get_model("corpus", "Corpus").objects.create(slug="harbour", name="Harbour")
        old = apps.get_model("annotations", "Export").objects.create(corpus=corpus, layer="all")
        executor = MigrationExecutor(connection)
        executor.migrate([after])
        exports = executor.loader.project_state([after]).apps.get_model("annotations", "Export").objects
        new = exports.get()
        assert (new.status, new.made_at, new.asked_at, new.file) == ("done", old.made_at, old.made_at, "")
        exports.create(corpus_id=corpus.pk, layer="gold")
        executor = MigrationExecutor(connection)
        executor.migrate([before])
        assert apps.get_model("annotations", "Export").objects.values_list("layer", "made_at").get() == (
            "all",
            old.made_at,
        )
    finally:
        call_command("migrate", verbosity=0)
