"""What tests read of a page is what a browser shows of it, however its template is laid out."""

from __future__ import annotations

from tests.in_line import in_line


def test_a_layout_changes_nothing_that_is_read() -> None:
    assert in_line(
        '<ul class="a"\n    id="b">\n  <li>One</li>\n  <li><b>Two\n    </b> three</li>\n</ul>\n<p>x</p>'
    ) == ('<ul class="a" id="b"><li>One</li><li><b>Two</b> three</li></ul><p>x</p>')
    assert in_line("<p>Seen\n    <span>twice</span></p>") == "<p>Seen <span>twice</span></p>"


def test_what_somebody_wrote_keeps_its_lines() -> None:
    for kept in ("<textarea>\na\n  b\n</textarea>", '<p class="as-written lead">a\n\nb</p>', "<dd>a\nb</dd>"):
        assert in_line(f"<div>\n  {kept}\n</div>") == f"<div>{kept}</div>"
