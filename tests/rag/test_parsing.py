"""Parsing in child processes: whatever a file does to its reader, the caller gets text or a sentence, and goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread

import psutil
import pytest

from core.errors import NotFound, ParseFailed, UnsupportedFormat
from core.settings import ROOT
from rag import readers
from rag.parsing import Limits, Parser, parse
from tests import samples


@pytest.fixture
def parser() -> Iterator[Parser]:
    parser = Parser()
    yield parser
    parser.close()


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def save(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return save


@pytest.fixture(scope="session")
def long_pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """10,000 pages; reading them takes seconds."""
    path = tmp_path_factory.mktemp("long") / "long.pdf"
    path.write_bytes(samples.pdf_of_many_pages(10_000))
    return path


@pytest.fixture(scope="session")
def slow_pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Full pages: takes more time than `long_pdf`, and little memory."""
    path = tmp_path_factory.mktemp("slow") / "slow.pdf"
    path.write_bytes(samples.pdf([[samples.SENTENCE] * 50] * 4_000))
    return path


def reading_children(parent: int | None = None) -> list[psutil.Process]:
    children = psutil.Process(parent).children(recursive=True)
    return [child for child in children if "rag.readers" in child.cmdline()]


def wait_for_child(parent: int | None = None) -> psutil.Process:
    """The reading process, once it has begun to compute: a file is open in it by then."""
    while True:
        for child in reading_children(parent):
            if any(file.path.endswith(".pdf") for file in child.open_files()):
                return child


@pytest.mark.parametrize("suffix", samples.GOOD)
def test_a_child_gives_what_reading_in_this_process_gives(
    suffix: str, parser: Parser, saved: Callable[[str, bytes], Path]
) -> None:
    path = saved(f"Отчёт{suffix}", samples.GOOD[suffix]())
    assert parser.parse(path, path.name, Limits()) == readers.read(path, path.name)


def test_failures_keep_their_class_sentence_and_values(parser: Parser, saved: Callable[[str, bytes], Path]) -> None:
    path = saved("scan.pdf", samples.pdf([[], []]))
    with pytest.raises(ParseFailed) as raised:
        parser.parse(path, path.name, Limits())
    assert raised.value.values == {"pages": 2}
    assert "%(pages)s" in raised.value.template
    with pytest.raises(UnsupportedFormat):
        parse(path, "setup.exe")


def test_one_child_reads_many_files_and_outlives_those_that_fail(
    parser: Parser, saved: Callable[[str, bytes], Path]
) -> None:
    before = {child.pid for child in reading_children()}
    good, locked = saved("a.txt", b"text"), saved("b.pdf", samples.encrypted_pdf())
    for _ in range(50):
        parser.parse(good, good.name, Limits())
        with pytest.raises(ParseFailed, match="password"):
            parser.parse(locked, locked.name, Limits())
    assert len({child.pid for child in reading_children()} - before) == 1


def test_several_threads_parse_at_once(parser: Parser, saved: Callable[[str, bytes], Path]) -> None:
    paths = [saved(f"{n}.txt", f"text {n}".encode()) for n in range(40)]
    with ThreadPoolExecutor(6) as pool:
        parsed = list(pool.map(lambda path: parser.parse(path, path.name, Limits()), paths))
    assert [one.blocks[0].text for one in parsed] == [f"text {n}" for n in range(40)]


def test_ten_thousand_pages_fail_naming_the_limit_or_are_read(parser: Parser, long_pdf: Path) -> None:
    with pytest.raises(ParseFailed, match="10000 pages; the limit is 5000"):
        parser.parse(long_pdf, long_pdf.name, Limits())
    parsed = parser.parse(long_pdf, long_pdf.name, Limits(pages=10_000))
    assert parsed.pages == 10_000
    assert parsed.blocks[-1].page == 10_000


def test_the_limit_on_the_clock_is_named(parser: Parser, slow_pdf: Path) -> None:
    with pytest.raises(ParseFailed, match="longer than the limit of 1 s"):
        parser.parse(slow_pdf, slow_pdf.name, Limits(seconds=1))


def test_the_limit_of_computing_time_counts_for_each_file_alone(
    parser: Parser, slow_pdf: Path, saved: Callable[[str, bytes], Path]
) -> None:
    with pytest.raises(ParseFailed, match="computing time than the limit of 1 s"):
        parser.parse(slow_pdf, slow_pdf.name, Limits(cpu_seconds=1))
    quick = saved("quick.pdf", samples.pdf_of_many_pages(700))
    for _ in range(10):  # more than a second together
        assert parser.parse(quick, quick.name, Limits(cpu_seconds=1)).pages == 700


def test_the_memory_limit_is_named_and_costs_one_file(parser: Parser, saved: Callable[[str, bytes], Path]) -> None:
    heavy = saved("heavy.docx", samples.docx_of_many_paragraphs(40_000))
    with pytest.raises(ParseFailed, match="more memory than the limit of 70 MB"):
        parser.parse(heavy, heavy.name, Limits(memory_mb=70))
    assert len(parser.parse(heavy, heavy.name, Limits()).blocks) == 40_000


def test_a_pdf_that_inflates_beyond_the_memory_limit_names_it(
    parser: Parser, saved: Callable[[str, bytes], Path]
) -> None:
    bomb = saved("bomb.pdf", samples.pdf_that_inflates(200))
    assert bomb.stat().st_size < 1_000_000
    with pytest.raises(ParseFailed, match="more memory than the limit of 300 MB"):
        parser.parse(bomb, bomb.name, Limits(memory_mb=300))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(parser: Parser, saved: Callable[[str, bytes], Path]) -> None:
    bomb = saved("bomb.xlsx", samples.with_member(samples.xlsx(), "xl/worksheets/zeros.xml", bytes(510_000_000)))
    assert bomb.stat().st_size < 1_000_000
    with pytest.raises(ParseFailed, match="limit of 500 MB"):
        parser.parse(bomb, bomb.name, Limits())


@pytest.mark.parametrize("ending", [signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL])
def test_a_crash_costs_one_file(ending: signal.Signals, parser: Parser, long_pdf: Path, tmp_path: Path) -> None:
    crash = Thread(target=lambda: wait_for_child().send_signal(ending))
    crash.start()
    with pytest.raises(ParseFailed, match=r"made its reader stop|more memory"):
        parser.parse(long_pdf, long_pdf.name, Limits(pages=10_000))
    crash.join()
    (tmp_path / "next.txt").write_text("next")
    assert parser.parse(tmp_path / "next.txt", "next.txt", Limits()).blocks[0].text == "next"


def test_a_file_is_read_again_where_the_child_may_have_died_of_an_earlier_one(parser: Parser, long_pdf: Path) -> None:
    limits = Limits(pages=10_000)
    first = parser.parse(long_pdf, long_pdf.name, limits)
    crash = Thread(target=lambda: wait_for_child().send_signal(signal.SIGSEGV))
    crash.start()
    assert parser.parse(long_pdf, long_pdf.name, limits) == first
    crash.join()


def test_an_idle_child_that_was_ended_is_replaced(parser: Parser, saved: Callable[[str, bytes], Path]) -> None:
    path = saved("a.txt", b"text")
    before = set(reading_children())
    parser.parse(path, path.name, Limits())
    (child,) = set(reading_children()) - before
    child.kill()
    assert parser.parse(path, path.name, Limits()).blocks[0].text == "text"


def test_a_child_is_niced_and_knows_no_keys(
    parser: Parser, saved: Callable[[str, bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key of the test")
    path = saved("a.txt", b"text")
    before = set(reading_children())
    parser.parse(path, path.name, Limits())
    (child,) = set(reading_children()) - before
    assert child.nice() == min(19, os.nice(0) + 10)
    assert "OPENAI_API_KEY" not in child.environ()


def test_a_child_dies_with_its_parent_in_the_middle_of_a_file(long_pdf: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from rag.parsing import Limits, parse;"
        "parse(Path(sys.argv[1]), 'long.pdf', Limits(pages=10_000))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(long_pdf)], cwd=ROOT)
    child = wait_for_child(parent.pid)
    parent.kill()
    parent.wait()
    gone, alive = psutil.wait_procs([child], timeout=5)
    assert gone
    assert not alive


def test_closing_ends_the_children(saved: Callable[[str, bytes], Path]) -> None:
    parser = Parser()
    path = saved("a.txt", b"text")
    before = set(reading_children())
    parser.parse(path, path.name, Limits())
    (child,) = set(reading_children()) - before
    parser.close()
    assert not child.is_running()


def test_a_page_is_drawn_by_a_child_and_a_missing_page_is_said(
    parser: Parser, saved: Callable[[str, bytes], Path]
) -> None:
    path = saved("letter.pdf", samples.pdf(["Rent is due on the first day."]))
    assert parser.page_png(path, 1, "Rent is due", Limits()).startswith(b"\x89PNG")
    with pytest.raises(NotFound):
        parser.page_png(path, 2, "Rent is due", Limits())


def test_a_page_that_cannot_be_drawn_costs_a_sentence(parser: Parser, saved: Callable[[str, bytes], Path]) -> None:
    with pytest.raises(ParseFailed):
        parser.page_png(saved("noise.pdf", b"%PDF-1.7 and nothing else"), 1, "", Limits())
