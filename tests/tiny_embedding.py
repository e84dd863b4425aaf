"""Makes a sentence-transformers model of random weights in a folder: `python tests/tiny_embedding.py FOLDER`.

It is a real BERT with 32 dimensions; what it knows of a text is which letters and words are in it.
"""

from __future__ import annotations

import string
import sys
from pathlib import Path

DIMENSION = 32
TEXT = "the refund refunds is are paid within days of request rent shop berlin office opens at nine rule number"


def make(folder: Path) -> None:
    import torch
    from transformers import BertConfig, BertModel, BertTokenizer

    signs = [*string.ascii_lowercase, *string.digits, *".,:?'"]
    vocabulary = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *sorted({*TEXT.split(), *signs}),
        *(f"##{sign}" for sign in signs),
    ]
    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=DIMENSION,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=DIMENSION,
        max_position_embeddings=512,
        initializer_range=0.3,  # with the usual .02 places in the text count for as much as words
    )
    BertModel(config).save_pretrained(folder)
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
