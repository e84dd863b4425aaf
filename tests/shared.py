"""Where the data that is measured on lies; it is beside the project, not in it."""

from __future__ import annotations

import pytest

from core.settings import ROOT

SHARED_DATA = ROOT.parent / "shared" / "data"

needs_shared_data = pytest.mark.skipif(
    not SHARED_DATA.is_dir(), reason=f"the shared data for tests and measurements is not at {SHARED_DATA}"
)
