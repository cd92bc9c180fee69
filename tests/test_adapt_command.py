"""The command `adapt` trains what it needs, and refuses models that do not fit."""

import torch

from emssl_bench import cli
from emssl_bench.records import Store, model_files


def test_adapt_trains_what_it_needs_once_and_does_what_is_missing(capsys, tmp_path):
    def adapt(out, *more):
        tiny = () if "--from" in more else ("--budget", "smoke", "--set", "emssl.iterations=2", "emssl.epochs=1")
        usual = [("--robot", "planar3"), ("--approach", "replace")]
        asked = [text for option, value in usual if option not in more for text in (option, value)]
        asked += ["--extend-cm", "2", "--out", str(tmp_path / out)]
        code = cli.main(["adapt", "--forward", "chain", *tiny, *asked, *more])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    def curve(out):
        records = [r for r in Store(tmp_path / out).records() if r.trial.settings.shown_change == "links=2"]
        return records[0].curve["error_mean_cm"]

    code, said, err = adapt("first")
    assert code == 0, err
    assert "emssl ±90° seed 0: done" in said
    assert "replace links=2 ±90° seed 0: iteration 1/2" in said
    assert "Table IV" in said
    code, said, _ = adapt("first", "--change", "tool=5")
    assert code == 0
    assert "1 of 2 trials to run" in said
    assert "emssl ±90°" not in said
    (base,) = [r for r in Store(tmp_path / "first").records() if r.trial.experiment == "accuracy"]
    model = str(tmp_path / "first" / base.model)
    code, said, _ = adapt("other", "--from", model, str(tmp_path / "first" / "." / base.model))
    assert code == 0
    assert "1 of 1 trials to run" in said, "one model by two paths is one"
    assert "emssl ±90°" not in said
    assert curve("other") == curve("first")

    copy = tmp_path / "copy.safetensors"
    loaded, trial = model_files.read(model)
    with torch.no_grad():
        loaded.network.layers[-1].bias += 0.1
    model_files.save(loaded, copy, trial)
    kept = (tmp_path / "other" / base.model).read_bytes()
    code, _, err = adapt("other", "--from", str(copy))
    assert (code, err.count("\n")) == (2, 1)
    assert f"is another model of that training than {copy}; name another folder by --out." in err
    assert (tmp_path / "other" / base.model).read_bytes() == kept
    code, _, err = adapt("fourth", "--from", model, str(copy))
    assert (code, err.count("\n")) == (2, 1)
    assert "copy.safetensors is another model of a training that an earlier file is of, too" in err

    code, _, err = adapt("third", "--from", model, "--joint-range", "77")
    assert (code, err.count("\n")) == (2, 1)
    assert "--joint-range cannot be combined with --from: the models fix it." in err
    code, _, err = adapt("third", "--from", model, "--robot", "paper6")
    assert (code, err.count("\n")) == (2, 1)
    assert "a model of the arm planar3" in err
    code, _, err = adapt("third", "--from", model, "--approach", "replace", "distal")
    assert (code, err.count("\n")) == (2, 1)
    assert "the approach 'distal' starts from a model of distal; --from gives emssl." in err
