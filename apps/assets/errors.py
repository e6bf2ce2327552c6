from apps.core.errors import ConflictError, InputError, ProviderError, StudioError


class StorageUnavailable(ProviderError):
    """The bucket, or the machine with the only copy, is unreachable at the moment.

    Treated like a provider's outage: nothing was paid, a retry may help, and jobs retry automatically.
    """

    status_code = 503
    default_code = "storage_unavailable"


class FileMissing(StudioError):
    """The row says that a file exists, but it is missing from storage."""

    status_code = 404
    default_code = "file_missing"


class UploadTooLarge(InputError):
    status_code = 413
    default_code = "upload_too_large"


class UploadBusy(ConflictError):
    """Another request is adding to the same upload."""

    status_code = 423
    default_code = "upload_busy"


class UploadVersion(InputError):
    """The client speaks another version of the upload protocol."""

    status_code = 412
    default_code = "tus_version"
