"""The player of recorded sessions: silent against the recording itself, loud against any change."""

import copy
import json
import re
from collections import Counter, defaultdict, deque
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire import sessions
from tests.wire.blob_bodies import is_xml, recorded_file
from tests.wire.comparison import Difference
from tests.wire.explained import FILE, Explanation, sort_out, stale
from tests.wire.player import MASKED_NAME, Answer, Player
from tests.wire.scope import out_of_scope
from tests.wire.sessions import Session, read_sessions
from tests.wire.translation import GUID

pytestmark = pytest.mark.skipif(not sessions.ROOT.is_dir(), reason="needs ../shared/azure_wire")


class Echo:
    """Answers each request as the recorded service did."""

    def __init__(self, session: Session, change=None) -> None:
        self.answers = defaultdict(deque)
        for exchange in session.exchanges:
            body, content = copy.deepcopy(exchange.response.body), b""
            if exchange.is_blob and not is_xml(exchange):
                content = recorded_file(exchange)
            answer = Answer(exchange.status, dict(exchange.response.headers), body, content)
            if change and exchange.number == change[0]:
                answer = change[1](answer)
            self.answers[exchange.method, exchange.url].append(answer)

    def __call__(self, method: str, url: str, headers: dict, body: bytes) -> Answer:
        url = re.sub(r"(?<=[/:.-])0{19}\d\d\b", MASKED_NAME, url)
        if (method, url) not in self.answers and "azureml_anonymous" in url:
            url = re.sub(rf"(?<=versions/){GUID}", MASKED_NAME, url)
        waiting = self.answers[method, url] or self._same_operation(url)
        return waiting.popleft() if len(waiting) > 1 else waiting[0]

    def _same_operation(self, url: str) -> deque:
        """Polls are told apart by the operation alone: the recorder masked subscriptions here and there."""
        tail = url.partition("/locations/")[2]
        return next(waiting for (_, other), waiting in self.answers.items() if tail and other.endswith(tail))


def find_session(name: str) -> Session:
    return next(session for session in read_sessions() if session.name.endswith(name))


def play(session: Session, change=None) -> list[Difference]:
    return Player(session, Echo(session, change), patience=0.0).play().differences


@pytest.mark.parametrize("session", read_sessions(), ids=lambda session: session.name)
def test_the_recorded_service_does_not_differ_from_itself(session):
    assert play(session) == []


def test_what_is_out_of_scope_is_counted_and_has_a_reason():
    reasons = Counter(r.split(":")[0] for s in read_sessions() for r in out_of_scope(s).values())
    assert reasons == {
        "steps other than command and pipeline": 41,
        "log files that Azure's own machinery leaves beside a run": 9,
        "a schedule that another session created": 2,
        "code over the data plane": 4,
        "poll of an operation that another session began": 3,
        "template deployments": 1,
    }


ENDPOINT = "batch_services/test_batch_endpoint.test_batch_component"


def changed(pointer: str, value: object):
    def change(answer: Answer) -> Answer:
        *path, last = pointer.strip("/").split("/")
        holder = answer.body
        for step in path:
            holder = holder[step]
        if value is KeyError:
            del holder[last]
        else:
            holder[last] = value
        return answer

    return change


@pytest.mark.parametrize(
    ("pointer", "value", "rule"),
    [
        ("/properties/authMode", "aadToken", "value"),
        ("/properties/authMode", KeyError, "missing"),
        ("/properties/traffic", {}, "extra"),
        ("/properties/provisioningState", "Succeeded", "value"),
        ("/properties/defaults/deploymentName", "d", "type"),
        ("/tags", [], "type"),
        ("/systemData/createdAt", "yesterday", "value"),
        ("/id", "/subscriptions/s/batchEndpoints/other", "value"),
    ],
)
def test_a_changed_body_is_found(pointer, value, rule):
    found = play(find_session(ENDPOINT), (1, changed(pointer, value)))
    assert [(d.request, d.pointer, d.rule) for d in found] == [(1, pointer, rule)]


@pytest.mark.parametrize(
    ("header", "value", "rule"),
    [
        ("azure-asyncoperation", None, "missing"),
        ("location", None, "missing"),
        ("x-ms-async-operation-timeout", "PT1H", "value"),
        ("retry-after", "5", "extra"),
        ("content-type", "text/plain", "value"),
    ],
)
def test_a_changed_header_is_found(header, value, rule):
    def change(answer: Answer) -> Answer:
        headers = {**answer.headers, header: value}
        return Answer(answer.status, {k: v for k, v in headers.items() if v is not None}, answer.body)

    found = play(find_session(ENDPOINT), (1, change))
    assert [(d.request, d.pointer, d.rule) for d in found] == [(1, f"header {header}", rule)]


def test_another_status_is_found_once():
    def change(answer: Answer) -> Answer:
        return Answer(404, answer.headers, {"error": {}})

    found = play(find_session(ENDPOINT), (1, change))
    assert [(d.request, d.pointer, d.recorded) for d in found] == [(1, "status", "201")]


def test_ids_times_and_etags_of_ones_own_are_no_difference():
    session = find_session(ENDPOINT)
    operation = "a385e406-1111-2222-3333-444455556666"

    def change(answer: Answer) -> Answer:
        text = json.dumps([answer.headers, answer.body])
        text = text.replace("5aa94271-6a10-4968-b28a-7fe126d033c1", operation)
        headers, body = json.loads(text.replace("2022-12-08T02:0", "2026-01-02T03:4"))
        return Answer(answer.status, headers, body)

    class OwnIds(Echo):
        def __call__(self, method, url, headers, body):
            asked.append(url)
            return super().__call__(
                method, url.replace(operation, "5aa94271-6a10-4968-b28a-7fe126d033c1"), headers, body
            )

    asked: list[str] = []
    player = Player(session, OwnIds(session, (1, change)), patience=0.0)
    assert player.play().differences == []
    assert any(operation in url for url in asked), "the poll goes where the live answer said"


@cache
def json_places() -> list[tuple[Session, int, tuple]]:
    found = []
    for session in read_sessions():
        skipped = out_of_scope(session)
        for exchange in session.exchanges:
            body = exchange.response.body
            if exchange.number not in skipped and exchange.method in ("PUT", "POST") and isinstance(body, dict):
                found += [(session, exchange.number, path) for path in keys(body)]
    return found


def keys(value: object, path: tuple = ()) -> list[tuple]:
    if not isinstance(value, dict):
        return []
    return [p for key, item in value.items() for p in [(*path, key), *keys(item, (*path, key))]]


@given(st.data())
@settings(deadline=None, max_examples=50)
def test_a_dropped_key_is_found_anywhere(data):
    session, number, path = data.draw(st.sampled_from(range(len(json_places()))).map(json_places().__getitem__))

    def drop(answer: Answer) -> Answer:
        holder = answer.body
        for step in path[:-1]:
            holder = holder[step]
        del holder[path[-1]]
        return answer

    pointer = "".join(f"/{step}" for step in path)
    found = play(session, (number, drop))
    assert (number, pointer, "missing") in {(d.request, d.pointer, d.rule) for d in found}


def test_an_explanation_covers_its_pattern_alone_and_goes_stale():
    difference = Difference("s", 1, "", "GET jobs/*", "/properties/services/Studio", "missing", "{}", "null")
    other = Difference("s", 1, "", "GET jobs/*", "/properties/status", "value", '"Running"', '"Completed"')
    services = ("/properties/services/*", "/properties/ports")
    explanation = Explanation(("GET jobs/*",), services, ("missing",), "no portal")
    assert sort_out([difference, other], [explanation]) == ([difference], [other])
    assert stale([difference, other], [explanation]) == [("no portal", "/properties/ports")]
    unused = Explanation(("PUT jobs/*",), ("*",), ("value",), "never occurs")
    assert ("never occurs", "PUT jobs/*") in stale([difference, other], [unused])


def test_an_explanation_holds_where_its_phenomenon_is_seen_alone():
    body = {"value": [{"n": 1, "status": "NotStarted"}, {"n": 2, "status": "Running"}]}
    first, second = (
        Difference("s", 1, "", "GET runs", f"/value/{n}/n", "value", "1", "2", "2023-02", body, {}, {}) for n in (0, 1)
    )
    here = {"operations": ("*",), "pointers": ("*",), "rules": ("*",), "reason": "r"}
    not_started = Explanation(**here, where={"/value/*/status": '"NotStarted"'})
    assert sort_out([first, second], [not_started]) == ([first], [second])
    assert sort_out([first], [Explanation(**here, before="2023-03")]) == ([first], [])
    assert sort_out([first], [Explanation(**here, before="2023-02")]) == ([], [first])
    assert sort_out([first], [Explanation(**here, asked={"/x": "*"})]) == ([], [first])


def test_no_explanation_names_a_session_or_an_id_of_one():
    text = FILE.read_text(encoding="utf-8")
    assert not re.findall(rf"test_\w+|{GUID}|\d{{8,}}", text)
    names = {session.name.rpartition("/")[2] for session in read_sessions()}
    assert [name for name in names if name in text] == []
