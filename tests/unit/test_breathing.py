"""Breathing: timers come between pieces of work, however many tasks are at it, and those go on in order."""

from __future__ import annotations

import asyncio
import time

from wasminstall.breathing import breathe

PIECE = 0.004
PIECES = 20


def work() -> None:
    """What a piece of an install is to the event loop: a while without it."""
    until = time.perf_counter() + PIECE
    while time.perf_counter() < until:
        pass


async def turns_beside(*tasks: asyncio.Task[None]) -> int:
    """How often a timer had its turn while the tasks ran."""
    turns = 0
    while not all(task.done() for task in tasks):
        await asyncio.sleep(0.001)
        turns += 1
    return turns


async def test_many_tasks_that_are_ready_at_once_leave_time_for_others() -> None:
    order: list[int] = []

    async def piece(number: int) -> None:
        await breathe()
        work()
        order.append(number)

    tasks = [asyncio.create_task(piece(number)) for number in range(PIECES)]
    assert await turns_beside(*tasks) > 2
    assert order == list(range(PIECES))


async def test_one_that_is_cancelled_holds_nobody_up() -> None:
    async def piece() -> None:
        await breathe()
        work()

    tasks = [asyncio.create_task(piece()) for _ in range(PIECES)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert ended[1::2] == [None] * (PIECES // 2)


def test_every_event_loop_breathes_by_itself() -> None:
    for _ in range(2):
        asyncio.run(breathe())
