"""The cast's pages: adding, editing and drawing somebody, and the chips of scenes."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.jobs.models import Job
from apps.projects.models import Subject, SubjectPicture
from apps.scenes.services import scene_update
from tests.factories import make_asset, make_project, make_scenes, make_subject
from tests.fakes import media
from tests.studio.pages import html_of, poll, seen_of

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}
NEWS = '{"news": {}}'


@pytest.fixture
def project(user):
    return make_project(user)


def url(project, *parts):
    return "/".join(["/projects", str(project.pk), "cast", *map(str, parts)])


def test_somebody_is_added_and_edited_without_javascript(browser, project):
    page = html_of(browser.get(url(project)))
    assert "Nobody is in the cast yet" in page
    browser.post(url(project), {"kind": "character", "name": "Mara", "description": "a red coat"})
    page = html_of(browser.get(url(project)))
    assert "Mara" in page and "Character · lead" in page and "No picture yet" in page
    twice = browser.post(url(project), {"kind": "place", "name": "mara"})
    assert twice.status_code == 400 and "already has “mara”" in html_of(twice)

    mara = Subject.objects.get()
    saved = {"name": "Mara", "kind": "character", "description": "a green coat", "never_change": "a scar",
             "color": "#f0b45a", "version": 1, "variant_section": ["chorus", ""],
             "variant_description": ["red dress", ""]}  # fmt: skip
    assert browser.post(url(project, mara.pk), saved).status_code == 302
    mara.refresh_from_db()
    assert (mara.description, mara.color) == ("a green coat", "#f0b45a")
    assert mara.variants == [{"section": "chorus", "description": "red dress"}]
    late = browser.post(url(project, mara.pk), saved)
    assert late.status_code == 400 and "changed in the meantime" in html_of(late)


@pytest.mark.parametrize(
    ("section", "words", "said"),
    [("chorus", " ", "Say what is different in “chorus”"), ("", "red dress", "Say in which section it is “red dress”")],
)
def test_half_a_line_of_the_wardrobe_is_refused_and_kept_on_the_page(browser, project, section, words, said):
    mara = make_subject(project, variants=[{"section": "bridge", "description": "a veil"}])
    sent = {"name": "Mara", "kind": "character", "version": 1, "description": "a green coat",
            "variant_section": ["bridge", section], "variant_description": ["a hood", words]}  # fmt: skip
    answer = browser.post(url(project, mara.pk), sent)
    page = html_of(answer)
    assert answer.status_code == 400 and said in page
    assert 'value="a hood"' in page and f'value="{section or words}"' in page, "nothing that was typed is lost"
    mara.refresh_from_db()
    assert mara.variants == [{"section": "bridge", "description": "a veil"}]

    # An emptied line is removed.
    emptied = sent | {"variant_section": ["", ""], "variant_description": ["", " "]}
    assert browser.post(url(project, mara.pk), emptied).status_code == 302
    mara.refresh_from_db()
    assert mara.variants == []


def test_pages_follow_what_is_drawn(browser, project, settings, tmp_path):
    settings.MEDIA_ROOT, settings.SCRATCH_ROOT = tmp_path / "media", tmp_path / "scratch"
    mara = make_subject(project)
    cast, hers = (seen_of(html_of(browser.get(url(project, *parts)))) for parts in ([], [mara.pk]))
    assert poll(browser, url(project, "news"), cast).status_code == 204
    assert poll(browser, url(project, mara.pk, "news"), hers).status_code == 204

    browser.post(url(project, mara.pk, "draw"))
    assert "Being drawn" in html_of(poll(browser, url(project, "news"), cast))
    drawing = html_of(poll(browser, url(project, mara.pk, "news"), hers))
    assert "Being drawn" in drawing and 'id="poller"' in drawing

    file = SimpleUploadedFile("face.png", media.image(), content_type="image/png")
    browser.post(url(project, mara.pk, "upload"), {"file": file})
    shown = html_of(poll(browser, url(project, mara.pk, "news"), hers))
    assert "In use" in shown and "Draw a reference sheet" in shown and "What never changes" not in shown


def test_pictures_are_uploaded_drawn_preferred_and_removed(browser, project, settings, tmp_path):
    settings.MEDIA_ROOT, settings.SCRATCH_ROOT = tmp_path / "media", tmp_path / "scratch"
    mara = make_subject(project)
    file = SimpleUploadedFile("face.png", media.image(), content_type="image/png")
    browser.post(url(project, mara.pk, "upload"), {"file": file})
    picture = mara.pictures.get()
    page = html_of(browser.get(url(project, mara.pk)))
    assert "In use" in page and "Draw a reference sheet" in page
    browser.post(url(project, mara.pk, "sheet"))
    assert Job.objects.filter(kind="character_reference").count() == 4
    assert "Being drawn" in html_of(browser.get(url(project, mara.pk)))
    browser.post(url(project, mara.pk, "aside"), {"picture_id": picture.pk})
    picture.refresh_from_db()
    assert picture.position is None
    browser.post(url(project, mara.pk, "prefer"), {"picture_id": picture.pk})
    browser.post(url(project, mara.pk, "remove-picture"), {"picture_id": picture.pk})
    assert not mara.pictures.exists()
    page = html_of(browser.get(url(project, mara.pk)))
    assert "Removed a picture of Mara." in page and "In use" not in page
    assert "Removed a picture" not in html_of(browser.get(url(project))), "it is offered where the picture was"
    undo = re.search(r'name="undo" value="(\d+)"', page)[1]
    assert browser.post(url(project, mara.pk, "undo"), {"undo": undo}).status_code == 302
    page = html_of(browser.get(url(project, mara.pk)))
    assert mara.pictures.get() == picture and "In use" in page and "Removed a picture" not in page
    browser.post(url(project, mara.pk, "undo"), {"undo": "soon"})
    assert "nothing to undo" in html_of(browser.get(url(project, mara.pk)))
    assert browser.post(url(project, mara.pk, "dance")).status_code == 404


def test_a_subject_is_taken_from_the_library(browser, user, project):
    mara = make_subject(make_project(user, title="The first film"), pictures=1)
    assert "The first film" in html_of(browser.get(url(project)))
    browser.post(url(project), {"copy_of": mara.pk})
    assert project.subjects.get().pictures.count() == 1


def test_removing_somebody_is_undone_on_the_same_page(browser, project):
    mara = make_subject(project, pictures=1)
    left = browser.post(url(project, mara.pk, "delete"), follow=True)
    page = html_of(left)
    assert "Removed Mara from the cast." in page and "Nobody is in the cast yet" in page
    change = re.search(r'name="undo" value="(\d+)"', page)[1]
    for stale in ("x", "", str(int(change) + 1)):
        assert browser.post(url(project), {"undo": stale}).status_code == 302
        assert not project.subjects.filter(deleted_at=None)
    back = html_of(browser.post(url(project), {"undo": change}, follow=True))
    assert "Character · lead" in back and "Removed Mara" not in back
    assert mara.pictures.count() == 1


def test_chips_take_out_and_put_in(browser, project):
    (scene,) = make_scenes(project, "4")
    mara, jon = make_subject(project, "Mara"), make_subject(project, "Jon")
    where = f"/projects/{project.pk}/scenes/1"
    page = html_of(browser.get(f"{where}/inspector"))
    assert re.search(r"Take Mara out of scene 1", page) and "Put somebody into scene 1" in page

    changed = browser.post(f"{where}/cast", {"subject_id": jon.pk, "scene_id": scene.pk, "page": "quick"}, headers=HTMX)
    assert "Take Jon out of scene 1" in html_of(changed)
    browser.post(f"{where}/cast", {"subject_id": mara.pk, "scene_id": scene.pk})
    assert [row.subject for row in scene.cast.all()] == [jon]
    assert browser.post(f"{where}/cast", {"subject_id": "x"}, headers=HTMX).status_code == 400


def test_stop_keeps_the_page_asking_for_its_own_pieces(browser, project):
    mara = make_subject(project)
    browser.post(url(project, mara.pk, "draw"))
    for parts in ([], [mara.pk]):
        page = html_of(browser.get(url(project, *parts)))
        assert 'name="page" value="cast"' in page and f'hx-post="{url(project, *parts, "news")}"' in page
    stopped = browser.post(f"/projects/{project.pk}/stop", {"page": "cast"}, headers=HTMX)
    assert (stopped.status_code, stopped["HX-Trigger"]) == (204, NEWS)
    saved = browser.post(f"/projects/{project.pk}/budget", {"budget": "5"}, headers={
        **HTMX, "HX-Current-URL": f"http://testserver{url(project, mara.pk)}"})  # fmt: skip
    assert (saved.status_code, saved["HX-Trigger"]) == (204, NEWS)
    assert browser.post(f"/projects/{project.pk}/stop", {"page": "cast"})["Location"] == url(project)


def test_a_card_says_whose_pictures_are_not_sent(browser, project, user):
    harbor = make_subject(project, "Harbor", kind="place", pictures=1)
    make_scenes(project, "4", "4")
    scene_update(by=user, project_id=project.pk, sequence=2, subjects=[harbor.pk])
    storyboard = f"/quick-gen/{project.pk}"
    said = "draws Harbor after the words about them, not after pictures."
    page = html_of(browser.get(storyboard))
    assert page.count(said) == 1 and page.index('data-scene="2"') < page.index(said)
    assert said in html_of(browser.get(f"/projects/{project.pk}/scenes/2/inspector"))

    # A picture that was put aside is missed by nobody, which an open page learns, too.
    seen = seen_of(page)
    harbor.pictures.update(position=None)
    news = html_of(poll(browser, storyboard, seen))
    assert 'data-scene="2"' in news and said not in news


def test_a_picture_is_put_into_a_section_and_several_are_uploaded_at_once_on_the_page(browser, project):
    mara = make_subject(project)
    files = [SimpleUploadedFile(f"{size}.png", media.image(size)) for size in ("320x180", "180x320")]
    assert browser.post(url(project, mara.pk, "upload"), {"file": files}).status_code == 302
    first, second = mara.pictures.all()
    assert (first.asset.width, second.asset.width) == (320, 180), "the first one is preferred"

    browser.post(url(project, mara.pk, "section"), {"picture_id": second.pk, "section": "chorus"})
    page = html_of(browser.get(url(project, mara.pk)))
    assert '<option value="chorus" selected>' in page and "Only in chorus" in page
    second.refresh_from_db()
    assert second.section == "chorus"
    browser.post(url(project, mara.pk, "section"), {"picture_id": second.pk, "section": "no such"})
    assert "a section of a song. Choose one of" in html_of(browser.get(url(project, mara.pk)))


def test_the_page_says_what_the_sheet_has_and_offers_only_what_is_missing(browser, project):
    mara = make_subject(project)
    browser.post(url(project, mara.pk, "upload"), {"file": SimpleUploadedFile("a.png", media.image("320x180"))})
    assert "Draw a reference sheet" in html_of(browser.get(url(project, mara.pk)))
    for view in ("front", "profile"):
        asset = make_asset(project.owner, kind="image")
        SubjectPicture.objects.create(subject=mara, asset=asset, origin="sheet", view=view, position=5)
    page = html_of(browser.get(url(project, mara.pk)))
    assert "Complete the reference sheet" in page
    assert "The sheet has front and profile. Three-quarter and full body would be drawn." in " ".join(page.split())
    for view in ("three-quarter", "full body"):
        asset = make_asset(project.owner, kind="image")
        SubjectPicture.objects.create(subject=mara, asset=asset, origin="sheet", view=view, position=6)
    page = html_of(browser.get(url(project, mara.pk)))
    assert "the reference sheet" not in page and "It is complete" in page
