"""Finds the Chromium for the browser tests: `python -m launcher.browser`.

It installs one only with CI=true or INSTALL_BROWSER=1.
"""

import os
import shutil
import subprocess
import sys

# Playwright's bundled Node needs libatomic, which is missing from a minimal Debian.
PACKAGES = ("chromium", "libatomic1")
HOW_TO_INSTALL = (
    "Chromium isn't installed, so the browser tests are skipped. `make test INSTALL_BROWSER=1` installs it (with "
    "apt-get as root on Debian and Ubuntu, otherwise with Playwright), or install it yourself: "
    f"sudo apt-get install {' '.join(PACKAGES)}"
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium_path() -> str | None:
    """Return the system's Chromium, or else Playwright's own download, or else None."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    return _playwright_path()


def chromium_ensure() -> str | None:
    """Return the Chromium to use, installing it first if that is allowed. Returns None if there is none."""
    path = chromium_path()
    if path and _playwright_works():
        return path
    return _chromium_install() if may_install() else None


def may_install() -> bool:
    """Return whether installing a system package was allowed, by CI or INSTALL_BROWSER=1."""
    return any(os.environ.get(name, "").lower() in {"1", "true", "yes", "on"} for name in ("CI", "INSTALL_BROWSER"))


def _chromium_install() -> str | None:
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        sys.stderr.write("Installing Chromium for the browser tests…\n")
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
    if chromium_ensure() is None:
        sys.stderr.write(f"\n*** {HOW_TO_INSTALL}\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
