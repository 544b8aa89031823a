"""HTTP requests that start by the clock, whether earlier ones were answered or not; a stall hides none of them."""

import asyncio
import time
from dataclasses import dataclass, field

PATIENCE = 20.0  # seconds


@dataclass
class Load:
    """Calls to make, one after the other, and how long they took (ms) by their place in line."""

    port: int
    requests: list[bytes]
    rate: int
    waits: list[float] = field(default_factory=list)
    wrong: list[bytes] = field(default_factory=list)

    async def run(self, calls: int) -> None:
        """Start so many calls by the clock and wait for all of them."""
        began = time.perf_counter()
        tasks = []
        for index in range(calls):
            due = began + index / self.rate
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            tasks.append(asyncio.create_task(self.call(self.requests[index % len(self.requests)], due)))
        await asyncio.gather(*tasks)

    async def call(self, request: bytes, due: float) -> None:
        """Make one call over a connection of its own."""
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(request)
                answer = await reader.read()
                writer.close()
        except (TimeoutError, OSError) as error:
            answer = repr(error).encode()
        self.waits.append((time.perf_counter() - due) * 1000)
        if not answer.startswith(b"HTTP/1.1 200 "):
            self.wrong.append(answer[:200])
