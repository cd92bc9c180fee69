"""Known limitations: what the paper leaves open, and what does not compare."""

from emssl_bench import paper
from emssl_bench.report.frames import ReportData
from emssl_bench.report.intervals import ENOUGH_SEEDS
from emssl_bench.report.section import Bullets, Section
from emssl_bench.report.tasks import cost_terms

ITEMS = (
    "**The paper does not name its arm.** Errors in centimetres depend on an arm's size and shape. The shape and scale "
    f"of `{paper.OUR_ARM}` were chosen so that *direct regression alone* gives the paper's two values for it. That is "
    "a calibration on one method, not an identification. The other methods were not calibrated; their errors are "
    "results. The paper's centimetres do not stand beside other arms.",
    "The paper does not say how much data and training its baselines had, how the forward model of distal supervised "
    "learning was learned, or what the losses of its CGAN were. Here every method of `--method all` that learns "
    "gets the same inverse network, the same targets and, by default, the same number of gradient steps on that "
    "network. *Tails, successes and costs* lists what each used besides: labels, arm queries, steps on other networks.",
    "Lookup, motor babbling and constrained-DOF exploration are floors: they learn nothing, and have no network and no "
    "gradient steps. Their settings were not tuned.",
    "EMSSL and EMSSL plus get no labels; direct regression, distal supervised learning and the CGAN get the joint "
    "angles of every training position. Distal learning with the exact arm gets no labels either, but the arm's exact "
    "gradient, which no other method has: it is not compared with them. It is not a lower bound either, since it "
    "minimises the squared error and is evaluated on the mean distance.",
    "The paper gives one number a cell and no spread. Ours are means over the seeds named. With fewer than "
    f"{ENOUGH_SEEDS} seeds the value of each is printed, otherwise the 95 % t interval of the mean over seeds, which "
    "assumes normally distributed errors.",
    f"Defaults were chosen on `{paper.OUR_ARM}` at the budget `quick`, on validation data, with one to six seeds and "
    "not with the same effort for every method (docs/tuning.md). Nothing was tuned for other arms, nor for more data "
    "except two settings of adaptation.",
    "Training times are those of the machine below under whatever load it had; they rank nothing.",
)


def section(data: ReportData) -> Section:
    """The same in every report, but for what is said of tasks with several errors."""
    of_cost = [
        f"The paper has positions alone. *{term}*: {meaning} How much one error counts beside another is a choice, and "
        "with another choice two methods may change places. The tables have the errors apart."
        for term, meaning in cost_terms(data.table_2).items()
    ]
    return Section("Known limitations", [Bullets([*ITEMS, *of_cost])])
