"""Samples of a search space, at random or on the grid of all choices."""

import itertools
import math
import random
from collections.abc import Iterator

from emulator.state.plans import Sweep


def samples(sweep: Sweep) -> Iterator[dict[str, str]]:
    """Yield the values of the parameters of each trial, as texts; at most as many as the sweep allows."""
    space = sweep["space"]
    if sweep["algorithm"] == "grid":
        combined = itertools.product(*(values[0] for _, values in space.values()))
        for point in itertools.islice(combined, sweep["trials"]):
            yield {name: str(value) for name, value in zip(space, point, strict=True)}
        return
    source = random.Random(sweep["seed"])
    for _ in range(sweep["trials"]):
        yield {name: _draw(source, kind, values, sweep["log_base"]) for name, (kind, values) in space.items()}


def _draw(source: random.Random, kind: str, values: list[object], log_base: float | None) -> str:
    if kind == "choice":
        choices = values[0]
        assert isinstance(choices, list)
        return str(source.choice(choices))
    numbers = [float(str(value)) for value in values]
    if kind == "randint":
        return str(source.randrange(int(numbers[0])))
    quantum = numbers.pop() if kind.startswith("q") else None
    plain = kind.removeprefix("q")
    value = source.gauss(*numbers) if plain.endswith("normal") else source.uniform(*numbers)
    if plain == "lognormal":
        value = math.exp(value)
    if plain == "loguniform":
        value = math.exp(value) if log_base is None else log_base**value
    if quantum:
        value = round(value / quantum) * quantum
        return str(int(value)) if value.is_integer() else str(value)
    return str(value)
