from apps.core.errors import ConflictError, InputError, ProviderError, StudioError


class StorageUnavailable(ProviderError):
    """The bucket, or the machine that holds the only copy, cannot be reached now.

    A service like a provider's: nothing was paid, asking again may help, and a job tries again by itself.
    """

    status_code = 503
    default_code = "storage_unavailable"


class FileMissing(StudioError):
    """A row says that a file exists, and its storage says that it does not."""

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
