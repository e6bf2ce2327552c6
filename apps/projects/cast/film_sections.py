"""Which sections of the song a subject can look different in."""

from apps.core.errors import InputError
from apps.projects.models import Project
from apps.songs.named_sections import song_sections
from engines.lyrics.parts import SECTION_KINDS, section_kind


def section_check(project: Project | None, section: str, *, name: str) -> None:
    """Raise InputError, for the field `name`, unless songs usually have such a section, or this film has it."""
    kind = section_kind(section)
    if not section or kind in SECTION_KINDS:
        return
    known = sections_offered(project)
    if kind and kind in {section_kind(one) for one in known}:
        return
    detail = f"“{section}” isn't a section of a song. Choose one of: {', '.join(known)}."
    raise InputError(detail, errors={name: [detail]})


def sections_offered(project: Project | None) -> list[str]:
    """Return the sections to choose from: this film's, then those that songs usually have."""
    return list(dict.fromkeys([*(_own_sections(project) if project is not None else []), *SECTION_KINDS]))


def _own_sections(project: Project) -> list[str]:
    heard = [part.label for part in song_sections(project.song)] if project.song is not None else []
    used = project.scenes.filter(deleted_at=None).exclude(section="").order_by("sequence")
    return [*heard, *used.values_list("section", flat=True)]
