from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0016_recalls_from_person_to_person'),
    ]

    operations = [
        migrations.AddField(
            model_name='queuestate',
            name='again',
            field=models.BooleanField(db_default=False),
        ),
        migrations.AddField(
            model_name='queuestate',
            name='filled',
            field=models.BooleanField(db_default=False),
        ),
        migrations.AddField(
            model_name='queuestate',
            name='filled_to',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='queuestate',
            name='settings',
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name='queuestate',
            name='settles',
            field=models.BooleanField(db_default=False),
        ),
    ]
