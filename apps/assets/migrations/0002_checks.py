
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assets', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='StorageCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.CharField(help_text='"bucket", or the id of a media folder.', max_length=80)),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField()),
                ('files_checked', models.PositiveIntegerField()),
                ('bytes_read', models.BigIntegerField()),
                ('counts', models.JSONField(default=dict)),
                ('examples', models.JSONField(default=list)),
            ],
            options={
                'ordering': ['-started_at'],
                'get_latest_by': 'started_at',
            },
        ),
        migrations.AddField(
            model_name='asset',
            name='link_expires_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='asset',
            name='verified_at',
            field=models.DateTimeField(blank=True, help_text='When the content was last proven right.', null=True),
        ),
    ]
