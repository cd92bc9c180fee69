"""What decides a trial's numbers, a dataclass for each experiment."""

from emssl_bench.records.settings.accuracy import AccuracySettings
from emssl_bench.records.settings.adaptation import AdaptationSettings
from emssl_bench.records.settings.answers import AnswersSettings
from emssl_bench.records.settings.base import Settings, TrainingSettings, known_experiments, setting, settings_of
from emssl_bench.records.settings.identification import IdentificationSettings
from emssl_bench.records.settings.paths import PathsSettings
from emssl_bench.records.settings.sampling import SamplingSettings
from emssl_bench.records.settings.solvers import SolversSettings

__all__ = [
    "AccuracySettings",
    "AdaptationSettings",
    "AnswersSettings",
    "IdentificationSettings",
    "PathsSettings",
    "SamplingSettings",
    "Settings",
    "SolversSettings",
    "TrainingSettings",
    "known_experiments",
    "setting",
    "settings_of",
]
