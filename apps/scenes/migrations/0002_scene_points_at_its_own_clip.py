"""A scene's pointer to its current clip can only name a clip of that scene.

Django has no composite foreign keys to unique pairs, so this one is written in SQL. It is checked at commit.
"""

from django.db import migrations

ADD = """
ALTER TABLE scenes_clip ADD CONSTRAINT clip_scene_pair UNIQUE (scene_id, id);
ALTER TABLE scenes_scene ADD CONSTRAINT scene_points_at_its_own_clip
    FOREIGN KEY (id, current_clip_id) REFERENCES scenes_clip (scene_id, id)
    DEFERRABLE INITIALLY DEFERRED;
"""
DROP = """
ALTER TABLE scenes_scene DROP CONSTRAINT scene_points_at_its_own_clip;
ALTER TABLE scenes_clip DROP CONSTRAINT clip_scene_pair;
"""


class Migration(migrations.Migration):
    dependencies = [("scenes", "0001_initial")]

    operations = [migrations.RunSQL(ADD, DROP)]
