from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assets', '0004_media_folder'),
    ]

    operations = [
        migrations.AddField(
            model_name='asset',
            name='description',
            field=models.JSONField(blank=True, null=True),
        ),
    ]
