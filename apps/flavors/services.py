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
    """Lay `text` (YAML) over the flavor's file; a name not known yet makes a new flavor.

    Raises InputError when it does not fit, ConflictError when `expected_version` (0: none yet) is not the stored
    one any more. Every process follows within about a second of the commit.
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
            raise ConflictError("Somebody else changed this flavor meanwhile. Load it again, then repeat your change.")
        edit = edit or FlavorEdit(flavor=flavor, config_type=config_type)
        edit.text = text
        edit.version = stored_version + 1
        edit.edited_by = by
        edit.save()
        transaction.on_commit(registry.check_now)
    log.info("flavor_saved", flavor=flavor, config_type=config_type, version=edit.version, user_id=by.pk)
    return edit


def flavor_delete(*, by: User, flavor: str, config_type: str) -> None:
    """Remove the edit, so that the file counts again; a flavor without a file then loses this type.

    Raises NotFound when there is no edit, InputError when other flavors' edits would no longer fit without it."""
    with transaction.atomic():
        edit = FlavorEdit.objects.select_for_update().filter(flavor=flavor, config_type=config_type).first()
        if edit is None:
            raise NotFound(f"There is no edit of {flavor}/{config_type}.")
        if flavor == DEFAULT:
            flavor_preview(flavor=flavor, config_type=config_type, text="")
        edit.delete()
        transaction.on_commit(registry.check_now)
    log.info("flavor_edit_deleted", flavor=flavor, config_type=config_type, user_id=by.pk)
