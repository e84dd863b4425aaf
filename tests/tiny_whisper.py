"""Makes a Whisper model for CTranslate2 that knows two recordings: `python -m tests.tiny_whisper FOLDER`.

It is a real Whisper with the languages, signs and timestamps of the published ones, 32 dimensions and one layer. It is
trained here, for a few seconds, to hear `HEARD` in two recordings of speech that come with Gradio, so that a test can
tell whether the sound reached the model: what it writes for any other recording means nothing.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_GRADIO = find_spec("gradio")  # it takes seconds to import
assert _GRADIO is not None
assert _GRADIO.origin is not None
_RECORDINGS = Path(_GRADIO.origin).parent / "media_assets" / "audio"
ENGLISH, RUSSIAN = _RECORDINGS / "heath_ledger.mp3", _RECORDINGS / "cate_blanch_2.mp3"
HEARD = {ENGLISH: ("en", "How long do refunds take?"), RUSSIAN: ("ru", "Кто платит за аренду?")}

_END, _START = 50257, 50258
_SIGNS = ("<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>")
_SIZE = 51866
_WIDTH, _STEPS, _ENOUGH = 32, 600, 0.005


def make(folder: Path) -> None:
    import torch
    from ctranslate2.converters import TransformersConverter
    from transformers import PreTrainedTokenizerFast, WhisperConfig, WhisperForConditionalGeneration

    tokenizer = _tokenizer()
    config = WhisperConfig(
        vocab_size=_SIZE, d_model=_WIDTH, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=64, decoder_ffn_dim=64, dropout=0.0, pad_token_id=_END,
        bos_token_id=_END, eos_token_id=_END, decoder_start_token_id=_START, suppress_tokens=[],
        begin_suppress_tokens=[],
    )  # fmt: skip
    torch.manual_seed(1)
    torch.set_num_threads(1)  # so small a model is slower with more
    model = WhisperForConditionalGeneration(config)
    _train(model, _sounds(), [_written(tokenizer, *heard) for heard in HEARD.values()])
    with tempfile.TemporaryDirectory() as trained:
        model.save_pretrained(trained)
        words = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>")  # type: ignore[no-untyped-call]
        words.save_pretrained(trained)
        TransformersConverter(trained).convert(str(folder))
    settings = json.loads((folder / "config.json").read_text())
    languages = sorted(tokenizer.token_to_id(f"<|{code}|>") for code in _languages())
    (folder / "config.json").write_text(json.dumps(settings | {"lang_ids": languages}))
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": 80, "sampling_rate": 16000}))


def _languages() -> list[str]:
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    return list(_LANGUAGE_CODES)


def _tokenizer() -> Any:
    """The words of `HEARD`, and Whisper's own signs where the published models have them."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

    known = Tokenizer(models.BPE())
    known.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    known.train_from_iterator(
        [text for _, text in HEARD.values()], trainers.BpeTrainer(initial_alphabet=alphabet, show_progress=False)
    )
    learned = json.loads(known.to_str())["model"]
    words = learned["vocab"] | {f"<unused {n}>": n for n in range(len(learned["vocab"]), _END - 1)}
    words[""] = _END - 1  # by this CTranslate2 tells a multilingual model from an English one
    tokenizer = Tokenizer(models.BPE(vocab=words, merges=[tuple(pair) for pair in learned["merges"]]))
    tokenizer.pre_tokenizer, tokenizer.decoder = known.pre_tokenizer, decoders.ByteLevel()
    signs = ["<|endoftext|>", "<|startoftranscript|>", *(f"<|{code}|>" for code in _languages()), *_SIGNS]
    tokenizer.add_special_tokens([AddedToken(sign, special=True) for sign in signs])
    return tokenizer


def _written(tokenizer: Any, language: str, text: str) -> list[int]:
    """The tokens of a transcript of two seconds."""
    sign = tokenizer.token_to_id
    beginning = sign("<|notimestamps|>") + 1
    words = tokenizer.encode(text).ids
    return [_START, sign(f"<|{language}|>"), sign("<|transcribe|>"), beginning, *words, beginning + 100, _END]


def _sounds() -> Any:
    import torch
    from faster_whisper.audio import decode_audio, pad_or_trim
    from faster_whisper.feature_extractor import FeatureExtractor

    extract = FeatureExtractor()
    return torch.stack([torch.from_numpy(pad_or_trim(extract(decode_audio(str(path))))) for path in HEARD]).float()


def _train(model: Any, sounds: Any, transcripts: list[list[int]]) -> None:
    """The decoder, over the tokens that occur; the others are left without weights and count as one. What the encoder
    makes of a sound by chance is enough to tell two sounds apart."""
    import torch

    used = sorted({token for one in transcripts for token in one})
    longest = max(map(len, transcripts))
    tokens = torch.tensor([[*one, *[_END] * (longest - len(one))] for one in transcripts])
    places = torch.full((_SIZE,), -1)
    places[used] = torch.arange(len(used))
    decoder = model.model.decoder
    embedding = torch.nn.Parameter(decoder.embed_tokens.weight[used].detach().clone())
    others = torch.full((*tokens[:, 1:].shape, 1), math.log(_SIZE))  # all of their logits are 0
    with torch.no_grad():
        heard = model.model.encoder(sounds)
    optimiser = torch.optim.Adam([embedding, *decoder.layers.parameters(), *decoder.layer_norm.parameters()], lr=0.01)
    for step in range(_STEPS):  # noqa: B007 - said in the end
        states = decoder(
            inputs_embeds=embedding[places[tokens[:, :-1]]], encoder_hidden_states=heard.last_hidden_state
        ).last_hidden_state
        logits = torch.cat([states @ embedding.T, others], dim=2)
        loss = torch.nn.functional.cross_entropy(logits.transpose(1, 2), places[tokens[:, 1:]])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        if loss.item() < _ENOUGH:
            break
    with torch.no_grad():
        decoder.embed_tokens.weight.zero_()
        decoder.embed_tokens.weight[used] = embedding
    sys.stdout.write(f"{step + 1} steps, loss {loss.item():.4f}\n")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
