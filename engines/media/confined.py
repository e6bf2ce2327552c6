"""Looking at the files of strangers in a process of its own, with limited memory and time.

Decoders have faults, and a small file can unfold to gigabytes: then a child ends with a sentence, and the web process
or worker lives on. The child sees none of the studio's secrets, and only JSON comes back from it.
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

# Address space, of which the libraries take a third. An 8K frame and a picture of 67 megapixels fit.
_MEMORY_BYTES = 2 * 1024**3
_ROOT = Path(__file__).resolve().parents[2]
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHOME", "TMPDIR", "VIRTUAL_ENV")
_ERRORS: Mapping[str, type[StudioError]] = {"InputError": InputError, "MediaToolError": MediaToolError}
_TOO_MUCH = "The file needs more memory or time to open than a usual one. Export it again in a simpler format."
# More at once would only wait for the processor, and each may fill its memory.
_places = threading.BoundedSemaphore(usable_cores())


def confined(function: Callable[..., Any], *arguments: Any, seconds: float) -> Any:
    """Call a function of a module's top level in a child. Arguments and result are what JSON holds.

    Raises what the function raises of InputError and MediaToolError, and MediaToolError where it takes too much.
    """
    name = f"{function.__module__}:{function.__qualname__}"
    environment = {key: os.environ[key] for key in _KEPT_ENVIRONMENT if key in os.environ}
    # Each thread of theirs would reserve memory of its own.
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
        answer = json.loads(child.stdout)
    except ValueError as error:
        if child.returncode == 1:  # an exception that nobody foresaw; its traceback is in the evidence
            message = "The file is damaged and cannot be read. Export it again."
            raise MediaToolError(message, code="damaged_media", evidence=evidence) from error
        # It was killed, or its library ended it.
        raise MediaToolError(_TOO_MUCH, code="too_demanding", evidence=evidence) from error
    if "error" not in answer:
        return answer["value"]
    kind = _ERRORS.get(answer["error"], MediaToolError)
    raise kind(answer["message"], code=answer["code"], evidence=answer["evidence"])


def _limit(seconds: float) -> None:
    for name, most in (("AS", _MEMORY_BYTES), ("CPU", int(seconds) + 1), ("CORE", 0), ("FSIZE", 0)):
        number = getattr(resource, f"RLIMIT_{name}")
        _, hard = resource.getrlimit(number)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(number, (allowed, hard))
        except (ValueError, OSError):
            continue  # macOS has no limit of the address space


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
    # What libraries print must not come between.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    json.dump(_called(name, json.load(sys.stdin)), answers)
    answers.flush()
    os._exit(0)  # a decoder's threads may hang at an ordinary end


if __name__ == "__main__":
    _main()
