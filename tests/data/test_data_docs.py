"""Data Docs show what was found, escape what files hold, and need no network."""

import re
import shutil

from test_data_validation import HEADER, check, with_cell


def test_data_docs_show_findings_escape_values_and_need_no_network(tmp_path, sample_lines):
    file = tmp_path / "heart.csv"
    file.write_text("\n".join(with_cell(sample_lines, 5, "thal", "<script>alert(1)</script>")) + "\n")
    page = check(file, tmp_path).data_docs.read_text()
    assert "✘ Rejected" in page
    assert "line 5: " in page
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;</div></td>" in page
    assert "://" not in page


def test_pages_of_a_folder_link_to_each_other(tmp_path, sample, sample_lines):
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(sample, data / "a #1.csv")
    (data / "b.csv").write_text("\n".join(with_cell(sample_lines, 7, "age", "500")) + "\n")
    docs = check(data, tmp_path).data_docs
    page = docs.read_text()
    assert 'href="a%20%231.csv.html"' in page
    assert "column age, range" in page
    assert "✔ Accepted" in (docs.parent / "a #1.csv.html").read_text()
    assert "✘ Rejected" in (docs.parent / "b.csv.html").read_text()


def test_markup_in_a_header_is_escaped(tmp_path, sample_lines):
    file = tmp_path / "heart.csv"
    file.write_text("\n".join([HEADER.replace("target", "<img src=x>"), *sample_lines[1:]]) + "\n")
    page = check(file, tmp_path).data_docs.read_text()
    assert "&lt;img" in page
    assert "<img" not in page


def test_data_docs_have_no_python_and_show_how_values_are_spread(tmp_path, article_copy):
    page = check(article_copy, tmp_path).data_docs.read_text(encoding="utf-8")
    text = " ".join(re.sub(r"<style.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL).split())
    assert not re.search(r"\['\w|null 1|\bNone\b|\bnan\b", text)
    assert page.count('class="bars"') > 10
    assert "How the values are spread" in text
