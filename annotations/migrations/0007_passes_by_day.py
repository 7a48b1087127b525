from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotations", "0006_lists_of_assignments_and_disputes")]

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
