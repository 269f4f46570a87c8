"""MLTable files, each with the files beside it, and what our reader says of it: nothing, or why it reads no rows."""

from pathlib import Path
from typing import NamedTuple

from scripts.lib.data import mltable_file

CSV = {"b.csv": "a,b\n21,x\n22,\n", "a.csv": "a,b\n23,z\n", "sub/c.csv": "a,b\n24,q\n", "n.txt": "a,b\n29,t\n"}
READ = 'transformations:\n- read_delimited: {delimiter: ","}\n'


class Case(NamedTuple):
    """``said``: words of the refusal; of bytes, text and rows the last are written as Parquet."""

    text: str
    files: dict
    said: str = ""


def one(transformation, content="a,b\n21,x\n", said="", name="a.csv"):
    return Case(f"paths:\n- file: ./{name}\ntransformations:\n- {transformation}\n", {name: content}, said)


def paths(entries, said="", files=CSV, read=READ):
    return Case(f"paths: [{entries}]\n{read}", files, said)


def written(files):
    return Case("", files)


PARQUET = {"p.parquet": [{"a": 21, "b": "x"}], "month=3/q.parquet": [{"a": 22, "b": "y"}]}
CASES = {
    "files in another order": paths("{file: ./b.csv}, {file: ./a.csv}"),
    "a pattern": paths("{pattern: ./*.csv}"),
    "a pattern of folders": paths("{pattern: ./**/*.csv}"),
    "a pattern inside": paths("{pattern: ./sub/*.csv}"),
    "a pattern without ./": paths('{pattern: "*.csv"}'),
    "signs of a pattern": paths("{pattern: './[ab].csv'}"),
    "any sign": paths("{pattern: './?.csv'}"),
    "a file without ./": paths("{file: a.csv}"),
    "a folder inside": paths("{folder: ./sub}"),
    "text of another name": paths("{file: ./n.txt}, {file: ./a.csv}"),
    "a string for a transformation": one("read_delimited"),
    "semicolons": one('read_delimited: {delimiter: ";"}', "a;b\n21;x,y\n"),
    "tabs": one('read_delimited: {delimiter: "\\t"}', 'a\tb\n21\t"x\ty"\n'),
    "latin-1": one("read_delimited: {encoding: iso88591}", "a,b\n21,ö\n".encode("latin-1")),
    "windows-1252": one("read_delimited: {encoding: windows1252}", "a,b\n21,€\n".encode("cp1252")),
    "utf-16": one("read_delimited: {encoding: utf16}", "a,b\n21,ö\n".encode("utf-16")),
    "a byte order mark": one("read_delimited: {encoding: utf8}", "\ufeffa,b\n21,ö\n"),
    "quotes": one("read_delimited: {infer_column_types: false}", 'a,b\n21,"x, ""y"""\n\n22,"z"\n'),
    "headers of each file": one("read_delimited: {header: all_files_different_headers}"),
    "harmless options": one(
        "read_delimited: {support_multi_line: false, empty_as_string: false, include_path_column: false}"
    ),
    "all keys": Case(
        "$schema: https://azuremlschemas.azureedge.net/latest/MLTable.schema.json\ntype: mltable\nmetadata: {x: y}\n"
        "traits: {index_columns: [a]}\npaths: [{file: ./a.csv}]\n" + READ,
        CSV,
    ),
    "Parquet": paths("{file: ./p.parquet}", files=PARQUET, read="transformations: [read_parquet]\n"),
    "Parquet of another name": one("read_parquet: {include_path_column: false}", [{"a": 21, "b": "x"}], name="part-0"),
    "CSV, as the line writes it": written({"b.csv": "a,b\n21,x\n", "in it/a.csv": "a,b\n22,ö\n"}),
    "Parquet, as the line writes it": written({"p.parquet": [{"a": 21, "b": "x"}], "q.parquet": [{"a": 22, "b": "y"}]}),
    # Azure reads none of these either.
    "no such file": paths("{file: ./zz.csv}", "file ./zz.csv is no file here"),
    "a pattern of nothing": paths("{pattern: ./*.zz}", "pattern ./*.zz is no file here"),
    "a folder as a file": paths("{file: ./sub}", "file ./sub is no file here"),
    "a pattern as a file": paths("{file: ./*.csv}", "file ./*.csv is no file here"),
    "two stars alone": paths("{pattern: ./**}", "pattern ./** is no file here"),
    "braces": paths('{pattern: "./{a,b}.csv"}', "is no file here"),
    "nothing in it": Case("", CSV, "names no files"),
    "no mapping": Case("- a\n", CSV, "names no files"),
    "no YAML": Case("paths: [\n", CSV, "is no YAML"),
    "another type": Case("type: table\npaths: [{file: ./a.csv}]\n" + READ, CSV, "`type` is 'table'"),
    "an unknown key": Case("files: []\npaths: [{file: ./a.csv}]\n" + READ, CSV, "`files` is not read here"),
    "an unknown path": paths("{files: ./a.csv}", "is none of file, folder and pattern"),
    "an unknown option": one("read_delimited: {nonsense: true}", said="the option nonsense of read_delimited"),
    "an unknown transformation": one("read_excel", said="the transformation read_excel is not done here"),
    "two reads": one("read_delimited\n- read_delimited", said="must read its files once"),
    "an unknown encoding": one("read_delimited: {encoding: ebcdic}", said="encoding 'ebcdic' is not one of"),
    "another encoding than it says": one(
        "read_delimited: {encoding: utf16}", "a,b\n21,x\n", "a.csv is not as MLTable says"
    ),
    # Azure reads these, but other rows than ours, or rows that are none.
    "no read": paths("{file: ./a.csv}", "must read its files once", read=""),
    "a file twice": paths("{file: ./a.csv}, {file: ./a.csv}", "names a.csv twice"),
    "a file and a pattern with it": paths("{file: ./a.csv}, {pattern: ./*.csv}", "names a.csv twice"),
    "the folder itself": paths("{folder: ./}", "covers MLTable, whose name says that it holds no rows"),
    "everything": paths("{pattern: ./*}", "covers MLTable, whose name says that it holds no rows"),
    "a hidden file": paths("{pattern: ./*.csv}", "covers .a.csv", files={".a.csv": "a,b\n21,x\n"}),
    "outside": paths("{file: ../a.csv}", "the path ../a.csv lies outside of its folder"),
    "an absolute path": paths("{file: /a.csv}", "the path /a.csv lies outside of its folder"),
    "elsewhere": paths("{file: 'https://example.com/a.csv'}", "lies outside of its folder"),
    "two signs between cells": one('read_delimited: {delimiter: "||"}', "a||b\n21||x\n", "is not one sign"),
    "no header": one("read_delimited: {header: no_header}", said="header of read_delimited is 'no_header'"),
    "the header of the first file": one("read_delimited: {header: from_first_file}", said="'from_first_file'"),
    "the path as a column": one("read_delimited: {include_path_column: true}", said="include_path_column"),
    "types of columns": one(
        "read_delimited: {infer_column_types: {sample_size: 3}}", said="infer_column_types of read_delimited is"
    ),
    "JSON lines": one("read_json_lines", '{"a": 21}\n', "the transformation read_json_lines is not done here"),
    "a filter": one("read_delimited\n- filter: 'col(\"a\") > 21'", said="the transformation filter is not done here"),
    "a column dropped": one("read_delimited\n- drop_columns: b", said="the transformation drop_columns is not"),
    "columns of the path": one(
        "read_delimited\n- extract_columns_from_partition_format: {partition_format: '/{c}.csv'}",
        said="the transformation extract_columns_from_partition_format",
    ),
}


def make(folder: Path, case: Case) -> Path:
    """Write a case into ``folder``; where it has no text of its own, the line writes the MLTable file."""
    import pandas as pd

    for name, content in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, list):
            pd.DataFrame(content).to_parquet(path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    if case.text or case.said:
        (folder / mltable_file.NAME).write_text(case.text)
    else:
        mltable_file.write(folder, [folder / name for name in case.files])
    return folder
