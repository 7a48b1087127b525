from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotations", "0007_passes_by_day")]

    operations = [
        migrations.AddField(
            model_name="training",
            name="learner",
            field=models.CharField(
                choices=[("light", "light"), ("neural", "neural")], default="light", max_length=16
            ),
        ),
    ]
