"""What a stream of FastAPI needs so that a client that was away misses nothing. Copy it into your app."""
import asyncio
from collections import deque
from collections.abc import AsyncIterable
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Header, HTTPException
from fastapi.sse import ServerSentEvent
from pydantic import BaseModel

END = "sse.end"


def named_events(**models: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """For `responses=`: describes one event per name. FastAPI alone describes events without names."""

    def variant(name: str, model: type[BaseModel]) -> dict[str, Any]:
        schema = {"$ref": f"#/components/schemas/{model.__name__}"}
        data = {"contentMediaType": "application/json", "contentSchema": schema}
        return {"properties": {"event": {"const": name}, "data": data}}

    item = {"required": ["event"], "oneOf": [variant(name, model) for name, model in models.items()]}
    return {200: {"content": {"text/event-stream": {"itemSchema": item}}}}


def event(name: str, data: BaseModel, id: str | None = None) -> Any:
    """One event with its name. `ServerSentEvent(data=model)` would send a model without the aliases it is documented with."""
    return ServerSentEvent(event=name, raw_data=data.model_dump_json(by_alias=True), id=id)


def end() -> Any:
    """The last event of a stream that is complete. Without it a client connects again and gets everything twice."""
    return ServerSentEvent(event=END, id=END, raw_data="")


def stop_after_end(last_event_id: Annotated[str | None, Header()] = None) -> None:
    """For `dependencies=`: tells a browser's EventSource, which does not know `sse.end`, not to connect again."""
    if last_event_id == END:
        raise HTTPException(204)


class Log:
    """The newest events with their ids, for every client to continue after the one it has."""

    def __init__(self, size: int = 1_000) -> None:
        self._epoch = uuid4().hex[:8]  # another one after a restart, when the old ids mean nothing
        self._events: deque[ServerSentEvent] = deque(maxlen=size)
        self._head = 0
        self._grown = asyncio.Condition()

    @property
    def last_id(self) -> str:
        return self._id(self._head)

    async def append(self, name: str, data: BaseModel) -> None:
        async with self._grown:
            self._head += 1
            self._events.append(event(name, data, self.last_id))
            self._grown.notify_all()

    async def read(self, last_event_id: str | None) -> AsyncIterable[Any]:
        """Yields the events after the id, then each new one. Without an id, only new ones."""
        position = self._position(last_event_id)
        if position is None:
            position = self._head
            yield self._gap("epoch", position)
        else:
            # Sent at once: some browsers report an open stream only after its first bytes.
            yield ServerSentEvent(event="sse.open", id=self._id(position), raw_data="")
        while True:
            async with self._grown:
                await self._grown.wait_for(lambda: self._head > position)
            removed = self._head - len(self._events)
            if position < removed:
                position = removed
                yield self._gap("trimmed", position)
                continue
            missed = list(self._events)[position - removed :]
            position = self._head
            for each in missed:
                yield each

    def _id(self, position: int) -> str:
        return f"{self._epoch}-{position}"

    def _position(self, last_event_id: str | None) -> int | None:
        """None for an id that is not of this log."""
        if not last_event_id:
            return self._head
        epoch, _, number = last_event_id.partition("-")
        is_known = epoch == self._epoch and number.isdecimal() and int(number) <= self._head
        return int(number) if is_known else None

    def _gap(self, reason: str, position: int) -> ServerSentEvent:
        return ServerSentEvent(event="sse.gap", id=self._id(position), data={"reason": reason})
