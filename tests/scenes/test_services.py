from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from apps.composition.looks import scene_look_update
from apps.composition.models import SceneLook
from apps.core.errors import ConflictError, InputError, NotFound
from apps.production.followup import project_song_changed
from apps.scenes import clips, cutting, history, services
from apps.scenes.images import image_make_current, images_of
from apps.scenes.making import scene_span
from apps.scenes.models import Scene
from tests.factories import make_clip, make_job, make_project, make_scenes, store_asset
from tests.fakes import media

pytestmark = pytest.mark.django_db


def shape(project):
    rows = Scene.objects.filter(project=project, deleted_at=None).order_by("sequence")
    return [(row.sequence, row.prompt, row.duration) for row in rows]


def lengths(project):
    return [float(duration) for _, _, duration in shape(project)]


@pytest.fixture
def song_project(user):
    project = make_project(user, song_seconds=12.0)
    make_scenes(project, "4", "6", "2")
    return project


def test_inserted_scene_takes_time_from_neighbor(user, song_project):
    services.scene_create(by=user, project_id=song_project.pk, sequence=2, duration=Decimal(2), prompt="new")
    assert [row[:2] for row in shape(song_project)] == [(1, "shot 1"), (2, "new"), (3, "shot 2"), (4, "shot 3")]
    assert lengths(song_project) == [4, 2, 4, 2]


def test_manual_scenes_keep_their_lengths_until_they_fill_song(user):
    project = make_project(user, song_seconds=12.0)
    made = {"by": user, "project_id": project.pk}
    for duration in ("3.1", None, "5.05"):
        services.scene_create(**made, duration=None if duration is None else Decimal(duration))
    services.scene_update(**made, sequence=1, duration=Decimal("2.95"))
    assert [row[2] for row in shape(project)] == [Decimal("2.95"), None, Decimal("5.05")]
    services.scene_update(**made, sequence=2, duration=Decimal(4))
    services.scene_update(**made, sequence=2, duration=Decimal(3), snap=False)
    assert lengths(project) == [2.95, 3, 6.05]
    services.scene_delete(**made, sequence=2)
    assert lengths(project) == [5.95, 6.05]


def test_scene_without_length_lasts_as_long_as_its_clip(user, api):
    project = make_project(user, song_seconds=12.0)
    scene = services.scene_create(by=user, project_id=project.pk)
    row = f"/api/mv/projects/{project.pk}/scenes/1"
    assert api.get(row).json()["duration"] == 8
    make_clip(scene)
    assert api.get(row).json()["duration"] == scene.clips.get().asset.duration_seconds


def test_deleting_leaves_no_gap_and_undo_restores_scene(user, song_project):
    before = shape(song_project)
    services.scene_delete(by=user, project_id=song_project.pk, sequence=1)
    assert [row[:2] for row in shape(song_project)] == [(1, "shot 2"), (2, "shot 3")]
    assert sum(lengths(song_project)) == 12
    history.change_undo(by=user, project_id=song_project.pk)
    assert shape(song_project) == before
    history.change_redo(by=user, project_id=song_project.pk)
    assert lengths(song_project) == [10, 2]


def test_reordering_keeps_lengths(user, song_project):
    services.scenes_reorder(by=user, project_id=song_project.pk, order=[3, 1, 2])
    assert [row[1] for row in shape(song_project)] == ["shot 3", "shot 1", "shot 2"]
    assert lengths(song_project) == [2, 4, 6]


def test_retiming_snaps_to_beat_unless_disabled(user, song_project):
    change = {"by": user, "project_id": song_project.pk, "sequence": 1}
    services.scene_update(**change, duration=Decimal("4.7"))
    assert lengths(song_project) == [4.5, 5.5, 2]
    services.scene_update(**change, duration=Decimal("4.7"), snap=False)
    assert lengths(song_project) == [4.7, 5.3, 2]


def test_split_merge_and_duplicate_keep_total_length(user, song_project):
    cutting.scene_split(by=user, project_id=song_project.pk, sequence=2, at=Decimal("2.1"))
    assert lengths(song_project) == [4, 2, 4, 2]
    cutting.scene_duplicate(by=user, project_id=song_project.pk, sequence=1)
    assert lengths(song_project) == [2, 2, 2, 4, 2]
    cutting.scene_merge(by=user, project_id=song_project.pk, sequence=4)
    assert lengths(song_project) == [2, 2, 2, 6]
    assert [row[0] for row in shape(song_project)] == [1, 2, 3, 4]


def test_duplicate_has_copied_clip(user, song_project):
    first = Scene.objects.get(project=song_project, sequence=1)
    clip = make_clip(first)
    copy = cutting.scene_duplicate(by=user, project_id=song_project.pk, sequence=1)
    assert copy.current_clip.asset == clip.asset
    assert (copy.current_clip.origin, copy.current_clip.parent) == ("copied", clip)


def test_facts_of_the_shot_leave_with_the_words_they_were_about(user, song_project):
    scene = Scene.objects.get(project=song_project, sequence=1)
    scene.facts = {"camera": "slow push", "picture": {"words": "shot 1"}}
    scene.save()
    where = {"by": user, "project_id": song_project.pk}
    services.scene_update(**where, sequence=1, lipsync=True, prompt=scene.prompt)
    scene.refresh_from_db()
    assert scene.facts["camera"] == "slow push"
    services.scene_update(**where, sequence=1, prompt="a still harbor")
    scene.refresh_from_db()
    assert scene.facts == {"picture": {"words": "shot 1"}}
    history.change_undo(**where)
    scene.refresh_from_db()
    assert scene.facts["camera"] == "slow push"


def test_stale_edit_is_rejected(user, song_project):
    edit = {"by": user, "project_id": song_project.pk, "sequence": 1, "expected_version": 1}
    services.scene_update(**edit, prompt="first")
    with pytest.raises(ConflictError, match="changed in the meantime"):
        services.scene_update(**edit, prompt="second")
    assert shape(song_project)[0][1] == "first"


def test_busy_scene_cannot_be_deleted(user, song_project):
    scene = Scene.objects.get(project=song_project, sequence=1)
    scene.job = make_job(user, state="running", project_id=song_project.pk, scene_id=scene.pk)
    scene.save()
    with pytest.raises(ConflictError, match="is busy"):
        services.scene_delete(by=user, project_id=song_project.pk, sequence=1)


def test_another_users_scene_is_not_found(other_user, song_project):
    with pytest.raises(NotFound):
        services.scene_update(by=other_user, project_id=song_project.pk, sequence=1, prompt="mine")


def test_revert_restores_original_and_can_be_undone(user, song_project):
    scene = Scene.objects.get(project=song_project, sequence=1)
    original = make_clip(scene)
    later = make_clip(scene)
    clips.clip_make_current(by=user, project_id=song_project.pk, sequence=1)
    scene.refresh_from_db()
    assert scene.current_clip == original
    history.change_undo(by=user, project_id=song_project.pk)
    scene.refresh_from_db()
    assert scene.current_clip == later


def test_new_change_discards_undone_changes(user, song_project):
    services.scene_delete(by=user, project_id=song_project.pk, sequence=1)
    history.change_undo(by=user, project_id=song_project.pk)
    services.scene_update(by=user, project_id=song_project.pk, sequence=1, prompt="another way")
    with pytest.raises(ConflictError, match="nothing to redo"):
        history.change_redo(by=user, project_id=song_project.pk)


def test_scenes_are_replanned_when_song_changes(user, song_project):
    song_project.song_end = Decimal(10)
    song_project.save()
    with transaction.atomic():
        assert not services.scenes_replan(project=song_project)
    make_job(user, kind="scenes", state="succeeded", project_id=song_project.pk)
    with transaction.atomic():
        assert services.scenes_replan(project=song_project)
    assert sum(lengths(song_project)) == 10
    assert all(length * 2 == int(length * 2) for length in lengths(song_project)[:-1])


def test_order_must_include_every_scene(user, song_project):
    with pytest.raises(InputError):
        services.scenes_reorder(by=user, project_id=song_project.pk, order=[1, 2, 99])


@pytest.mark.django_db(transaction=True)
def test_database_rejects_another_scenes_clip_as_current(user):
    project = make_project(user)
    first, second = make_scenes(project, "4", "6")
    clip = make_clip(second)
    with pytest.raises(IntegrityError, match="scene_points_at_its_own_clip"), transaction.atomic():
        Scene.objects.filter(pk=first.pk).update(current_clip=clip)


@pytest.mark.django_db(transaction=True)
def test_database_rejects_duplicate_scene_number(user):
    project = make_project(user)
    make_scenes(project, "4", "6")
    with pytest.raises(IntegrityError, match="scene_sequence_is_unique"), transaction.atomic():
        Scene.objects.filter(project=project, sequence=2).update(sequence=1)


@pytest.mark.django_db(transaction=True)
def test_concurrent_inserts_leave_no_gap_in_numbers(user):
    project = make_project(user, song_seconds=12.0)
    make_scenes(project, "6", "6")

    def insert(_):
        services.scene_create(by=user, project_id=project.pk, sequence=1)
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(insert, range(4)))
    assert [row[0] for row in shape(project)] == [1, 2, 3, 4, 5, 6]
    assert sum(lengths(project)) == 12


def test_undo_restores_scene_look(user, song_project):
    where = {"by": user, "project_id": song_project.pk}

    def looks():
        rows = SceneLook.objects.filter(scene__deleted_at=None).order_by("scene__sequence")
        return [(row.scene.sequence, row.transition, row.clip_volume) for row in rows]

    looked = [(2, "flash", 0.5)]
    scene_look_update(**where, sequence=2, transition="flash", clip_volume=0.5)
    history.change_undo(**where)
    assert looks() == []
    history.change_redo(**where)
    assert looks() == looked
    cutting.scene_duplicate(**where, sequence=2)
    assert looks() == [(2, "flash", 0.5), (3, "flash", 0.5)]
    history.change_undo(**where)
    assert looks() == looked
    scene_look_update(**where, sequence=2, transition="crossfade")
    history.change_undo(**where)
    assert looks() == looked


def test_change_meant_for_another_scene_is_rejected(user, song_project):
    first, second, third = Scene.objects.filter(project=song_project).order_by("sequence")
    where = {"by": user, "project_id": song_project.pk, "sequence": 2}
    with pytest.raises(ConflictError, match="were reordered"):
        cutting.scene_split(**where, at=Decimal(1), scene_id=first.pk)
    with pytest.raises(ConflictError, match="were reordered"):
        services.scene_update(**where, duration=Decimal(5), scene_id=first.pk)
    with pytest.raises(ConflictError, match="were reordered"):
        order = [second.pk, first.pk, third.pk]
        services.scenes_reorder(by=user, project_id=song_project.pk, scene_ids=order, seen_ids=order)
    assert lengths(song_project) == [4, 6, 2]
    cutting.scene_split(**where, at=Decimal(2), scene_id=second.pk)
    assert lengths(song_project) == [4, 2, 4, 2]


SECTIONS = [
    {"label": "intro", "start_seconds": 0.0, "end_seconds": 5.0},
    {"label": "Drop", "start_seconds": 5.0, "end_seconds": 12.0},
]


def test_a_scene_that_is_written_by_hand_gets_the_songs_section(user, song_project):
    song_project.song.analysis = {"sections": SECTIONS}
    song_project.song.save()
    made = {"by": user, "project_id": song_project.pk, "duration": Decimal(1)}
    assert services.scene_create(**made, sequence=1).section == "intro"
    assert services.scene_create(**made).section == "Drop"
    assert services.scene_create(**made, sequence=2, section="my own").section == "my own"
    without_song = make_project(user)
    assert services.scene_create(by=user, project_id=without_song.pk).section == ""


def test_scenes_are_named_once_the_song_is_there(user, song_project):
    song_project.song.analysis = {"sections": SECTIONS}
    song_project.song.save()
    project_song_changed(song_project.pk)
    rows = Scene.objects.filter(project=song_project).order_by("sequence")
    assert [row.section for row in rows] == ["intro", "Drop", "Drop"]


def test_a_copy_of_a_scene_without_a_length_has_none(user):
    project = make_project(user)
    make_scenes(project, None, "1.5")
    cutting.scene_duplicate(by=user, project_id=project.pk, sequence=1)
    rows = Scene.objects.filter(project=project).order_by("sequence")
    assert [row.duration for row in rows] == [None, None, Decimal("1.5")]


def test_scenes_are_renamed_after_song_sections(user, song_project):
    song_project.song.analysis = {"sections": SECTIONS}
    names = ("intro", "verse", "my own")
    for scene, section in zip(Scene.objects.filter(project=song_project).order_by("sequence"), names, strict=True):
        Scene.objects.filter(pk=scene.pk).update(section=section)
    services.scenes_name_sections(project=song_project, instead_of=["intro", "verse"])
    rows = Scene.objects.filter(project=song_project).order_by("sequence")
    assert [row.section for row in rows] == ["intro", "Drop", "my own"]


def test_frames_of_a_scene_that_was_just_deleted_are_not_found(user):
    project = make_project(user)
    scene = make_scenes(project, "2", "2")[1]
    services.scene_delete(by=user, project_id=project.pk, sequence=2)
    with pytest.raises(NotFound, match="deleted in the meantime"):
        scene_span(scene)


def test_an_image_that_came_after_its_job_was_cancelled_can_be_chosen(user, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    project = make_project(user)
    scene = make_scenes(project, "2")[0]
    image = store_asset(user, media.image(), kind="image")
    make_job(user, kind="image", state="cancelled", scene_id=scene.pk, result={"image_id": str(image.pk)})
    assert images_of(scene) == [image]
    image_make_current(by=user, project_id=project.pk, sequence=1, image_id=image.pk)
    assert project.scenes.get().image == image
