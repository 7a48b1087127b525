from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotations", "0004_passes_and_gold")]

    operations = [
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(
                condition=models.Q(("status", "submitted")),
                fields=["corpus", "ended_at"],
                name="assignment_submitted",
            ),
        ),
    ]
