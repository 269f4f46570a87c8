"""XGBoost with and without its GPU part: each reads what the other wrote, and predicts the same."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from patients import ROOT

from emulator.runner.package_index import uv_settings
from scripts.lib.repository.lock import pins_on_azure

UV = Path(sys.executable).with_name("uv")
TRAIN = """
import sys, numpy, xgboost
random = numpy.random.default_rng(0)
x = random.normal(size=(400, 6)).astype("float32")
y = (x[:, 0] + x[:, 1] * x[:, 2] + random.normal(size=400) > 0).astype(int)
rows = xgboost.DMatrix(x, y)
parameters = {"objective": "binary:logistic", "max_depth": 4, "nthread": 1, "seed": 0}
booster = xgboost.train(parameters, rows, 20)
booster.save_model(sys.argv[1])
numpy.save(sys.argv[2], x)
"""
PREDICT = """
import hashlib, json, sys, numpy, xgboost
booster = xgboost.Booster(model_file=sys.argv[1])
scores = booster.predict(xgboost.DMatrix(numpy.load(sys.argv[2])))
print(json.dumps([xgboost.__version__, xgboost.build_info()["USE_CUDA"], hashlib.sha256(scores.tobytes()).hexdigest()]))
"""


GPU = """
import sys
sys.path[:0] = sys.argv[1:]
import boosting, refusal
try:
    boosting._require_gpu()
except refusal.Refused as error:
    print(error)
"""


@pytest.fixture(scope="module")
def builds(tmp_path_factory):
    """The folder of each build's packages, in the version that the steps run on."""
    version = next(
        pin.partition("==")[2] for pin in pins_on_azure("training", "3.11") if pin.startswith("xgboost-cpu==")
    )
    folders = {}
    for name in ("xgboost", "xgboost-cpu"):
        folders[name] = tmp_path_factory.mktemp(name)
        command = [UV, "pip", "install", "--quiet", "--no-deps", "--python", sys.executable]
        environment = {**os.environ, **uv_settings(Path(sys.executable))}
        install = [*command, "--target", folders[name], f"{name}=={version}"]
        done = subprocess.run(install, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return folders


def run(folder, program, *arguments):
    environment = os.environ | {"PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "darwin", reason="there is one build for macOS")
def test_both_builds_train_the_same_model_and_predict_alike(builds, tmp_path):
    models = {name: (str(tmp_path / f"{name}.ubj"), str(tmp_path / f"{name}.npy")) for name in builds}
    for name, files in models.items():
        run(builds[name], TRAIN, *files)
    told = {(by, of): json.loads(run(builds[by], PREDICT, *models[of])) for by in builds for of in builds}
    assert len({score for _, _, score in told.values()}) == 1
    assert len({version for version, _, _ in told.values()}) == 1
    assert {by: gpu for (by, _), (_, gpu, _) in told.items()} == {"xgboost": True, "xgboost-cpu": False}
    assert len({Path(model).read_bytes() for model, _ in models.values()}) == 1


@pytest.mark.slow
@pytest.mark.skipif(Path("/dev/nvidia0").exists(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_refused_by_both_builds(builds):
    folders = [str(ROOT / "components" / name) for name in ("train_xgb", "shared")]
    told = {name: run(folder, GPU, *folders) for name, folder in builds.items()}
    assert "this build of XGBoost knows no GPU" in told["xgboost-cpu"]
    assert "no GPU is visible" in told["xgboost"]
