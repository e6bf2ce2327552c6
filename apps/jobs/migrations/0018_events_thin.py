from django.db import migrations

from apps.core.schedule import Periodic, schedule_install, schedule_remove

ENTRIES = [
    Periodic(
        name="Jobs: thin old histories",
        task="workers.sweep.events",
        every_seconds=24 * 3600,
        description="Deletes the single steps of jobs that ended over 90 days ago. How they began and ended stays.",
    ),
]
# A row of these tables is written several times in a job's life. By default, a table is cleaned once a fifth of it is
# dead, which of 100,000 jobs with their JSON is a lot to read past.
CHANGING = "autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02"
# Rows are only added: the visibility map is what index-only scans need, and freezing early spares a large run later.
GROWING = "autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05"
# A few rows that every paid job changes: room on their page lets an update stay there, without touching an index.
HOT = "fillfactor = 20, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0"
OPTIONS = {
    "jobs_job": CHANGING,
    "jobs_remoterun": CHANGING,
    "jobs_jobevent": GROWING,
    "jobs_ledgerentry": GROWING,
    "jobs_spendingaccount": HOT,
}


def names(options: str) -> str:
    return ", ".join(one.partition(" = ")[0] for one in options.split(", "))


def lay(apps, _schema_editor):
    schedule_install(apps, ENTRIES)


def lift(apps, _schema_editor):
    schedule_remove(apps, ENTRIES)


class Migration(migrations.Migration):
    dependencies = [("jobs", "0017_clip_colors"), ("django_celery_beat", "0019_alter_periodictasks_options")]
    operations = [
        migrations.RunPython(lay, lift),
        *(
            migrations.RunSQL(f"ALTER TABLE {table} SET ({options})", f"ALTER TABLE {table} RESET ({names(options)})")
            for table, options in OPTIONS.items()
        ),
    ]
