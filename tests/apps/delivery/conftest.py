"""The customer that benchmarks and fault runs use serves here, too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "bench"))
