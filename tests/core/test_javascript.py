"""The unit tests of our JavaScript's pure modules, by Node's own runner."""

import subprocess
import sysconfig
from pathlib import Path

from django.conf import settings

NODE = Path(sysconfig.get_path("scripts")) / "node"


def test_the_javascript_modules_pass_their_own_tests():
    tests = sorted(str(path) for path in (settings.BASE_DIR / "tests" / "js").glob("*.test.js"))
    assert tests
    done = subprocess.run([NODE, "--test", *tests], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
