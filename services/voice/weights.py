"""Where the speech model lies: a folder, or a name by which it is fetched once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import Unavailable
from core.settings import Settings

_MODEL = "model.bin"
_NEEDED = (_MODEL, "config.json", "tokenizer.json")
NOT_WHOLE = "The speech model in %(folder)s is not whole: %(missing)s is missing. Fetch the model again."
NO_FOLDER = "There is no folder %(folder)s with a speech model. An administrator must correct NICHEWISE_WHISPER."


@dataclass(frozen=True, slots=True)
class Weights:
    """`where` is a folder, or the name of a model that is fetched into `models` when it is first used."""

    where: str
    models: Path
    named: bool = False

    def check(self) -> None:
        """Raises Unavailable with what is missing; a model that is named is looked for by its library."""
        if self.named:
            return
        folder = Path(self.where)
        if not folder.is_dir():
            raise Unavailable(NO_FOLDER, folder=folder)
        for name in _NEEDED:  # without its tokenizer the library would fetch one
            if not (folder / name).is_file():
                raise Unavailable(NOT_WHOLE, folder=folder, missing=name)

    @property
    def megabytes(self) -> int | None:
        """What the model takes on the disk; None while nobody knows."""
        return None if self.named else sum(one.stat().st_size for one in Path(self.where).iterdir()) // 1_000_000


def find(settings: Settings) -> Weights | None:
    """What the settings name, else the first folder `models/whisper*` with a model in it; None where there is none."""
    models, wanted = settings.var_dir / "models", settings.whisper
    if not wanted:
        found = sorted(file.parent for file in models.glob(f"whisper*/{_MODEL}"))
        return Weights(str(found[0]), models) if found else None
    path = Path(wanted).expanduser()
    looks_like_path = path.is_absolute() or wanted.startswith((".", "~")) or path.is_dir()
    return Weights(str(path.absolute()), models) if looks_like_path else Weights(wanted, models, named=True)
