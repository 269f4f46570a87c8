"""Translates what the recorded service invented (ids, names, urls) to what the handler invented."""

import re
from collections.abc import Iterator
from itertools import zip_longest
from urllib.parse import urlsplit, urlunsplit

GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
INVENTED = re.compile(rf"{GUID}|[0-9a-f]{{32,64}}", re.IGNORECASE)
MASKED = re.compile(r"[0-]+")  # what the recorder put in the place of an id
OPERATION = re.compile(r"/(?:mfeOperation|computeOperation)s?(?:Status|Results)/", re.IGNORECASE)
ECHOED_LEAVES = {"version"}  # repeats what was sent; names nothing
# Leaves whose whole value the service invents, and later requests use.
INVENTED_LEAVES = {"accountName", "containerName", "scoringUri", "discoveryUrl", "sasUri", "blobUri", "assetId"}


class Translation:
    """What is known so far of how recorded values correspond to live ones; one per session."""

    def __init__(self) -> None:
        self.tokens: dict[str, str] = {}
        self.urls: dict[str, str] = {}

    def text(self, value: str) -> str:
        """``value`` with every known recorded token replaced by its live one."""
        for recorded in sorted(self.tokens, key=len, reverse=True):
            if recorded in value:
                value = value.replace(recorded, self.tokens[recorded])
        return value

    def url(self, value: str) -> str:
        """A recorded url as the live one; operations are polled where the live answer said."""
        parts = urlsplit(value)
        bare = _bare(value)
        if bare in self.urls:
            live = self.urls[bare]
            return live if OPERATION.search(value) else urlunsplit((*urlsplit(live)[:3], parts.query, ""))
        return self.text(value)

    def body(self, value: object) -> object:
        """A recorded body with every string translated."""
        if isinstance(value, dict):
            return {self.text(key): self.body(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.body(item) for item in value]
        return self.text(value) if isinstance(value, str) else value

    def learn(self, recorded: object, live: object, leaf: str = "") -> None:
        """Takes note of the tokens that differ between an answer and its recording."""
        if isinstance(recorded, dict) and isinstance(live, dict):
            self._learn_reuse(recorded, live)
            for key in recorded.keys() & live.keys():
                self.learn(recorded[key], live[key], key)
        elif isinstance(recorded, list) and isinstance(live, list):
            for _, one, other in self.pairs(recorded, live):
                self.learn(one, other, leaf)
        elif isinstance(recorded, str) and isinstance(live, str) and recorded != live:
            self._learn_text(recorded, live, leaf)

    def _learn_reuse(self, recorded: dict, live: dict) -> None:
        """A step that the service reused came from an earlier run; here each run has its own."""
        for earlier, own in (("azureml.reusedrunid", None), ("azureml.reusedpipelinerunid", "azureml.pipelinerunid")):
            if own and earlier in recorded and earlier not in live and own in live:
                self.tokens[recorded[earlier]] = live[own]

    def pairs(self, recorded: list, live: list) -> Iterator[tuple[int, object, object]]:
        """Elements side by side: by what users call them where that tells them apart, else by position."""
        for key in ("displayName", "name", "Name"):
            names = [self.text(str(_get(item, key))) for item in recorded]
            others = {str(_get(item, key)): item for item in live}
            if len(set(names)) == len(names) and len(others) == len(live) and set(names) & set(others):
                for index, (name, item) in enumerate(zip(names, recorded, strict=True)):
                    yield index, item, others.pop(name, None)
                yield from ((len(names) + i, None, item) for i, item in enumerate(others.values()))
                return
        for index, (one, other) in enumerate(zip_longest(recorded, live)):
            yield index, one, other

    def _learn_text(self, recorded: str, live: str, leaf: str) -> None:
        if leaf in ECHOED_LEAVES:
            return
        if leaf in INVENTED_LEAVES:
            self.tokens[recorded] = live
            if recorded.startswith("https://"):
                self.tokens[urlsplit(recorded).netloc] = urlsplit(live).netloc
                self.urls[_bare(recorded)] = live
                if leaf == "blobUri":
                    self.tokens[urlsplit(recorded).path.strip("/")] = urlsplit(live).path.strip("/")
        expected = self.text(recorded)
        if expected == live:
            return
        pattern, names = [], []
        position = 0
        for match in INVENTED.finditer(expected):
            pattern += [re.escape(expected[position : match.start()]), r"([\w.-]{8,})"]
            names.append(match[0])
            position = match.end()
        found = re.fullmatch("".join(pattern) + re.escape(expected[position:]), live, re.IGNORECASE)
        if found and names:
            known = {value: key for key, value in self.tokens.items()}
            for name, value in zip(names, found.groups(), strict=True):
                if not MASKED.fullmatch(name):
                    self.tokens[known.get(name, name)] = value

    def learn_headers(self, recorded: dict[str, str], live: dict[str, str]) -> None:
        """Takes note of where the live answer says to poll."""
        for name in ("azure-asyncoperation", "location"):
            if name in recorded and name in live and OPERATION.search(recorded[name]):
                self.urls[_bare(recorded[name])] = live[name]


def _bare(url: str) -> str:
    """What tells one url from another: an operation is known by what follows its subscription."""
    url = url.split("?")[0]
    return url.rpartition("/locations/")[2] if OPERATION.search(url) else url


def _get(item: object, key: str) -> object:
    return item.get(key) if isinstance(item, dict) else None
