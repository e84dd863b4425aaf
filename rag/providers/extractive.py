"""The built-in answerer without a language model: it quotes the best sentences of the retrieved passages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.entities.messages import Usage
from core.errors import NichewiseError
from core.settings import Settings
from rag.providers.base import Ending
from rag.providers.params import Params

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

NAME = "extractive"
_WINDOW = 1_000_000  # it reads sentence by sentence


class Extractive:
    name = NAME
    label = "Extractive (no language model)"
    usual_window: int | None = None
    accepts: frozenset[str] = frozenset()

    def default_model(self, settings: Settings) -> str:
        return NAME

    def configured(self, settings: Settings) -> bool:
        return True

    def address(self, settings: Settings) -> str:
        return NAME

    def applied(self, model: str) -> frozenset[str]:
        return self.accepts

    async def window(self, settings: Settings, model: str) -> int | None:
        return _WINDOW

    def load(self) -> None:
        import rag.providers.extractive_llm  # noqa: F401 - LlamaIndex, which takes seconds

    def llm(self, settings: Settings, model: str, params: Params) -> LLM:
        from rag.providers.extractive_llm import ExtractiveLLM

        return ExtractiveLLM(model=NAME, window=_WINDOW)

    async def models(self, settings: Settings) -> tuple[str, ...]:
        return (NAME,)

    def explain(self, error: Exception) -> NichewiseError | None:
        return None

    def ending(self, raw: Any) -> Ending:
        # It reads no prompt and writes nothing of its own: there are no tokens to count or to pay.
        return Ending(finished=bool(raw.get("done")), usage=Usage(0, 0, estimated=False))


PROVIDER = Extractive()
