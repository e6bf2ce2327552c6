from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from apps.assets.models import Asset
from apps.core.errors import ConflictError
from apps.projects.services import project_delete
from apps.scenes import cleaning, cutting, history, services
from apps.scenes.models import Clip, Scene
from tests.factories import make_clip, make_project, make_scenes, store_asset
from tests.fakes import media

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project(user):
    project = make_project(user)
    for scene in make_scenes(project, "4", "4", "4"):
        make_clip(scene, asset=store_asset(user, media.video(1.0)))
    return project


def test_deleted_scene_can_be_restored_until_media_is_removed(user, project, settings):
    file = Path(settings.MEDIA_ROOT) / Scene.objects.get(project=project, sequence=2).current_clip.asset.key
    services.scene_delete(by=user, project_id=project.pk, sequence=2)
    assert cleaning.deleted_scenes_clean(now=timezone.now()) == 0
    history.change_undo(by=user, project_id=project.pk)
    assert Scene.objects.get(project=project, sequence=2).current_clip is not None
    services.scene_delete(by=user, project_id=project.pk, sequence=2)
    assert cleaning.deleted_scenes_clean(now=timezone.now() + timedelta(days=8)) == 1
    assert (Scene.objects.count(), Clip.objects.count(), file.exists()) == (2, 2, False)
    with pytest.raises(ConflictError):
        history.change_undo(by=user, project_id=project.pk)


def test_files_used_by_a_copy_are_kept(user, project):
    cutting.scene_duplicate(by=user, project_id=project.pk, sequence=1)
    shown = Scene.objects.get(project=project, sequence=2).current_clip.asset
    services.scene_delete(by=user, project_id=project.pk, sequence=1)
    cleaning.deleted_scenes_clean(now=timezone.now() + timedelta(days=8))
    assert Asset.objects.filter(pk=shown.pk).exists()


def test_deleting_project_deletes_its_files(user, project, settings):
    key = f"mv/projects/{project.pk}/scenes/1/clip.mp4"
    Asset.objects.filter(pk=Scene.objects.get(project=project, sequence=1).current_clip.asset_id).update(key=key)
    final = store_asset(user, media.video(1.0))
    Asset.objects.filter(pk=final.pk).update(key=f"mv/projects/{project.pk}/final/video.mp4")
    project.compositions.create(asset=final, fingerprint="0" * 64, plan={"shots": []}, proof={})
    project_delete(by=user, project_id=project.pk)
    assert not Asset.objects.filter(pk=final.pk).exists()
    assert not Asset.objects.filter(key=key).exists()
    assert not Clip.objects.exists()
