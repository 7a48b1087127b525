from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0015_background_exports'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='recall',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['rereview', 'reviewer'], name='recall_people'),
        ),
    ]
