"""The runner's expressions agree with GitHub's documented rules."""

import pytest
from runner.errors import Refused
from runner.expressions import Closed, Evaluator

CONTEXTS = {
    "github": Closed(ref="refs/heads/main", event={"number": 7.0, "labels": [{"name": "a"}, {"name": "b"}]}),
    "needs": Closed(one={"result": "success", "outputs": {"list": '["x","y"]'}}, two={"result": "failure"}),
    "inputs": Closed(dry=True, text=""),
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("github.ref == 'REFS/heads/main'", True),
        ("startsWith(github.ref, 'refs/heads/') && 'yes' || 'no'", "yes"),
        ("contains(needs.*.result, 'failure')", True),
        ("contains('Hello', 'ELL')", True),
        ("fromJSON(needs.one.outputs.list)[1]", "y"),
        ("join(github.event.labels.*.name, '+')", "a+b"),
        ("github.event.missing.deeper == null", True),
        ("inputs.text || 'default'", "default"),
        ("!inputs.dry", False),
        ("github['ref']", "refs/heads/main"),
        ("1 < 2 && 2 >= 2 && '3' > 2", True),
        ("null == 0 && '' == 0 && true == 1", True),
        ("'a' == 0", False),
        ("format('{0} of {1} {{x}}', 1, 'two')", "1 of two {x}"),
        ("'it''s'", "it's"),
        ("(false || true) && 0x10 == 16", True),
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
        ("env.HOME", "no context 'env'"),
        ("needs.three.result", "unknown name 'three'"),
        ("github.reff", "unknown name 'reff'"),
        ("sometimes()", "unknown function 'sometimes'"),
        ("1 +", "cannot read"),
        ("(true", "expected '\\)'"),
        ("true true", "unexpected 'true'"),
        ("fromJSON('{')", "is no JSON"),
    ],
)
def test_refused(text, words):
    with pytest.raises(Refused, match=words):
        Evaluator(CONTEXTS).evaluate(text)
