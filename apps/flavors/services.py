"""The only writer of flavor edits."""

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import ConflictError, InputError, NotFound
from apps.flavors.discovery import DEFAULT
from apps.flavors.models import FlavorEdit, flavor_name_validator
from apps.flavors.registry import registry
from apps.flavors.selectors import flavor_preview

log = structlog.get_logger(__name__)


def flavor_save(
    *, by: User, flavor: str, config_type: str, text: str, expected_version: int | None = None
) -> FlavorEdit:
    """Save `text` (YAML) as the edit that overrides the flavor's file; a new name creates a new flavor.

    Raises InputError if it is invalid, ConflictError if `expected_version` (0: no edit yet) is no longer the stored
    one. Every process sees the edit within about a second of the commit.
    """
    try:
        flavor_name_validator(flavor)
    except ValidationError as error:
        raise InputError(error.messages[0], errors={"flavor": error.messages}) from error
    flavor_preview(flavor=flavor, config_type=config_type, text=text)
    with transaction.atomic():
        edit = FlavorEdit.objects.select_for_update().filter(flavor=flavor, config_type=config_type).first()
        stored_version = edit.version if edit else 0
        if expected_version is not None and expected_version != stored_version:
            raise ConflictError("Someone else changed this flavor in the meantime. Reload it, then repeat your change.")
        edit = edit or FlavorEdit(flavor=flavor, config_type=config_type)
        edit.text = text
        edit.version = stored_version + 1
        edit.edited_by = by
        edit.save()
        transaction.on_commit(registry.check_now)
    log.info("flavor_saved", flavor=flavor, config_type=config_type, version=edit.version, user_id=by.pk)
    return edit


def flavor_delete(*, by: User, flavor: str, config_type: str) -> None:
    """Delete the edit, so that the file applies again; a flavor without a file then no longer sets this type.

    Raises NotFound if there is no edit, InputError if other flavors' edits would no longer be valid without it."""
    with transaction.atomic():
        edit = FlavorEdit.objects.select_for_update().filter(flavor=flavor, config_type=config_type).first()
        if edit is None:
            raise NotFound(f"There is no edit of {flavor}/{config_type}.")
        if flavor == DEFAULT:
            flavor_preview(flavor=flavor, config_type=config_type, text="")
        edit.delete()
        transaction.on_commit(registry.check_now)
    log.info("flavor_edit_deleted", flavor=flavor, config_type=config_type, user_id=by.pk)
