"""Migrations are named, can be taken back, and leave the guards standing."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

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
