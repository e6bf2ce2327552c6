import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# It takes tens of megabytes of every process that loads it, and serves to see and draw pictures.
HEAVY = ("cv2",)
SERVE = """
import json, sys
import mvsite.wsgi
from django.urls import URLPattern, get_resolver

def views(patterns):
    for pattern in patterns:
        yield from [pattern.callback] if isinstance(pattern, URLPattern) else views(pattern.url_patterns)

count = len(list(views(get_resolver().url_patterns)))
print("\\n" + json.dumps({"views": count, "modules": sorted(sys.modules)}))
"""


def test_the_web_process_does_not_load_vision_libraries():
    found = subprocess.run([sys.executable, "-c", SERVE], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = json.loads(found.stdout.splitlines()[-1])

    assert loaded["views"] > 150
    assert "apps.studio.project.pages.lipsync" in loaded["modules"]
    assert not [name for name in loaded["modules"] if name.split(".")[0] in HEAVY]
    # Handlers decode media; they belong to workers.
    assert not [name for name in loaded["modules"] if name.startswith("workers") or name.endswith("stem_making")]
