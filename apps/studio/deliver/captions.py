"""How a project's videos show the words of the song, chosen on a frame of the film."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from apps.composition.caption_files import font_choices
from apps.composition.captions import readable_words
from apps.composition.captions_api import font_sample_url
from apps.composition.planning import project_look
from apps.composition.project_looks import project_look_set
from apps.songs.lyrics.files import FORMS
from apps.studio.deliver.dialogs import dialog_response, project_asked, saved_response, sent
from apps.studio.deliver.forms import CaptionsForm
from apps.studio.forms import form_saves
from engines.lyrics.fonts import missing_characters


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def captions(request: HttpRequest, project_id: UUID) -> HttpResponse:
    by, project = project_asked(request, project_id)
    now = project_look(project).captions.changed({}).model_dump(mode="json")
    words = readable_words(project)
    fonts = font_choices(project) if words.lines else []
    form = CaptionsForm(sent(request)[0], initial=now, fonts=[font.name for font in fonts])
    options = {"captions": form.cleaned_data} if form.is_valid() else {}
    if form_saves(form, lambda: project_look_set(by=by, project_id=project_id, options=options)):
        return saved_response(request, project_id)
    samples = {font.name: font_sample_url(project_id, font.name, font.sample) for font in fonts}
    return dialog_response(
        request,
        "deliver/dialog_captions",
        project,
        form,
        # Captions of its own are changed with the output.
        videos=[output for output in project.outputs.all() if not output.captions],
        words=words,
        files=[*FORMS],
        missing=missing_characters(words.text),
        fonts=[(*choice, samples.get(choice[0], "")) for choice in form.font_choices],
    )
