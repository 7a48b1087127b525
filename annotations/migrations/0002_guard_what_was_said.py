from typing import Any

from django.db import migrations

from annotations.guards import ANNOTATION_GUARDS
from corpus.triggers import install, remove


def guard(apps: Any, schema_editor: Any) -> None:
    install(ANNOTATION_GUARDS, schema_editor.connection)


def unguard(apps: Any, schema_editor: Any) -> None:
    remove(ANNOTATION_GUARDS, schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("annotations", "0001_layers_jobs_and_reviews")]
    operations = [migrations.RunPython(guard, unguard)]
