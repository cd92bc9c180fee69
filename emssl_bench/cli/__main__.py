"""`python -m emssl_bench.cli` is `emssl-bench`."""

import sys

from emssl_bench.cli import main

sys.exit(main())
