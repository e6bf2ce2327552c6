"""Inspecting untrusted files in a separate process with limited memory and time.

Decoders have bugs, and a small file can expand to gigabytes: then a child process fails with a clear message, and the
web process or worker survives. The child has none of the studio's secrets and returns only JSON.
"""

import importlib
import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from engines.cores import usable_cores
from engines.errors import InputError, MediaToolError, StudioError

# Address space, a third of it for the libraries. Enough for an 8K frame or a 67-megapixel image.
_MEMORY_BYTES = 2 * 1024**3
_ROOT = Path(__file__).resolve().parents[2]
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHOME", "TMPDIR", "VIRTUAL_ENV")
_ERRORS: Mapping[str, type[StudioError]] = {"InputError": InputError, "MediaToolError": MediaToolError}
_TOO_MUCH = "Opening this file takes too much memory or time. Export it again in a simpler format."
# More at once would only compete for the processor, and each can use its full memory limit.
_places = threading.BoundedSemaphore(usable_cores())


def confined(function: Callable[..., Any], *arguments: Any, seconds: float) -> Any:
    """Call a module-level function in a child process. Arguments and result must be JSON-serializable.

    Raises the function's InputError or MediaToolError, and MediaToolError when it exceeds a limit.
    """
    name = f"{function.__module__}:{function.__qualname__}"
    environment = {key: os.environ[key] for key in _KEPT_ENVIRONMENT if key in os.environ}
    # Each library thread would reserve its own memory.
    environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with _places:
        try:
            child = subprocess.run(
                [sys.executable, "-B", "-m", __name__, name, str(seconds)],
                input=json.dumps(arguments).encode(),
                capture_output=True,
                cwd=_ROOT,
                env=environment,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise MediaToolError(_TOO_MUCH, code="too_demanding", evidence={"seconds": seconds}) from error
    return _answer(child)


def _answer(child: "subprocess.CompletedProcess[bytes]") -> Any:
    evidence = {"exit_status": child.returncode, "stderr": child.stderr[-4000:].decode("utf-8", "replace")}
    try:
        reply = json.loads(child.stdout)
    except ValueError as error:
        if child.returncode == 1:  # an unexpected exception; its traceback is in the evidence
            message = "The file is damaged and can't be read. Export it again."
            raise MediaToolError(message, code="damaged_media", evidence=evidence) from error
        # It was killed, or a library aborted it.
        raise MediaToolError(_TOO_MUCH, code="too_demanding", evidence=evidence) from error
    if "error" not in reply:
        return reply["value"]
    kind = _ERRORS.get(reply["error"], MediaToolError)
    raise kind(reply["message"], code=reply["code"], evidence=reply["evidence"])


def _limit(seconds: float) -> None:
    for name, most in (("AS", _MEMORY_BYTES), ("CPU", int(seconds) + 1), ("CORE", 0), ("FSIZE", 0)):
        number = getattr(resource, f"RLIMIT_{name}")
        _, hard = resource.getrlimit(number)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(number, (allowed, hard))
        except (ValueError, OSError):
            continue  # macOS can't limit the address space


def _called(name: str, arguments: list[Any]) -> dict[str, Any]:
    module, _, function = name.partition(":")
    try:
        return {"value": getattr(importlib.import_module(module), function)(*arguments)}
    except StudioError as error:
        evidence = {key: str(value) for key, value in error.evidence.items()}
        return {"error": type(error).__name__, "message": error.message, "code": error.code, "evidence": evidence}
    except MemoryError:
        return {"error": "MediaToolError", "message": _TOO_MUCH, "code": "too_demanding", "evidence": {}}


def _main() -> None:
    name, seconds = sys.argv[1:]
    _limit(float(seconds))
    # Keep library output out of the result.
    reply = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    json.dump(_called(name, json.load(sys.stdin)), reply)
    reply.flush()
    os._exit(0)  # a decoder's threads may hang on a normal exit


if __name__ == "__main__":
    _main()
