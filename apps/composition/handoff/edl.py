"""An edit as a CMX 3600 EDL: the picture track, with dissolves; comments note what it can't hold.

Reels are the package's files, under names of at most eight characters; `FROM CLIP NAME` is the file's own name, which
editing software matches when it can't match a reel.
"""

from apps.composition.handoff.edit import Edit, Event
from apps.core.text import one_line


def edl_of(edit: Edit) -> str:
    lines = [f"TITLE: {edit.title[:70].rstrip()}", "FCM: NON-DROP FRAME", ""]
    outs = [later.record_in - later.before for later in edit.events[1:]]
    for number, event in enumerate(edit.events, start=1):
        # An event ends where the dissolve out of it starts; the frames after that belong to the dissolve's own event.
        end = min(event.record_out, outs[number - 1]) if number <= len(outs) else event.record_out
        lines += _event(edit, number, event, end)
    return "\n".join(lines) + "\n"


def _event(edit: Edit, number: int, event: Event, end: int) -> list[str]:
    begin = event.record_in - event.before
    source_in, source_out = event.source_in - event.before, event.source_in + end - event.record_in
    lines = []
    if dissolve := event.before + event.after:
        before = edit.events[number - 2]
        leaves = before.source_out - event.before
        lines.append(_line(edit, number, before.file.reel, "C    ", (leaves, leaves, begin, begin)))
        lines.append(_line(edit, number, event.file.reel, f"D {dissolve:03}", (source_in, source_out, begin, end)))
        lines.append(f"* FROM CLIP NAME: {before.file.base_name}")
        lines.append(f"* TO CLIP NAME: {event.file.base_name}")
    else:
        lines.append(_line(edit, number, event.file.reel, "C    ", (source_in, source_out, begin, end)))
        lines.append(f"* FROM CLIP NAME: {event.file.base_name}")
    lines.append(f"* SOURCE FILE: {event.file.name}")
    lines += [f"* COMMENT: {one_line(note.text)}" for note in edit.notes if note.frame == event.record_in]
    return [*lines, ""]


def _line(edit: Edit, number: int, reel: str, change: str, times: tuple[int, int, int, int]) -> str:
    codes = " ".join([*map(edit.source_code, times[:2]), *map(edit.record_code, times[2:])])
    return f"{number:03}  {reel:<8} V     {change} {codes}"
