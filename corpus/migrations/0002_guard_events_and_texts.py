from typing import Any

from django.db import migrations

from corpus.guards import CORPUS_GUARDS
from corpus.triggers import install, remove


def guard(apps: Any, schema_editor: Any) -> None:
    install(CORPUS_GUARDS, schema_editor.connection)


def unguard(apps: Any, schema_editor: Any) -> None:
    remove(CORPUS_GUARDS, schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("corpus", "0001_articles_and_events")]
    operations = [migrations.RunPython(guard, unguard)]
