"""Tasks that draw the flavors' pictures."""

from celery import shared_task

from apps.gallery import filming, pictures


@shared_task(name=pictures.DRAW_TASK)
def flavor_picture_draw(*, recipe: str, **_: object) -> None:
    filming.flavor_picture_draw(recipe)
