from typing import Any

from django.db import migrations

from annotations.guards import ANNOTATION_GUARDS
from corpus.triggers import install, remove


def guard_again(apps: Any, schema_editor: Any) -> None:
    """Put the guards as they are now in the place of those that froze reasons and notes."""
    remove(ANNOTATION_GUARDS, schema_editor.connection)
    install(ANNOTATION_GUARDS, schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("annotations", "0002_guard_what_was_said")]
    # Taken back, the guards stay as they are: the code holds no older ones.
    operations = [migrations.RunPython(guard_again, migrations.RunPython.noop)]
