"""The drawing of figures: their look, the layout of panels, and the styles of methods."""

from emssl_bench.report.figures import any_backend  # noqa: F401  (before the modules beside it, which import matplotlib)
