"""Texts that could make a comment or a summary act, load, hide or lie; and a look at what became of one."""

import re

from markdown_it import MarkdownIt

TRICKS = [
    "@everyone",
    "hello @octo-cat/team",
    "![x](https://tracker.example/pixel.png)",
    "[click](https://evil.example)",
    "[click][1]\n\n[1]: https://evil.example",
    "<https://evil.example>",
    "https://evil.example/login",
    "HTTPS://evil.example",
    "see www.evil.example now",
    "<img src=x onerror=alert(1)>",
    "<a href='https://evil.example'>x</a>",
    "<details><summary>All green</summary>",
    "</details>",
    "<!-- everything after this is hidden",
    "<!-- release-line -->",
    "--> <script>alert(1)</script>",
    "&lt;b&gt; &#64;someone &#x3c;img src=x&#x3e;",
    "fixes #1 and GH-12, owner/project#3",
    "a | b | c",
    "one\n\n# ✅ A merge would release this",
    "one\r\n## ✅ Fine",
    "```\nunclosed fence",
    "~~~\nunclosed fence",
    "`unclosed code",
    "**bold** _it_ ~~gone~~",
    "\u202egnp.exe\u2066",
    "@\u200beveryone @​someone",
    "![](//evil.example/x.png)",
    "[^1]\n\n[^1]: a note",
    "- [x] done",
    "| a |\n|---|\n| ✅ success |",
    "x" * 5000,
    "::error file=a::b",
    "%0A::set-output name=x::y",
    "${{ github.token }} $(id)",
    "\\[a](b) \\<img>",
]


def dangers(markdown):
    """What GitHub would make of ``markdown`` that acts: links, images, HTML, mentions, references, bare addresses."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    everything = [inner for token in tokens for inner in [token, *(token.children or [])]]
    found = {token.type for token in everything} & {"link_open", "image", "html_inline", "html_block"}
    text = " ".join(
        token.content for token in everything if token.type in ("text", "code_inline", "fence", "code_block")
    )
    for name, pattern in (
        ("mention", r"(?<![\w`])@[\w-]"), ("address", r"(?i)https?://|www\.\w"), ("reference", r"#\d|\bGH-\d"),
    ):  # fmt: skip
        if re.search(pattern, text):
            found.add(name)
    return found


def blocks(markdown):
    """The kinds of blocks that a reader sees."""
    return [token.type for token in MarkdownIt("commonmark").enable("table").parse(markdown)]
