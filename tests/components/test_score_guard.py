"""The process that reads a model is bounded: in time, in memory, and a signal that ends it is a refusal."""

import faulthandler
import os
import signal

import pytest
from patients import component_modules


def test_a_model_that_never_ends_is_stopped(monkeypatch):
    score = component_modules("score")
    monkeypatch.setattr(score.guard, "CPU_SECONDS", 1)

    def never_end():
        while True:
            pass

    with pytest.raises(score.reasons.ScoreRefused, match="ended with SIGXCPU") as refused:
        score.guard.run(never_end, 0)
    assert refused.value.reason == "model-not-loadable"


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL])
def test_a_process_that_ends_by_a_signal_is_a_refusal(number):
    score = component_modules("score")

    def end():
        faulthandler.disable()
        os.kill(os.getpid(), number)

    with pytest.raises(score.reasons.ScoreRefused, match=f"ended with {number.name}") as refused:
        score.guard.run(end, 0)
    assert refused.value.reason == "model-not-loadable"


def test_memory_is_bounded_and_a_mistake_of_ours_is_no_refusal(capfd):
    score = component_modules("score")
    with pytest.raises(SystemExit):
        score.guard.run(lambda: bytearray(score.guard.MEMORY_BYTES + 2**20), 0)
    assert "MemoryError" in capfd.readouterr().err
    score.guard.run(lambda: bytearray(2**20), 0)
