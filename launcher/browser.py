"""Finds a Chromium for the browser tests, or installs one: `python -m launcher.browser`."""

import os
import shutil
import subprocess
import sys

# Playwright's own Node needs libatomic, which a bare Debian lacks.
PACKAGES = ("chromium", "libatomic1")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium_path() -> str | None:
    """The program to drive: the system's Chromium, else Playwright's own download, else None."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    return _playwright_path()


def chromium_install() -> str | None:
    """Find or install a Chromium; never fails, answers None when there is none to be had."""
    path = chromium_path()
    if path and _playwright_works():
        return path
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        sys.stderr.write("Installing Chromium for the browser tests …\n")
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", *PACKAGES]):
            subprocess.run([apt, *command], env=environment, stdout=subprocess.DEVNULL, check=False)
    if not _playwright_works():
        return None
    if chromium_path() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    return chromium_path()


def _playwright_path() -> str | None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    if not _playwright_works():
        return None
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if os.access(path, os.X_OK) else None


def _playwright_works() -> bool:
    command = [sys.executable, "-m", "playwright", "--version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def main() -> int:
    if chromium_install() is None:
        sys.stderr.write(
            "\n*** No Chromium was found and none could be installed: THE BROWSER TESTS WILL FAIL.  ***\n"
            f"*** Install it (Debian: apt-get install {' '.join(PACKAGES)}) and run make test again.            ***\n\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
