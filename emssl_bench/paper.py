"""Every number of the paper that this suite is held against, with its table and row.

Source: Qu et al., arXiv 2302.13346.
"""

TITLE = (
    "Embodied Self-Supervised Learning (EMSSL) with Sampling and Training Coordination for Robot Arm Inverse "
    "Kinematics Model Learning"
)
ARXIV = "2302.13346"

OUR_ARM = "paper6"
"""The arm beside whose errors the paper's centimetres may stand: its own is not named, and this one is calibrated."""

TRAINING_POSITIONS = 70_000
ITERATIONS = 200
GRADIENT_STEPS = 1_094_000
"""How Table II was trained: Table I's T iterations of 10 epochs, in batches of 128."""
TRAINED = f"{TRAINING_POSITIONS:,} training positions, at most {ITERATIONS} iterations ({GRADIENT_STEPS:,} steps)"
"""That, in words."""

TABLE_II_CM = {
    ("direct", 90): 2.34,
    ("direct", 180): 31.69,
    ("distal", 90): 0.39,
    ("distal", 180): 2.37,
    ("cgan", 90): 0.48,
    ("cgan", 180): 2.57,
    ("emssl", 90): 0.28,
    ("emssl", 180): 1.78,
}
"""Mean distance error [cm] on the test set, by (method, joint range [deg]). Its arm is not named."""

TABLE_III_S = {
    "none": 61.40,
    "batch-inference-only": 5.10,
    "parallel-computation-only": 57.84,
    "both": 2.02,
}
"""Sampling time [s] by strategy; the number of samples is not given."""
TABLE_III_MACHINE = "6-core i7-8700, GeForce GTX 2080, 6 threads, inference batch 512"

BEST_BATCH = 512
"""Inference batch size of the least sampling time, Fig. 7 (a); the paper has it level off or rise after that."""

TABLE_IV = {1.0: (2.98, 0.28, 2), 3.0: (8.87, 0.30, 3), 5.0: (14.78, 0.36, 7)}
"""By extension of every link [cm]: error before and after adaptation [cm], iterations needed. It does not say by
which of its two approaches."""
TABLE_IV_RANGE_DEG = 90
"""Its joint range, which is not given either: 0.28 cm is the unchanged arm's error of Table II at ±90° alone."""
