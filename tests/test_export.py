"""A network for other programs: ONNX Runtime and NumPy alone give the model's joint angles."""

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import emssl_bench
import robots
from emssl_bench.exceptions import ModelError
from emssl_bench.records import export
from emssl_bench.solvers.corrected import CorrectedSolver
from tests.commands import run
from tests.examples import SLIDER
from tests.models import trained

onnxruntime = pytest.importorskip("onnxruntime")
PAGE = Path(__file__).parent.parent / "docs" / "export.md"


@pytest.fixture(scope="module")
def model(tmp_path_factory, planar3):
    return trained(tmp_path_factory.mktemp("model"), planar3, "direct")[1]


def exported(capsys, model, kind, out):
    code, said, err = run(capsys, "export", "--model", str(model), "--to", kind, "--out", str(out))
    assert (code, err) == (0, "")
    assert f"Written: {out}, " in said
    return out


def by_onnx(path):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda targets: session.run(None, {"targets": targets})[0]


def by_page(path, monkeypatch, poses=False):
    """What the page on export says, as it says it; of poses with what it adds for them."""
    pattern = r"^```python\n((?:import numpy as np\n\n\n)?def .*?)^```"
    whole, added = re.findall(pattern, PAGE.read_text(), re.M | re.S)
    for block in (whole, added):
        assert len([line for line in block.splitlines() if line.strip()]) <= 20
        assert "emssl" not in block
        assert "torch" not in block
    monkeypatch.chdir(path.parent)
    names = {}
    if poses:
        definitions, use = whole.split("\narrays = ")
        exec(definitions, names)
        exec(f"arrays = {use.splitlines()[0]}", names)
        exec(added, names)
    else:
        exec(whole, names)
    assert names["angles"].shape[0] == 1
    arrays, solved = names["arrays"], names["joint_angles"]
    return lambda targets: solved(arrays, names["features"](arrays, targets) if poses else targets)


@pytest.mark.parametrize("kind", ["onnx", "npz"])
def test_other_programs_give_the_joint_angles_of_the_model(capsys, tmp_path, monkeypatch, model, kind, rng):
    path = exported(capsys, model, kind, tmp_path / f"arm.{kind}")
    solved = by_onnx(path) if kind == "onnx" else by_page(path, monkeypatch)
    solver, space = emssl_bench.load(model), emssl_bench.load(model).joint_space
    for count in (1, 2, 1_000):
        targets = rng.uniform(-0.7, 0.7, (count, 3))
        found = solved(targets)
        assert (found.dtype, found.shape) == (np.float64, (count, 3))
        np.testing.assert_allclose(found, solver.joint_angles(targets), atol=1e-5, rtol=0)
        assert (found >= space.lower).all()
        assert (found <= space.upper).all()
    assert np.ptp(found, axis=0).min() > 0.01


@pytest.fixture(scope="module", params=["rot6d", "quaternion"])
def of_poses(request, tmp_path_factory, paper6):
    """A model of poses, whose network is given their orientation in one way."""
    return trained(tmp_path_factory.mktemp("poses"), paper6, "direct", task=f"pose:orientation={request.param}")[1]


@pytest.mark.parametrize("kind", ["onnx", "npz"])
def test_other_programs_give_the_joint_angles_of_a_model_of_poses(capsys, tmp_path, monkeypatch, of_poses, kind, rng):
    path = exported(capsys, of_poses, kind, tmp_path / f"arm.{kind}")
    solved = by_onnx(path) if kind == "onnx" else by_page(path, monkeypatch, poses=True)
    model = emssl_bench.load(of_poses)
    half_turns = np.eye(4)[[0, 1, 2, 0]] + [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 1, 0, 0]]
    for count in (1, 2, 1_000):
        quaternions = Rotation.random(count, rng=rng).as_quat()
        quaternions[: len(half_turns)] = (half_turns / np.linalg.norm(half_turns, axis=1)[:, None])[:count]
        targets = np.concatenate([rng.uniform(-0.4, 0.6, (count, 3)), quaternions], axis=1)
        expected = model.joint_angles(targets)
        for sign in (1, -1, 1.0008):
            found = solved(targets * [1, 1, 1, *[sign] * 4])
            assert (found.dtype, found.shape) == (np.float64, (count, 6))
            np.testing.assert_allclose(found, expected, atol=1e-5, rtol=0)
    assert np.ptp(found, axis=0).min() > 0.01


@pytest.fixture(scope="module", params=["position", "pose"])
def corrected(request, tmp_path_factory, paper6):
    """A model with several answers to a target, corrected by a forward network."""
    more = {"components": 3, "corrections": 2, "candidates": 2}
    return trained(tmp_path_factory.mktemp("plus"), paper6, task=request.param, more=more)[1]


def test_networks_with_several_answers_and_corrections_are_exported_as_onnx(capsys, tmp_path, corrected, rng):
    solved, model = by_onnx(exported(capsys, corrected, "onnx", tmp_path / "arm.onnx")), emssl_bench.load(corrected)
    assert isinstance(model.solver, CorrectedSolver)
    for count in (1, 1_000):
        targets = np.concatenate(
            [rng.uniform(-0.4, 0.6, (count, 3)), Rotation.random(count, rng=rng).as_quat()], axis=1
        )
        targets = targets[:, : model.task.columns]
        expected = model.joint_angles(targets)
        for sign in (1, -1):
            apart = np.abs(solved(targets * [1, 1, 1, *[sign] * 4][: model.task.columns]) - expected)
            assert np.median(apart) < 1e-5
            assert (apart < 1e-3).mean() > 0.999
    with pytest.raises(ModelError, match="networks with one answer that is not corrected: --to onnx has all"):
        export.as_npz(model)


def test_files_of_poses_say_what_they_are(capsys, tmp_path, of_poses):
    model = emssl_bench.load(of_poses)
    session = onnxruntime.InferenceSession(exported(capsys, of_poses, "onnx", tmp_path / "arm.onnx"))
    (given,) = session.get_inputs()
    assert (given.name, given.type, given.shape) == ("targets", "tensor(double)", ["batch", 7])
    about = session.get_modelmeta().custom_metadata_map
    assert about["input"] == "x y z [m] and a quaternion x y z w, base frame"
    assert float(about["angle_p95_deg"]) == model.expected.angle_p95_deg
    with np.load(exported(capsys, of_poses, "npz", tmp_path / "arm.npz"), allow_pickle=False) as file:
        assert (int(file["format"]), str(file["orientation"])) == (2, model.task.orientation)


def test_an_onnx_file_says_what_it_is(capsys, tmp_path, model):
    path = exported(capsys, model, "onnx", tmp_path / "arm.onnx")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (given,), (made,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.type, given.shape) == ("targets", "tensor(double)", ["batch", 3])
    assert (made.name, made.type, made.shape) == ("joint_angles", "tensor(double)", ["batch", 3])
    about = session.get_modelmeta().custom_metadata_map
    assert (about["method"], about["robot"], about["joint_range_deg"]) == ("direct", "planar3", "90")
    assert about["output"] == "joint1 [rad], joint2 [rad], joint3 [rad]"
    assert float(about["error_mean_cm"]) == emssl_bench.load(model).expected.error_mean_cm


def test_a_file_of_arrays_says_what_it_is_and_is_the_same_every_time(capsys, tmp_path, model):
    path = exported(capsys, model, "npz", tmp_path / "arm.npz")
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    assert arrays["format"] == 1
    assert arrays["joint_names"].tolist() == ["joint1", "joint2", "joint3"]
    assert json.loads(str(arrays["about"]))["method"] == "direct"
    for name in arrays:
        assert f"`{name}`" in PAGE.read_text() or re.fullmatch(r"(weight|bias)_[2-4]", name)
    assert exported(capsys, model, "npz", tmp_path / "again.npz").read_bytes() == path.read_bytes()


def test_joints_that_slide_are_exported_too(tmp_path):
    arm = tmp_path / "slider.urdf"
    arm.write_text(SLIDER)
    model = emssl_bench.load(trained(tmp_path, robots.load(arm), "direct")[1])
    assert b"turn [rad], slide [m]" in export.as_onnx(model)
    with np.load(io.BytesIO(export.as_npz(model))) as file:
        assert "turn [rad], slide [m]" in str(file["about"])


def test_what_differs_from_the_model_is_not_written(capsys, tmp_path, model, monkeypatch):
    arrays = export._arrays
    monkeypatch.setattr(export, "_arrays", lambda solver: {**arrays(solver), "shift": np.full(3, 0.1)})
    out = tmp_path / "arm.npz"
    code, _, err = run(capsys, "export", "--model", str(model), "--to", "npz", "--out", str(out))
    assert (code, err.count("\n"), out.exists()) == (2, 1, False)
    assert "nothing is written: it would differ from the model by " in err


@pytest.mark.parametrize(
    ("method", "why"),
    [
        ("cgan", "draws its latent values"),
        ("lookup", "the model of lookup is not one"),
        ("fnn-joints", "the model of fnn-joints is not one"),
    ],
)
def test_what_cannot_be_exported_says_why_and_what_can(method, why, planar3, tmp_path):
    model = emssl_bench.load(trained(tmp_path, planar3, method)[1])
    for written in (export.as_onnx, export.as_npz):
        with pytest.raises(ModelError, match=f"only networks of positions or poses without random inputs .*{why}"):
            written(model)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("--model none.safetensors --to npz", "there is no such file"),
        ("--model MODEL --to npz --out arm.onnx", "--out arm.onnx: the file must end in .npz"),
        ("--model MODEL --to npz --out folder.npz", "--out folder.npz: it is a folder"),
        ("--model MODEL --to npz --out file/arm.npz", "file cannot be written"),
        ("--model MODEL --to torchscript", "invalid choice: 'torchscript'"),
        ("--to npz", "the following arguments are required: --model"),
    ],
)
def test_a_mistake_ends_in_one_line(capsys, tmp_path, monkeypatch, model, arguments, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("a file")
    (tmp_path / "folder.npz").mkdir()
    code, out, err = run(capsys, "export", *arguments.replace("MODEL", str(model)).split())
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err


def test_onnx_without_its_packages_says_what_to_install(capsys, tmp_path, monkeypatch, model):
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    code, _, err = run(capsys, "export", "--model", str(model), "--to", "onnx", "--out", str(tmp_path / "a.onnx"))
    assert (code, err.count("\n")) == (2, 1)
    assert "pip install 'emssl-bench[export]'" in err
