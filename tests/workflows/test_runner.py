"""The runner does what GitHub does with small workflows, and refuses what it does not know."""

import textwrap

import pytest
from runner import Refused


def workflow(jobs, on="on: push", name="w.yml"):
    return {f".github/workflows/{name}": f"{on}\njobs:\n" + textwrap.indent(textwrap.dedent(jobs), "  ")}


def run(github, jobs, files=None, **options):
    return github(workflow(jobs) | (files or {})).run("w.yml", "push", **options)


def test_outputs_summary_and_environment_travel(github):
    done = run(
        github,
        """
        first:
          runs-on: ubuntu-latest
          env: {WORD: hello}
          outputs: {word: "${{ steps.say.outputs.word }}", lines: "${{ steps.say.outputs.lines }}"}
          steps:
            - run: echo "EXTRA=1" >> "$GITHUB_ENV"
            - id: say
              run: |
                printf 'word=%s\\n' "$WORD-$EXTRA" >> "$GITHUB_OUTPUT"
                printf 'lines<<E\\na\\nb\\nE\\n' >> "$GITHUB_OUTPUT"
                echo "## $GITHUB_JOB" >> "$GITHUB_STEP_SUMMARY"
        second:
          needs: first
          runs-on: ubuntu-latest
          steps:
            - env: {WORD: "${{ needs.first.outputs.word }}"}
              run: test "$WORD" = hello-1
        """,
    )
    assert done.conclusion == "success", done.log
    assert done.summary == "## first\n"
    assert done.jobs["first"].outputs["lines"] == "a\nb"


def test_a_failure_skips_what_needs_it_but_not_what_always_runs(github):
    done = run(
        github,
        """
        bad:
          runs-on: ubuntu-latest
          steps:
            - {name: breaks, run: exit 4}
            - {name: skipped, run: echo no}
            - {name: cleans, if: failure(), run: echo yes}
        forgiving:
          runs-on: ubuntu-latest
          steps:
            - {id: soft, continue-on-error: true, run: exit 1}
            - if: steps.soft.outcome == 'failure'
              run: echo told
        after: {needs: bad, runs-on: ubuntu-latest, steps: [{run: echo no}]}
        later: {needs: after, if: failure(), runs-on: ubuntu-latest, steps: [{run: echo yes}]}
        final:
          needs: [bad, after]
          if: always()
          runs-on: ubuntu-latest
          steps:
            - env: {OK: "${{ !contains(needs.*.result, 'failure') }}"}
              run: test "$OK" = false
        """,
    )
    results = {path: job.result for path, job in done.jobs.items()}
    expected = {"bad": "failure", "forgiving": "success", "after": "skipped", "later": "success"}
    assert results == {**expected, "final": "success"}
    assert done.jobs["bad"].exit_codes == {"breaks": 4, "cleans": 0}
    assert done.conclusion == "failure"


CALLED = """
on:
  workflow_call:
    inputs: {colour: {type: string, required: true}}
    outputs: {shade: {value: "${{ jobs.paint.outputs.shade }}"}}
env: {TONE: dark}
jobs:
  paint:
    runs-on: ubuntu-latest
    outputs: {shade: "${{ steps.mix.outputs.shade }}"}
    steps:
      - id: mix
        env: {COLOUR: "${{ inputs.colour }}"}
        run: echo "shade=$TONE-$COLOUR" >> "$GITHUB_OUTPUT"
"""


def test_matrix_of_reusable_calls(github):
    done = run(
        github,
        """
        plan:
          runs-on: ubuntu-latest
          outputs: {colours: "${{ steps.p.outputs.colours }}"}
          steps:
            - id: p
              run: echo 'colours=["red","blue"]' >> "$GITHUB_OUTPUT"
        paint:
          needs: plan
          strategy: {max-parallel: 1, matrix: {colour: "${{ fromJSON(needs.plan.outputs.colours) }}"}}
          uses: $/.github/workflows/called.yml
          with: {colour: "${{ matrix.colour }}"}
        last:
          needs: paint
          runs-on: ubuntu-latest
          steps: [{env: {SHADE: "${{ needs.paint.outputs.shade }}"}, run: 'test "$SHADE" = dark-blue'}]
        """,
        {".github/workflows/called.yml": CALLED},
    )
    assert done.conclusion == "success", done.log
    assert list(done.jobs) == ["plan", "paint[red]/paint", "paint[blue]/paint", "last"]


ACTION = """
name: Greet
description: Says something
inputs: {who: {description: whom, default: world}}
outputs: {greeting: {value: "${{ steps.g.outputs.greeting }}", description: what was said}}
runs:
  using: composite
  steps:
    - id: g
      shell: bash
      env: {WHO: "${{ inputs.who }}"}
      run: echo "greeting=hello $WHO in $(cat place.txt)" >> "$GITHUB_OUTPUT"
"""


def test_composite_action_in_a_clean_checkout(github):
    done = run(
        github,
        """
        greet:
          runs-on: ubuntu-latest
          outputs: {greeting: "${{ steps.a.outputs.greeting }}"}
          steps:
            - uses: actions/checkout@0000 # v1
            - {id: a, uses: ./.github/actions/greet, with: {who: you}}
            - {run: test -z "$(git status --porcelain)" && test ! -e left, working-directory: .}
            - run: rm -r .github && touch left
            - {uses: $/.github/actions/greet} # from the commit, not from the checkout
        again:
          needs: greet
          runs-on: ubuntu-latest
          steps:
            - uses: actions/checkout@0000 # v1
            - run: test ! -e left
        """,
        {".github/actions/greet/action.yml": ACTION, "place.txt": "here"},
    )
    assert done.conclusion == "success", done.log
    assert done.jobs["greet"].outputs == {"greeting": "hello you in here"}


def test_artifacts_and_caches(github):
    jobs = """
        make:
          runs-on: ubuntu-latest
          steps:
            - {id: c, uses: actions/cache/restore@0 , with: {path: state, key: "s-${{ github.run_id }}", restore-keys: s-}}
            - run: mkdir -p state .hidden/empty && echo x >> state/count && cp state/count .hidden/count
            - {uses: actions/upload-artifact@0 , with: {name: h, path: .hidden, include-hidden-files: true}}
            - {uses: actions/upload-artifact@0 , with: {name: nothing, path: .hidden}}
            - {uses: actions/cache/save@0 , with: {path: state, key: "s-${{ github.run_id }}"}}
        take:
          needs: make
          runs-on: ubuntu-latest
          outputs: {count: "${{ steps.n.outputs.count }}"}
          steps:
            - {uses: actions/download-artifact@0 , with: {name: h, path: got}}
            - {id: none, continue-on-error: true, uses: actions/download-artifact@0 , with: {name: nothing}}
            - run: test ! -e got/empty
            - {id: n, run: echo "count=$(wc -l < got/count)" >> "$GITHUB_OUTPUT"}
    """  # noqa: E501
    service = github(workflow(jobs))
    counts = [service.run("w.yml", "push") for _ in range(2)]
    assert [done.conclusion for done in counts] == ["success", "success"], counts[0].log
    assert [done.jobs["take"].outputs["count"] for done in counts] == ["1", "2"]


def test_rerun_runs_only_what_failed_and_what_needs_it(github):
    service = github(
        workflow("""
        good:
          runs-on: ubuntu-latest
          outputs: {made: "${{ steps.m.outputs.made }}"}
          steps: [{id: m, run: 'echo "made=$GITHUB_RUN_ATTEMPT" >> "$GITHUB_OUTPUT"'}]
        flaky: {needs: good, runs-on: ubuntu-latest, steps: [{run: echo}]}
        after: {needs: [flaky], runs-on: ubuntu-latest, steps: [{run: echo}]}
        """),
        lost={"flaky"},
    )
    first = service.run("w.yml", "push")
    second = service.rerun_failed(first)
    assert [job.result for job in first.jobs.values()] == ["success", "failure", "skipped"]
    assert second.conclusion == "success", second.log
    assert second.jobs["good"].outputs == {"made": "1"}
    assert [job.attempt for job in second.jobs.values()] == [1, 2, 2]


def test_github_script_runs_the_real_script(github):
    jobs = """
        comment:
          runs-on: ubuntu-latest
          permissions: {pull-requests: write}
          steps:
            - uses: actions/github-script@0
              env: {BODY: hello}
              with:
                script: |
                  const where = {...context.repo, issue_number: 7};
                  const all = await github.paginate(github.rest.issues.listComments, where);
                  if (all.length) throw new Error("no comment expected");
                  await github.rest.issues.createComment({...where, body: process.env.BODY});
            - {uses: actions/github-script@0 , with: {script: 'await github.rest.repos.delete({})'}}
    """
    service = github(workflow(jobs))
    done = service.run("w.yml", "push")
    assert '"body": "hello"' in service.api.read_text()
    assert done.conclusion == "failure"
    assert "repos.delete is not known" in done.log


def test_manual_inputs(github):
    on = """
on:
  workflow_dispatch:
    inputs: {how: {type: choice, options: [a, b], default: a}, n: {required: true}}
"""
    service = github(workflow("j: {runs-on: x, steps: [{env: {H: '${{ inputs.how }}'}, run: test $H = a}]}", on=on))
    assert service.run("w.yml", "workflow_dispatch", inputs={"n": "1"}).conclusion == "success"
    for inputs, words in [
        ({}, "'n' is required"),
        ({"n": "1", "how": "c"}, "options"),
        ({"m": 1}, "no input 'm'"),
    ]:
        with pytest.raises(Refused, match=words):
            service.run("w.yml", "workflow_dispatch", inputs=inputs)


@pytest.mark.parametrize(
    ("jobs", "words"),
    [
        ("j: {runs-on: x, container: y, steps: [{run: echo}]}", "unknown key 'container'"),
        ("j: {runs-on: x, services: {}, steps: [{run: echo}]}", "unknown key 'services'"),
        ("j: {runs-on: x, steps: [{run: echo, uses: a}]}", "exactly one of run and uses"),
        ("j: {runs-on: x, steps: [{run: echo, with: {}, retries: 3}]}", "unknown key 'retries'"),
        ("j: {runs-on: x, steps: [{uses: someone/thing@v1}]}", "uses 'someone/thing@v1'; known are"),
        ("j: {runs-on: x, steps: [{uses: actions/checkout@v1, with: {lfs: true}}]}", "unknown input 'lfs'"),
        ("j: {runs-on: x, steps: [{run: echo, shell: pwsh}]}", "shell 'pwsh'"),
        ("j: {runs-on: x, needs: k, steps: [{run: echo}]}", "needs 'k'"),
        ("j: {uses: ./.github/workflows/called.yml, secrets: inherit}", "unknown key 'secrets'"),
        ("j: {uses: ./.github/workflows/called.yml}", "needs input 'colour'"),
        ("j: {uses: owner/repo/.github/workflows/x.yml@v1}", "only workflows of this repository"),
        ("j: {runs-on: x, strategy: {matrix: {a: []}}, steps: [{run: echo}]}", "must be a list with a value"),
        ("j: {runs-on: x, if: env.A, steps: [{run: echo}]}", "Unrecognized named-value: 'env'"),
        ("j: {runs-on: x, steps: [{run: 'echo oops >> $GITHUB_OUTPUT'}]}", "neither key=value"),
    ],
)
def test_refused(github, jobs, words):
    with pytest.raises(Refused, match=words):
        run(github, jobs, {".github/workflows/called.yml": CALLED})


def test_other_events_and_files_are_refused(github):
    service = github(workflow("j: {runs-on: x, steps: [{run: echo}]}"))
    with pytest.raises(Refused, match="does not run on schedule"):
        service.run("w.yml", "schedule")
    with pytest.raises(Refused, match="no such file"):
        service.run("v.yml", "push")
