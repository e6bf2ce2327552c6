"""The part of a clip that a scene shows, in the composed video and in the editor's timelines."""

import io
import zipfile

import pytest

from apps.assets.services import asset_local_copy
from apps.composition.models import Composition
from apps.jobs.models import Job
from tests.composition.handoff.edl_reader import read_edl
from tests.composition.test_projects import post, run, url
from tests.engines.composing.conftest import seen

pytestmark = pytest.mark.django_db(transaction=True)


def patch(api, project, sequence, **body):
    response = api.patch(url(project, f"scenes/{sequence}"), body, content_type="application/json")
    assert response.status_code == 200, response.content


def composed(api, project):
    job = run(post(api, url(project, "compose")))
    assert job.state == "succeeded", job.error
    with asset_local_copy(Composition.objects.first().asset) as path:
        return seen(path)


def test_parts_of_clips_are_composed_and_exported_to_the_frame(api, project):
    whole = composed(api, project)
    assert whole[24:60] == [(1, frame) for frame in range(36)]
    jobs = Job.objects.count()
    assert post(api, url(project, "scenes/2/split"), at=0.71, snap=False).status_code == 200
    patch(api, project, 1, clip_in=0.5)
    patch(api, project, 4, clip_in=0.25, clip_out=1.25)
    assert Job.objects.count() == jobs

    pictures = composed(api, project)
    assert pictures[:24] == [(0, frame) for frame in range(12, 36)]
    assert pictures[24:60] == whole[24:60]  # no picture is lost or shown twice where the scene was split
    assert pictures[60:] == [(2, min(frame, 29)) for frame in range(6, 54)]  # then its last picture is held
    assert run(post(api, url(project, "export"))).state == "succeeded"
    content = b"".join(api.get(url(project, "export")).streaming_content)
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        cuts = read_edl(package.read("timeline.edl").decode(), 24).cuts
    shown = [(cut.source_in, cut.record_out - cut.record_in) for cut in cuts]
    assert shown == [(12, 24), (0, 17), (17, 19), (6, 24)]
