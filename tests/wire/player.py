"""Plays one recorded session against a handler, request by request, and compares the answers."""

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import groupby
from urllib.parse import urlsplit

from tests.wire.blob_bodies import as_json, is_xml, recorded_file
from tests.wire.comparison import Difference, compare_bodies, compare_headers, shortened
from tests.wire.scope import AMENDED, out_of_scope
from tests.wire.seeded_files import public_data
from tests.wire.seeding import seeds
from tests.wire.sessions import Exchange, Message, Session, read_sessions
from tests.wire.translation import OPERATION, Translation

TERMINAL = {"Succeeded", "Failed", "Canceled", "Completed"}
MASKED_NAME = "0" * 21
POLLED = {"GET jobs/*", "GET history/v1.0/runs/*/details"}
LISTS = {"GET components"}  # lists of everything in a workspace that many share


@dataclass(frozen=True)
class Answer:
    """What a handler answered: status, headers with lower-case names, parsed or raw body."""

    status: int
    headers: dict[str, str]
    body: object
    content: bytes = b""


Handler = Callable[[str, str, dict[str, str], bytes], Answer]


@dataclass
class Outcome:
    """The comparison of one session."""

    session: Session
    skipped: dict[int, str]
    compared: int = 0
    differences: list[Difference] = field(default_factory=list)


def parse(status: int, headers: dict[str, str], body: bytes) -> Answer:
    """An answer whose JSON body is parsed; other bodies count by being there."""
    lower = {name.lower(): value for name, value in headers.items()}
    if "json" in lower.get("content-type", "") and body:
        return Answer(status, lower, json.loads(body), body)
    return Answer(status, lower, _text(body) if body else None, body)


def _text(content: bytes) -> str:
    return content.decode("utf-8-sig", "replace")


class Player:
    """Plays one session in order, keeping what it learns about the handler's ids."""

    def __init__(self, session: Session, handler: Handler, patience: float = 120.0) -> None:
        self.handler = handler
        self.patience = patience
        self.translation = Translation()
        self.outcome = Outcome(session, out_of_scope(session))
        self._masked = 0
        self._jobs: list[str] = []

    def seed(self) -> None:
        """Puts into the handler what the session found in its workspace."""
        self.translation.tokens.update(public_data(self.outcome.session))
        for call in seeds(self.outcome.session, set(self.outcome.skipped)):
            answer = self.handler(call.method, call.url, call.headers, call.body)
            if answer.status >= 400:
                exchange = Exchange(-1, call.method, call.url, Message({}, None), 201, Message({}, None))
                self._add(exchange, answer, "seed", "refused", call.url, [answer.status, answer.body])
            elif poll := answer.headers.get("azure-asyncoperation"):
                self._wait(poll)

    def _wait(self, url: str) -> None:
        deadline = time.monotonic() + self.patience
        while _goes_on(self.handler("GET", url, {}, b"")) and time.monotonic() < deadline:
            time.sleep(0.02)

    def play(self) -> Outcome:
        """Every request that is in scope, polls of one status taken together."""
        exchanges = [e for e in self.outcome.session.exchanges if e.number not in self.outcome.skipped]
        for (method, _), group in groupby(exchanges, key=lambda e: (e.method, e.url)):
            polls = list(group)
            if method == "GET" and _is_poll(polls[0]):
                self._poll(polls)
            else:
                for exchange in polls:
                    self._compare(exchange, self._send(exchange))
        return self.outcome

    def end(self) -> None:
        """Cancels the jobs that still run, and waits until they do not."""
        for url in self._jobs:
            bare, _, query = url.partition("?")
            self.handler("POST", f"{bare}/cancel?{query}", {}, b"")
        for url in self._jobs:
            self._wait(url)

    def _poll(self, polls: list[Exchange]) -> None:
        """Compares the last answer with one in the same state; how often a state was seen depends on time alone."""
        self.outcome.compared += len(polls) - 1
        same = [e for e in self.outcome.session.exchanges if (e.method, e.url) == (polls[0].method, polls[0].url)]
        recorded = {_state(poll.status, poll.response.body): poll for poll in (*same, *polls)}
        deadline = time.monotonic() + self.patience
        answer = self._send(polls[-1])
        while _goes_on(answer) and time.monotonic() < deadline:
            if _goes_on_recorded(polls[-1]) and _state(answer.status, answer.body) in recorded:
                break
            time.sleep(0.05)
            answer = self._send(polls[-1])
        state = _state(answer.status, answer.body)
        self._compare(recorded.get(state) or _example(polls[-1], state) or polls[-1], answer)

    def _send(self, exchange: Exchange) -> Answer:
        self._rename(exchange)
        sent = AMENDED.get((self.outcome.session.name, exchange.number), exchange.request.body)
        body = exchange.request_bytes()
        if body and not exchange.is_blob:
            body = json.dumps(self.translation.body(sent)).encode()
        return self.handler(exchange.method, self.translation.url(exchange.url), exchange.request.headers, body)

    def _rename(self, exchange: Exchange) -> None:
        """What the recorder gave one masked name are different things; each gets a name of its own."""
        if exchange.method != "PUT":
            return
        if f"/jobs/{MASKED_NAME}" in exchange.url:
            self._masked += 1
            for before in ("jobs/", ":", "runs/", "dcid.", "batchjob-"):
                own = f"{before}{MASKED_NAME[:-2]}{self._masked:02}"
                self.translation.tokens[before + MASKED_NAME] = own
        elif f"/versions/{MASKED_NAME}" in exchange.url:
            own = str(uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(exchange.request.body)))
            self.translation.tokens[f"azureml_anonymous/versions/{MASKED_NAME}"] = f"azureml_anonymous/versions/{own}"

    def _compare(self, exchange: Exchange, answer: Answer) -> None:
        self.outcome.compared += 1
        if answer.status != exchange.status:
            self._add(exchange, answer, "status", "value", exchange.status, [answer.status, answer.body])
            return
        self.translation.learn_headers(exchange.response.headers, answer.headers)
        for found in compare_headers(exchange.response.headers, answer.headers):
            self._add(exchange, answer, *found)
        if exchange.is_blob and not is_xml(exchange):
            file = recorded_file(exchange)
            if exchange.method != "HEAD" and answer.content != file:
                self._add(exchange, answer, "body", "value", *(_text(content) for content in (file, answer.content)))
            return
        recorded, ours = (self._own(exchange, body) for body in (exchange.response.body, answer.body))
        if exchange.is_blob:
            recorded, ours = as_json(recorded), as_json(ours)
        self.translation.learn(recorded, ours)
        for found in compare_bodies(recorded, ours, self.translation):
            self._add(exchange, answer, *found)

    def _own(self, exchange: Exchange, body: object) -> object:
        """``body``; a list of everything in the workspace only with what the session created."""
        if exchange.operation not in LISTS or not isinstance(body, dict):
            return body
        made = {_path(e.url) for e in self.outcome.session.exchanges if e.method == "PUT"}
        listed = [item for item in body["value"] if any(path.startswith(item["id"]) for path in made)]
        return {key: value for key, value in body.items() if key != "nextLink"} | {"value": listed}

    def _add(self, exchange: Exchange, answer: Answer, pointer: str, rule: str, recorded: object, ours: object) -> None:
        texts = shortened(recorded), shortened(ours)
        session = self.outcome.session
        where = (session.name, exchange.number, exchange.api_version, exchange.operation)
        shown = exchange.response.body, answer.body
        bodies = *(map(as_json, shown) if exchange.is_blob and is_xml(exchange) else shown), exchange.request.body
        self.outcome.differences.append(Difference(*where, pointer, rule, *texts, session.recorded, *bodies))


def _path(url: str) -> str:
    return urlsplit(url).path


def _is_poll(exchange: Exchange) -> bool:
    return bool(OPERATION.search(exchange.url)) or exchange.operation in POLLED


def _state(status: int, body: object) -> tuple[int, object]:
    parts = (body, body.get("properties")) if isinstance(body, dict) else ()
    states = (part.get("status") for part in parts if isinstance(part, dict))
    return status, next(filter(None, states), None)


def _example(poll: Exchange, state: tuple[int, object]) -> Exchange | None:
    """The same poll in the same state from another session, where this one was not recorded to its end."""
    if OPERATION.search(poll.url) is None:
        return None
    everywhere = (e for session in read_sessions() for e in session.exchanges if e.operation == poll.operation)
    found = next((e for e in everywhere if _state(e.status, e.response.body) == state), None)
    return found and replace(found, number=poll.number)


def _goes_on(answer: Answer) -> bool:
    status, state = _state(answer.status, answer.body)
    return status == 202 or (state is not None and state not in TERMINAL)


def _goes_on_recorded(exchange: Exchange) -> bool:
    return _goes_on(Answer(exchange.status, {}, exchange.response.body))
