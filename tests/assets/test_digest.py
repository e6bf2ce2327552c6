import hashlib
import random

import pytest

from apps.assets.store.digest import MULTIPART_THRESHOLD_BYTES, PART_BYTES, DigestWriter


def digest_of(content, *, piece):
    writer = DigestWriter(with_etag=True)
    for start in range(0, len(content), piece):
        writer.update(content[start : start + piece])
    return writer.digest()


def md5(content):
    return hashlib.md5(content, usedforsecurity=False)


def etag_of(content):
    """As S3 documents it: the MD5, or the MD5 of the parts' MD5s and the number of parts."""
    if len(content) < MULTIPART_THRESHOLD_BYTES:
        return md5(content).hexdigest()
    parts = [content[start : start + PART_BYTES] for start in range(0, len(content), PART_BYTES)]
    return f"{md5(b''.join(md5(part).digest() for part in parts)).hexdigest()}-{len(parts)}"


@pytest.mark.parametrize("piece", [1_000_003, PART_BYTES, 40_000_000])
@pytest.mark.parametrize(
    "size", [1, PART_BYTES, MULTIPART_THRESHOLD_BYTES - 1, MULTIPART_THRESHOLD_BYTES, MULTIPART_THRESHOLD_BYTES + 5]
)
def test_predicted_etag_does_not_depend_on_the_pieces(size, piece):
    content = random.Random(size).randbytes(size)
    digest = digest_of(content, piece=piece)
    assert (digest.etag, digest.size_bytes) == (etag_of(content), size)
    assert digest.sha256 == hashlib.sha256(content).hexdigest()
