"""Minifying doesn't change what our scripts do."""

import json
import re
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from apps.core.static_files import minified

JS = settings.BASE_DIR / "static" / "js"
SCRIPTS = sorted(JS.rglob("*.js"))


def nested_templates(text):
    """Return template literals inside others: rjsmin takes the outer one's text for code and strips its spaces."""
    text = re.sub(r"(?m)(^|\s)//.*$", "", text)
    open_: list[Any] = []
    found: list[Any] = []
    for match in re.finditer(r"\\.|\$\{|[`{}]", text):
        mark, inside = match.group(), bool(open_) and open_[-1] == "`"
        if mark == "`" and inside:
            open_.pop()
        elif mark == "`":
            found += [match.start()] if "`" in open_ else []
            open_.append(mark)
        elif inside and mark == "${":
            open_.append("{")
        elif not inside and open_ and mark in {"{", "${", "}"}:
            open_.pop() if mark == "}" else open_.append("{")
    return found


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(JS)))
def test_template_literals_are_not_nested(script):
    assert nested_templates(script.read_text()) == []


def is_empty(code):
    """Return whether nothing but a semicolon follows a statement's head, whose parentheses `code` begins with."""
    depth = 0
    for at, mark in enumerate(code):
        depth += {"(": 1, ")": -1}.get(mark, 0)
        if depth == 0:
            return code[at:].lstrip(")").startswith(";")
    return False


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(JS)))
def test_semicolons_at_blocks_ends_can_go(script):
    code = re.sub(r"(?m)(^|\s)//.*$", "", script.read_text())
    assert ";}" not in code  # formatted code has them inside strings only
    heads = re.finditer(r"\b(?:for|while|if) (?=\()|\belse(?=;)", code)
    assert [code[head.start() : head.end() + 40] for head in heads if is_empty(code[head.end() :])] == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(JS)))
def test_nothing_needs_https_because_home_networks_lack_it(script):
    code = re.sub(r"(?m)(^|\s)//.*$", "", script.read_text())
    assert not re.search(r"randomUUID|navigator\.clipboard|crypto\.subtle|showOpenFilePicker", code)


def test_minifying_breaks_nested_template_literals():
    nested = "x = `${a ? `${b} is` : ''} there`;"
    assert nested_templates(nested)
    assert "`${b} is` : ''} there`" not in minified("a.js", nested)
    flat = "x = `${a} is ${{b: 1}.b} there`; // `y`"
    assert not nested_templates(flat)
    assert "`${a} is ${{b: 1}.b} there`" in minified("a.js", flat)


def test_every_import_is_fingerprinted_also_those_that_come_late(tmp_path, settings):
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", interactive=False, verbosity=0)
    names = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    ours = [tmp_path / stored for name, stored in names.items() if name.startswith("js/")]
    imported = re.compile(r"""(?:from|import|import\()\s*["'](\.[^"']+)["']""")
    found = [(script, place) for script in ours for place in imported.findall(script.read_text())]

    assert len(found) > 50
    for script, place in found:
        assert re.search(r"\.[0-9a-f]{12}\.js$", place) and (script.parent / place).is_file(), (script.name, place)


def test_single_parameters_and_plain_values_lose_what_they_do_not_need():
    assert minified("js/a.js", "const f = (one) => async (two) => g((three) => 1, (four, five) => 2);") == (
        "const f=one=>async(two)=>g(three=>1,(four,five)=>2);"
    )
    assert minified("css/a.css", 'a[b="word"] { } i[c="16:9"] { color: red }').startswith("a[b=word]")
    assert '[c="16:9"]' in minified("css/a.css", 'i[c="16:9"] { color: red }')
