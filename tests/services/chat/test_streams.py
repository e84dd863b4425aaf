"""What followers see of an answer: everything, what has gathered at once, and a sign of life while nothing comes."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from services.chat.streams import Stream, TurnEvent

ONE, TWO, LAST = TurnEvent("token", text="One"), TurnEvent("token", text=" two"), TurnEvent("done")


async def _all(stream: Stream, quiet: float | None = None) -> list[tuple[TurnEvent, ...]]:
    return [tuple(events) async for events in stream.afollow(quiet)]


def test_what_has_gathered_comes_at_once() -> None:
    stream = Stream()
    for event in (ONE, TWO, LAST):
        stream.emit(event)
    assert asyncio.run(_all(stream)) == [(ONE, TWO, LAST)]


def test_a_follower_that_waits_is_woken_by_every_event_from_any_thread() -> None:
    stream = Stream()

    async def follow() -> list[tuple[TurnEvent, ...]]:
        seen = []
        async with aclosing(stream.afollow()) as gathered:
            for event in (ONE, TWO, LAST):
                coming = asyncio.ensure_future(anext(gathered))
                await asyncio.sleep(0)  # it waits now
                await asyncio.to_thread(stream.emit, event)
                seen.append(tuple(await coming))
        return seen

    assert asyncio.run(follow()) == [(ONE,), (TWO,), (LAST,)]


def test_while_nothing_comes_there_is_a_sign_of_life() -> None:
    stream = Stream()

    async def follow() -> list[tuple[TurnEvent, ...]]:
        seen = []
        async with aclosing(stream.afollow(0.01)) as gathered:
            async for events in gathered:
                seen.append(tuple(events))
                if len(seen) == 2:
                    stream.emit(LAST)
        return seen

    assert asyncio.run(follow()) == [(), (), (LAST,)]


def test_a_follower_whose_loop_has_ended_does_not_stop_the_answer() -> None:
    stream = Stream()

    async def leave() -> None:
        async with aclosing(stream.afollow()) as gathered:
            coming = asyncio.ensure_future(anext(gathered))
            await asyncio.sleep(0)
            coming.cancel()
            await asyncio.wait({coming})

    asyncio.run(leave())
    stream.emit(LAST)
    assert list(stream.follow()) == [LAST]
