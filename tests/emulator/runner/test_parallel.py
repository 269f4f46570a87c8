"""Parallel steps: mini-batches, workers, failures and what they may be, tables, and the one file of all results."""

import json
from collections import Counter

import pytest
from workbench import ENVIRONMENT

FILES = 7
SCRIPT = """
import argparse, os, sys
def init():
    global suffix
    parser = argparse.ArgumentParser()
    parser.add_argument("--suffix")
    suffix = parser.parse_known_args()[0].suffix
def run(mini_batch):
    print("got", len(mini_batch))
    return [f"{os.path.basename(path)}{suffix} {os.getpid()} {len(mini_batch)}" for path in mini_batch]
"""


@pytest.fixture
def parallel(bench):
    """Return a function that runs a pipeline with one parallel step of a script on data; it returns job and step."""

    def run(script, data, kind="uri_folder", arguments="", output="uri_file", **more):
        (bench.folder / "script").mkdir()
        (bench.folder / "script" / "entry.py").write_text(script)
        task = {
            "type": "run_function",
            "code": "./script",
            "entry_script": "entry.py",
            "environment": ENVIRONMENT,
            "program_arguments": arguments,
            "append_row_to": "${{outputs.rows}}",
        }
        step = {
            "type": "parallel",
            "inputs": {"data": {"type": kind, "path": str(data)}, "word": "!"},
            "outputs": {"rows": {"type": output}},
            "input_data": "${{inputs.data}}",
            "task": task,
            **more,
        }
        job = bench.run({"one": step})
        return job, bench.children(job)["one"]

    return run


@pytest.fixture
def files(bench):
    folder = bench.folder / "files"
    folder.mkdir()
    for number in range(FILES):
        (folder / f"f{number}.txt").write_text(str(number))
    return folder


def error(bench, job):
    return bench.workspace.store.get(f"jobs/{job.name}")["error"]["message"]


def test_workers_share_the_mini_batches(bench, parallel, files):
    more = {"mini_batch_size": "2", "resources": {"instance_count": 2}, "max_concurrency_per_instance": 2}
    job, step = parallel(SCRIPT, files, arguments="--suffix ${{inputs.word}}", **more)
    assert job.status == "Completed"
    rows = [line.split() for line in bench.output(step, "rows").read_text().splitlines()]
    assert [row[0] for row in rows] == [f"f{number}.txt!" for number in range(FILES)]
    assert Counter(row[2] for row in rows) == {"2": 6, "1": 1}
    assert len({row[1] for row in rows}) > 1, "more than one worker"
    assert "4 of 4 mini-batches, 0 of them failed" in bench.log(step, "logs/job_progress_overview.txt")
    assert "got 2" in bench.log(step, "logs/user/stdout/127.0.0.1/process000.stdout.txt")
    properties = bench.workspace.store.get(f"jobs/{step.name}")["properties"]
    assert properties["azureml.parallelrunstep"] == "true"


def test_a_table_is_appended_without_a_header_and_with_spaces(bench, parallel, files):
    """So the published notebooks read it: ``header=None, sep=" "``."""
    import pandas

    script = (
        "import pandas, os\ndef run(batch):\n    return pandas.DataFrame({'file': batch, 'n': 1.5}).assign(text='a b')"
    )
    _, step = parallel(script, files, mini_batch_size="3")
    table = pandas.read_csv(bench.output(step, "rows"), header=None, sep=" ", names=["file", "n", "text"])
    assert table.shape == (FILES, 3)
    assert set(table["text"]) == {"a b"}


def test_a_program_of_the_script_takes_no_mini_batch_from_its_worker(bench, parallel, files):
    script = "import subprocess\ndef run(batch):\n    return [subprocess.run(['cat'], stdout=-1).stdout] * len(batch)"
    job, step = parallel(script, files, mini_batch_size="1")
    assert job.status == "Completed"
    assert bench.output(step, "rows").read_text() == "b''\n" * FILES


def test_a_failed_mini_batch_is_tried_again(bench, parallel, files):
    script = (
        "import os\ndef run(batch):\n    mark = os.environ['MARKS'] + os.path.basename(batch[0])\n"
        "    if not os.path.exists(mark):\n        open(mark, 'w').close()\n"
        "        raise ValueError('not yet')\n    return batch"
    )
    variables = {"MARKS": f"{bench.folder}/mark-"}
    job, step = parallel(script, files, mini_batch_size="4", environment_variables=variables)
    assert job.status == "Completed"
    assert len(bench.output(step, "rows").read_text().splitlines()) == FILES
    assert "not yet" in bench.log(step, "logs/user/error.txt")


@pytest.mark.parametrize(
    ("more", "status", "why"),
    [
        ({}, "Completed", None),
        ({"mini_batch_error_threshold": 1}, "Completed", None),
        ({"mini_batch_error_threshold": 0}, "Failed", "mini_batch_error_threshold allows 0"),
        ({"error_threshold": 2}, "Completed", None),
        ({"error_threshold": 1}, "Failed", "error_threshold allows 1"),
        ({"arguments": "--allowed_failed_percent 30"}, "Completed", None),
        ({"arguments": "--allowed_failed_percent 20"}, "Failed", "--allowed_failed_percent allows 20"),
    ],
)
def test_how_much_may_fail(bench, parallel, files, more, status, why):
    """One of four mini-batches fails, with two files."""
    script = "def run(batch):\n    assert 'f2.txt' not in str(batch), 'no luck'\n    return batch"
    job, _ = parallel(script, files, mini_batch_size="2", retry_settings={"max_retries": 0}, **more)
    assert job.status == status
    if why:
        assert why in error(bench, job)


def test_results_that_are_missing_count_as_failed_items(bench, parallel, files):
    job, _ = parallel("def run(batch):\n    return batch[1:]", files, mini_batch_size="7", error_threshold=0)
    assert job.status == "Failed"
    assert "1 failed, and error_threshold allows 0" in error(bench, job)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("def init():\n    raise ValueError('no model')\ndef run(batch):\n    return batch", "no model"),
        ("import absent_package\ndef run(batch):\n    return batch", "absent_package"),
        ("import time\ndef run(batch):\n    time.sleep(60)", "All mini-batches failed"),
        ("import os\ndef run(batch):\n    os._exit(3)", "All mini-batches failed"),
        ("def run(batch):\n    return 'text'", "All mini-batches failed"),
    ],
)
def test_a_script_that_cannot_run_fails_its_step(bench, parallel, files, script, why):
    job, _ = parallel(script, files, mini_batch_size="7", retry_settings={"max_retries": 1, "timeout": 1})
    assert job.status == "Failed"
    assert why in error(bench, job)


def write_table(folder, transformations, paths):
    (folder / "MLTable").write_text(json.dumps({"paths": paths, "transformations": transformations}))


def test_a_table_is_cut_by_its_size(bench, parallel):
    folder = bench.folder / "table"
    folder.mkdir()
    (folder / "rows.csv").write_text("a;b\n" + "1;2\n" * 1000)
    write_table(folder, [{"read_delimited": {"delimiter": ";"}}], [{"file": "./rows.csv"}])
    script = "def run(table):\n    return [f'{len(table)} {table.a.sum()}'] * len(table)"
    job, step = parallel(script, folder, "mltable", mini_batch_size="1kb", error_threshold=0)
    assert job.status == "Completed"
    rows = bench.output(step, "rows").read_text().splitlines()
    assert len(rows) == 1000
    assert 3 <= len(set(rows)) + 2 <= 6
    assert max(int(row.split()[0]) for row in rows) < 300


def test_an_mltable_that_reads_nothing_is_a_list_of_its_files(bench, parallel, files):
    """As in the vendor's sample pipeline_with_parallel_nodes."""
    (files / "MLTable").write_text("paths: [{file: ./f2.txt}, {file: ./f0.txt}]")
    _, step = parallel(SCRIPT, files, "mltable", arguments="--suffix !", mini_batch_size="1")
    rows = [line.split()[0] for line in bench.output(step, "rows").read_text().splitlines()]
    assert rows == ["f2.txt!", "f0.txt!"]


def test_a_table_is_cut_by_keys_that_its_folders_name(bench, parallel):
    """As the published sample of forecasts for each store and brand has it."""
    folder = bench.folder / "table"
    for store, brand in (("2", "tropicana"), ("2", "dominicks"), ("5", "tropicana")):
        (folder / store / brand).mkdir(parents=True)
        (folder / store / brand / "part.csv").write_text("Quantity\n10\n20\n")
    form = "{Store}/{Brand}/{file_name}.{extension}"
    steps = [
        {"read_delimited": {"delimiter": ",", "header": "all_files_same_headers", "include_path_column": True}},
        {"extract_columns_from_partition_format": {"partition_format": form}},
        {"drop_columns": ["Path", "file_name", "extension"]},
    ]
    write_table(folder, steps, [{"pattern": "./**/*.csv"}])
    script = (
        "def run(table, mini_batch_context):\n"
        "    return [f'{mini_batch_context.partition_key_value} {sorted(table.columns)} {table.Quantity.sum()}']"
    )
    _, step = parallel(script, folder, "mltable", partition_keys=["Store", "Brand"])
    rows = bench.output(step, "rows").read_text().splitlines()
    assert len(rows) == 3
    assert rows[0] == "{'Store': '2', 'Brand': 'dominicks'} ['Brand', 'Quantity', 'Store'] 30"


def test_what_a_table_may_not_have_is_refused_by_name(bench, parallel):
    folder = bench.folder / "table"
    folder.mkdir()
    (folder / "rows.csv").write_text("a\n1\n")
    write_table(folder, [{"read_json_lines": {}}], [{"file": "./rows.csv"}])
    job, _ = parallel("def run(table):\n    return table", folder, "mltable")
    assert job.status == "Failed"
    assert "read_json_lines of an MLTable is not supported here" in error(bench, job)
