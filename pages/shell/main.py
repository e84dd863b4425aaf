"""The entry script of the interface: the gate, the navigation, the page. It stands alone in its folder on purpose."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:  # Streamlit puts this folder first; what the rooms are named after stands two above
    sys.path.insert(0, str(ROOT))

from components import errors, frame_scripts, navigation, session  # noqa: E402
from pages import SCREENS, sign_in  # noqa: E402

navigation.configure()
with errors.shown(), session.one_run() as visitor:
    session.settle_locale(visitor)
    frame_scripts.install()
    if visitor is None:
        navigation.gate(SCREENS, sign_in.render).run()
    else:
        navigation.menu(SCREENS, visitor).run()
