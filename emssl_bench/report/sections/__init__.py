"""The topics of the report, one module each.

A module has one function, `section(data: ReportData) -> Section | None`; None means that the records hold nothing of
the topic. A new table or figure is a new module and a line below.
"""

RESULTS = (
    "introduction",
    "accuracy",  # Table II
    "other_tasks",  # the same of tasks that the paper does not have
    "order",  # methods, pair by pair
    "learning_curves",  # Fig. 6
    "variants",  # other settings
    "budgets",  # errors against the length of training and against data
    "error_shares",  # distributions of errors
    "error_map",  # errors by place in the workspace
    "direction_map",  # errors by where the tool points
    "coverage",
    "arm_queries",  # errors against queries
    "costs",  # tails, success rates and costs
    "sampling",  # Table III
    "sampling_sweeps",  # Fig. 7
    "adaptation",  # Table IV
    "adaptation_iterations",  # errors after every iteration
    "adaptation_curves",  # the same, drawn
    "identification",
    "solvers",  # numerical solvers
    "refined",  # trained models, raw and refined
    "solver_times",  # success against time
    "paths",  # lines and circles
    "answers",  # several solutions of a target
    "answer_curves",  # the same by the number of samples
    "answer_sets",  # the same, drawn
    "benchmarks",  # timings of functions
)
"""Modules of results, in the order of the page; sections of other packages follow them."""

CLOSING = (
    "failures",
    "limitations",
    "settings",
    "measured_on",
)
"""Modules of what results are to be read with, at the end of the page."""

SECTIONS = (*RESULTS, *CLOSING)
