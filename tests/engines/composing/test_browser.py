"""A composed video plays and seeks in Chromium."""

import functools
import http.server
import shutil
import threading
from fractions import Fraction

import pytest

from engines.composing.shot_plan import Shot, ShotPlan, SongPart
from tests.engines.composing.conftest import SHAPE

pytestmark = pytest.mark.browser

PLAY = """async (address) => {
  const video = document.createElement("video");
  // As a blob, since the test's server doesn't support ranges.
  const file = await (await fetch(address)).blob();
  video.muted = true; video.src = URL.createObjectURL(file); document.body.append(video);
  const happened = (name) => new Promise((done, failed) => {
    video.addEventListener(name, done, {once: true});
    video.addEventListener("error", () => failed(new Error(video.error.message)), {once: true});
  });
  await happened("loadeddata");
  const shown = [];
  const canvas = document.createElement("canvas"); canvas.width = 160; canvas.height = 90;
  for (const moment of [0.02, 1.02, 2.52, 4.9]) {
    const seeked = happened("seeked"); video.currentTime = moment; await seeked;
    const context = canvas.getContext("2d"); context.drawImage(video, 0, 0);
    shown.push(context.getImageData(120, 45, 1, 1).data[0]);
  }
  video.currentTime = 4.5; video.play(); await happened("ended");
  return {seconds: video.duration, shown, width: video.videoWidth};
}"""


@pytest.mark.parametrize("song", ["song.wav", "song.mp3", "song.m4a"])
def test_a_composed_video_plays_and_seeks(sources, make, tmp_path, song):
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    shots = (Shot(sources["a"], 24), Shot(sources["foreign"], 36), Shot(sources["c"], 60))
    master = SongPart(sources[song], Fraction(0), Fraction(5))
    make(ShotPlan(shots, SHAPE, song=master, soft_lyrics="1\n00:00:01,000 --> 00:00:02,000\nWords\n"))
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, playwright.sync_playwright() as driver:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        seen = page.evaluate(PLAY, f"http://127.0.0.1:{server.server_port}/final.mp4")
        browser.close()
        server.shutdown()
    assert seen["width"] == 160
    assert seen["seconds"] == pytest.approx(5.0, abs=0.03)
    first, second, third, last = seen["shown"]
    # The right half's brightness identifies the clip: a is dark, the foreign one light, c in between.
    assert first < third < second
    assert abs(third - last) < 12
