"""Static files, layouts, parts and error pages."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from web.shell.assets import Assets
from web.vendor import FOLDER as VENDOR
from web.vendor import faults

TEMPLATES = Path(__file__).parents[2] / "web" / "templates"


def test_the_vendored_files_are_what_the_lock_says() -> None:
    assert faults() == []


def test_a_changed_or_unlisted_vendored_file_is_found(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(VENDOR, tmp_path / "vendor"))
    entry = json.loads((folder / "vendor.lock.json").read_text())[0]
    (folder / entry["file"]).write_bytes(b"alert(1)")
    (folder / "extra.js").write_text("")
    found = faults(folder)
    assert len(found) == 2
    assert "has changed" in found[0]
    assert "extra.js is not listed" in found[1]


def test_a_static_name_carries_its_content_and_is_kept_for_ever(shell: Flask, visitor: FlaskClient) -> None:
    url = shell.extensions["assets"].url("app.css")
    assert re.fullmatch(r"/static/app\.[0-9a-f]{12}\.css", url)
    response = visitor.get(url, headers={"Accept-Encoding": "gzip"})
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert gzip.decompress(response.data) == visitor.get(url).data
    assert visitor.get(url, headers={"If-None-Match": visitor.get(url).headers["ETag"]}).status_code == 304
    assert "no-cache" in visitor.get("/static/app.css").headers["Cache-Control"]


def test_a_changed_part_renames_what_imports_it(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import { x } from "./b.js";')
    (tmp_path / "b.js").write_text("export const x = 1;")
    before = Assets(tmp_path)
    (tmp_path / "b.js").write_text("export const x = 2;")
    after = Assets(tmp_path)
    assert before.url("a.js") != after.url("a.js")
    found = after.find("a.js")
    assert found is not None
    assert after.url("b.js").encode() in found[0].body


def test_scripts_lose_their_comments_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("// Why.\n\nif (a) {\n  // Because.\n  b = 'c // d';\n}\n")
    found = Assets(tmp_path).find("a.js")
    assert found is not None
    assert found[0].body == b"if (a) {\nb = 'c // d';\n}\n"


def test_style_sheets_lose_their_comments_and_nothing_else(tmp_path: Path) -> None:
    text = "/* Why,\n   in two lines. */\n.a { b: c; }\n\n/* Because. */\n.d * { e: f; } /* So. */\n"
    (tmp_path / "a.css").write_text(text)
    found = Assets(tmp_path).find("a.css")
    assert found is not None
    assert found[0].body == b"\n.a { b: c; }\n.d * { e: f; }\n"


def test_every_class_of_a_style_sheet_is_one_that_a_page_may_have() -> None:
    """What no page has is dead weight on every phone. A class that is put together from parts is listed here."""
    parts = {"sla-done", "sla-hold", "sla-late", "sla-soon"}
    kinds = {".html", ".py", ".js"}
    pages = "".join(path.read_text() for path in (TEMPLATES.parent).rglob("*.*") if path.suffix in kinds)
    sheets = "".join(path.read_text() for path in (TEMPLATES.parent / "static").glob("*.css"))
    rules = re.sub(r"/\*.*?\*/|\{[^{}]*\}", " ", sheets, flags=re.DOTALL)
    named = set(re.findall(r"\.([a-z][\w-]*)", rules)) - parts
    assert sorted(named - set(re.findall(r"[\w-]+", pages))) == []


def test_no_text_of_a_script_runs_over_several_lines(shell: Flask) -> None:
    """Then what begins a line is code, so that comments and indentation can be told from texts."""
    ours = list((TEMPLATES.parent / "static").glob("*.js"))
    assert [path.name for path in ours for line in path.read_text().splitlines() if line.count("`") % 2] == []


def test_there_is_no_way_out_of_the_static_folder(visitor: FlaskClient) -> None:
    for path in ("/static/../forms.py", "/static/%2e%2e/forms.py", "/static//etc/passwd", "/static/none.css"):
        assert visitor.get(path, follow_redirects=True).status_code == 404


def test_the_first_page_stays_small(shell: Flask) -> None:
    assets: Assets = shell.extensions["assets"]
    sizes = {name: len(found[0].packed or found[0].body) for name in assets.names() if (found := assets.find(name))}
    assert sizes["app.css"] <= 12 * 1024
    assert sizes["staff.css"] <= 2 * 1024
    # What only pages of a specialist or of the clinic's staff load comes on top: no family's phone pays for it.
    assert sizes.pop("marking.js") <= 2 * 1024
    assert sizes.pop("case.js") <= 2.5 * 1024
    assert sizes.pop("ask.js") <= 3.25 * 1024
    assert sizes.pop("snippets.js") <= 1024
    assert sizes.pop("timer.js") <= 1.5 * 1024
    assert sizes.pop("send_on.js") <= 1.5 * 1024
    assert sizes.pop("queue.js") <= 1.25 * 1024
    assert sizes.pop("writing.js") <= 1024
    assert sum(size for name, size in sizes.items() if name.endswith(".js") and "vendor" not in name) <= 24 * 1024
    assert sizes["vendor/htmx-4.0.1.min.js"] <= 14 * 1024
    assert not [name for name in assets.names() if name.endswith((".woff", ".woff2", ".ttf"))]


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.stem)
def test_no_template_holds_inline_code_or_a_foreign_address(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|https?://|<script(?![^>]*\ssrc=)|hx-on", text)


def test_no_style_sheet_rule_reaches_outside() -> None:
    both = [(TEMPLATES.parent / "static" / name).read_text(encoding="utf-8") for name in ("app.css", "staff.css")]
    assert [re.search(r"@import|https?:|url\(", each) for each in both] == [None, None]
    css = both[0]
    for query in ("prefers-color-scheme: dark", "forced-colors", "prefers-reduced-motion", "@media print"):
        assert query in css


@pytest.mark.parametrize("layout", ["family", "staff"])
def test_a_posted_form_with_a_fault_says_so_in_three_places(visitor: FlaskClient, layout: str) -> None:
    page = visitor.get(f"/parts/{layout}").text
    assert "There is a problem" not in page
    token = re.search(r'name="csrf_token" value="(\w+)"', page)
    assert token is not None
    page = visitor.post(f"/parts/{layout}", data={"csrf_token": token[1]}).text
    assert "<title>Error: T" in page
    assert '<a href="#story">Write something</a>' in page
    assert 'id="story-error"' in page
    assert 'aria-describedby="story-hint story-error" aria-invalid="true"' in page
    assert "&lt;b&gt;" in page


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/gone", 404), ("/no", 403), ("/911", 409)])
def test_people_get_a_calm_page_and_machines_a_problem(visitor: FlaskClient, path: str, status: int) -> None:
    page = visitor.get(path, headers={"Accept-Language": "es"})
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert "Ir al inicio" in page.text
    assert "doctors" not in page.text
    answer = visitor.get("/api/v1" + path)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.get_json(force=True)["status"] == status


def test_a_crash_tells_nobody_what_was_in_it(visitor: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    visitor.application.config["PROPAGATE_EXCEPTIONS"] = False
    page = visitor.get("/crash?name=Ana")
    assert "ZeroDivisionError in GET crash" in caplog.text
    assert "conftest.py" in caplog.text
    assert "Ana" not in caplog.text
    assert page.status_code == 500
    assert "Ana Maria" not in page.text
    assert "Your work is safe" in page.text


def test_a_database_that_is_away_is_said_kindly(visitor: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    page = visitor.get("/busy")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "10")
    assert "We will be back soon" in page.text
    assert "TimeoutError" in caplog.text
    assert "Ana" not in caplog.text


def test_a_wrong_method_names_the_right_ones(visitor: FlaskClient) -> None:
    assert "POST" in visitor.delete("/language", headers={"Authorization": "Bearer t"}).headers["Allow"]
    assert visitor.get("/language").location == "/"


def test_a_full_disk_under_the_records_is_called_by_its_name(visitor: FlaskClient) -> None:
    refused = visitor.get("/api/v1/full")
    assert (refused.status_code, refused.get_json()["code"]) == (507, "store_unavailable")
    assert "Ana" not in refused.text
