"""The runner's expressions are GitHub's own, and it cuts strings where GitHub's reader of templates does."""

import json
import random
import subprocess

import pytest
from runner import oracle
from runner.errors import Refused
from runner.expressions import Closed, Evaluator, to_text

CONTEXTS = {
    "github": Closed(ref="refs/heads/main", event={"number": 7.0, "labels": [{"name": "a"}, {"name": "ü"}]}),
    "needs": Closed(one={"result": "success", "outputs": {"list": '["x","y"]'}}, two={"result": "failure"}),
    "inputs": Closed(dry=True, text=""),
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("contains(needs.*.result, 'failure')", True),
        ("fromJSON(needs.one.outputs.list)[1]", "y"),
        ("join(github.event.labels.*.name, '+')", "a+ü"),
        ("github.event.missing.deeper == null", True),
        ("inputs.text || 'default'", "default"),
        ("GitHub.REF == 'REFS/heads/main'", True),
        ("case(inputs.dry, 'yes', 'no')", "yes"),
        ("format('{0} {{}}', 1.50)", "1.5 {}"),
    ],
)
def test_value(text, value):
    assert Evaluator(CONTEXTS).evaluate(text) == value


def test_a_lone_expression_keeps_its_type_and_others_become_text():
    evaluator = Evaluator(CONTEXTS)
    assert evaluator.interpolate("${{ inputs.dry }}") is True
    assert evaluator.interpolate("#${{ github.event.number }} ${{ inputs.dry }}") == "#7 true"
    assert evaluator.interpolate({"a": ["${{ inputs.text }}"]}) == {"a": [""]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("env.HOME", "Unrecognized named-value: 'env'"),
        ("needs.three.result", "unknown name 'three'"),
        ("github.reff", "unknown name 'reff'"),
        ("sometimes()", "Unrecognized function: 'sometimes'"),
        ("1 +", "Unexpected symbol"),
        ("(true", "Unexpected end"),
        ("true true", "Unexpected symbol"),
        ("contains('a')", "Too few parameters"),
        ("fromJSON('{')", "JSON"),
        ("hashFiles('a')", "has no files to read"),
        ("success()", "Unrecognized function"),
    ],
)
def test_refused(text, words):
    with pytest.raises(Refused, match=words):
        Evaluator(CONTEXTS).evaluate(text)


def test_conditions_take_success_for_granted():
    for failed in (False, True):
        status = {"always": True, "success": not failed, "failure": failed, "cancelled": False}
        evaluator = Evaluator(CONTEXTS, status)
        assert evaluator.condition("inputs.dry") is not failed
        assert evaluator.condition("${{ inputs.dry }}") is not failed
        assert evaluator.condition("inputs.dry && Failure()") is failed
        assert evaluator.condition("always() && inputs.dry") is True
        assert evaluator.condition("'always()' != ''") is not failed
        assert evaluator.condition(None) is not failed


# GitHub's reader turns a string with expressions into one expression, a call of format(); this prints it.
AS_GITHUB = """
import { NoOperationTraceWriter, parseWorkflow } from "@actions/workflow-parser";
import { isBasicExpression } from "@actions/workflow-parser";
import fs from "node:fs";
const texts = JSON.parse(fs.readFileSync(0, "utf8"));
console.log(JSON.stringify(texts.map((text) => {
  const content = JSON.stringify({ on: "push", jobs: { j: { "runs-on": "x", steps: [{ run: text }] } } });
  const { context, value } = parseWorkflow({ name: "w.yml", content }, new NoOperationTraceWriter());
  if (context.errors.getErrors().length) return null;
  const token = value.get(1).value.get(0).value.get(1).value.get(0).get(0).value;
  return isBasicExpression(token) ? { expression: token.expression } : { literal: token.value };
})));
"""
WORDS = ["${{", "}}", "'", "''", "{", "}", " ", "a", "1", "'b'", "'}}'", "'{0}'", "github.ref", "$", "\\n", "true"]


def test_strings_are_cut_where_github_cuts_them():
    draw = random.Random(20261126)
    ends = [["${{", "}}"], ["", "}}"], ["${{", ""], ["", ""]]

    def piece():
        start, end = draw.choices(ends, [8, 1, 1, 2])[0]
        return start + "".join(draw.choices(WORDS, k=draw.randint(1, 3))) + end

    texts = {"".join(piece() for _ in range(draw.randint(1, 3))) for _ in range(6000)}
    # The package, unlike the runner's C#, takes only the first doubled quote of a string for one quote.
    texts = sorted(text for text in texts if "${{" in text and text.count("'") < 5 and "''" not in text)
    done = subprocess.run(
        ["node", "--import", "./json_modules.mjs", "--input-type=module", "-e", AS_GITHUB],
        cwd=oracle.installed(), input=json.dumps(texts), check=True, capture_output=True, text=True,
    )  # fmt: skip
    theirs_all = json.loads(done.stdout)
    assert len([one for one in theirs_all if one]) > 150
    evaluator = Evaluator({"github": {"ref": "main"}})
    for text, theirs in zip(texts, theirs_all, strict=True):
        try:
            ours = to_text(evaluator.interpolate(text))
        except Refused:
            assert theirs is None, text
        else:
            assert theirs is not None, text
            value = evaluator.evaluate(theirs["expression"]) if "expression" in theirs else theirs["literal"]
            assert ours == to_text(value), text
