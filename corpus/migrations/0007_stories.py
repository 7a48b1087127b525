import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('corpus', '0006_unaided_withheld_and_planted_shares'),
    ]

    operations = [
        migrations.AddField(
            model_name='article',
            name='story',
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='article',
            name='story_due',
            field=models.BooleanField(db_default=True, editable=False),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(fields=['story'], name='article_story'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(condition=models.Q(('story_due', True)), fields=['corpus', 'id'], name='article_story_due'),
        ),
        migrations.CreateModel(
            name='Sketch',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('size', models.PositiveIntegerField(help_text='fingerprints')),
                ('article', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='sketch', to='corpus.article')),
            ],
        ),
        migrations.CreateModel(
            name='Fingerprint',
            fields=[
                ('hash', models.BigIntegerField()),
                ('sketch', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='fingerprints', to='corpus.sketch')),
                ('pk', models.CompositePrimaryKey('hash', 'sketch_id', blank=True, editable=False, primary_key=True, serialize=False)),
            ],
        ),
    ]
