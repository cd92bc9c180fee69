"""Made up for tests: records of adaptation and of identification, and their figures."""

from emssl_bench.adaptation.approaches import FINE_TUNED
from emssl_bench.records import Record, Trial
from emssl_bench.records.settings import AdaptationSettings, IdentificationSettings
from emssl_bench.report.frames.adaptation import adaptation_curves, adaptation_runs
from emssl_bench.report.naming import arm_and_range_labels
from emssl_bench.report.sections.adaptation_curves import draw_adaptation

EMSSL = {"iterations": 3, "learning_rate": 0.0015, "replay_share": 0.0, "schedule": "constant"}
EMSSL_PLUS = {"iterations": 3, "learning_rate": 0.0015, "samplings_per_iteration": 5, "schedule": "cosine"}


def adapted(approach, change="tool=10", seed=0, error=1.5, calls=1400, base=EMSSL, joint_range_deg=90, **own):
    """A record of adaptation; `own` are the trial's own settings, and win over the usual ones."""
    usual = {
        "approach": approach,
        "learner": approach if approach in FINE_TUNED else "emssl",
        "base": "0123456789ab",
        "adaptation_hyperparameters": {},
        "robot_digest": "c0f37e043b04",
        "changed_digest": "0123456789ab",
        "joint_range_deg": joint_range_deg,
        "train_samples": 700,
        "test_samples": 300,
        "forward": "bullet",
        "device": "cpu",
        "threads": 1,
        "hyperparameters": dict(base),
        "change": change,
        "samples": 700,
        "measurements": 0,
        "targets": "all",
        "schedule": None if approach == "scratch" else "cosine",
    }
    usual["trained_with"] = {name: {**usual, **own}[name] for name in ("forward", "device", "threads")}
    trial = Trial("paper6", seed, AdaptationSettings(**{**usual, **own}))
    first = 1 if approach == "scratch" else 0
    iterations = [*range(first, 3)]
    curve = {
        "iteration": iterations,
        "error_mean_cm": [error * 2 ** (2 - i) for i in iterations],
        "forward_calls": [calls * i / 2 for i in iterations],
        "fit_seconds": [10.0 * i for i in iterations],
    }
    metrics = {
        "error_mean_cm": error,
        "error_unchanged_cm": 1.0,
        "validation_unchanged_cm": 1.0,
        "validation_mean_cm": error,
        "validation_calls": 2000 * len(iterations),
        "error_before_cm": 4 * error,
        "reached": 1.0,
        "iterations": 2,
        "forward_calls": calls,
        "fit_seconds": 20.0,
        "gradient_steps": 60,
    }
    return Record(trial, "done", metrics, curve, machine={"cpu": "a CPU", "torch": "2.13.0"}, commit="abc")


def identified(robot_digest, error_mm, joint_range_deg=90):
    """A record of how well an arm is identified from 10 and 20 measurements."""
    settings = IdentificationSettings(
        robot_digest=robot_digest,
        joint_range_deg=joint_range_deg,
        change="links=3",
        changed_digest="0123456789ab",
        forward="bullet",
        device="cpu",
        threads=1,
    )
    trial = Trial("paper6", 0, settings)
    curve = {
        "noise_mm": [0.0, 0.0],
        "measurements": [10, 20],
        "position_error_mm": [2 * error_mm, error_mm],
        "parameter_error_mm": [2.0, 1.0],
    }
    metrics = {"nominal_position_error_mm": 90.0, "nominal_parameter_error_mm": 30.0}
    return Record(trial, "done", metrics, curve)


def runs(*records):
    return adaptation_runs(records)


def drawn(ran, x="iteration"):
    curves = adaptation_curves(ran)
    return draw_adaptation(curves.assign(arm=arm_and_range_labels(curves)), x)


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]
