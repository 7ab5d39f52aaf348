"""FastAPI before 0.135, which knows nothing of streams: the events are described by hand in `responses=`.
Runs on Debian's FastAPI 0.92.

Usage: handwritten_app.py PORT
"""
import asyncio
import json
import sys
from typing import Any, Dict, Optional, Type

import uvicorn
from fastapi import FastAPI, Header
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

app = FastAPI(title="Leads", version="1.0.0")


class Lead(BaseModel):
    id: int
    name: str
    phone: Optional[str] = None


class Reminder(BaseModel):
    lead_id: int
    due: str


def named_events(models: Dict[str, Type[BaseModel]]) -> Dict[int, Dict[str, Any]]:
    """Describes one event per name as OpenAPI 3.2 does."""

    def variant(name, model):
        schema = model.schema(ref_template="#/components/schemas/{model}")
        data = {"type": "string", "contentMediaType": "application/json", "contentSchema": schema}
        return {"properties": {"event": {"const": name}, "data": data}}

    item = {
        "type": "object",
        "required": ["event", "data"],
        "properties": {"event": {"type": "string"}, "data": {"type": "string"}, "id": {"type": "string"}},
        "oneOf": [variant(name, model) for name, model in models.items()],
    }
    return {200: {"content": {"text/event-stream": {"itemSchema": item}}, "description": "Events"}}


class EventStream(StreamingResponse):
    media_type = "text/event-stream"


def frame(id: int, event: str, model: BaseModel) -> str:
    return f"id: {id}\nevent: {event}\ndata: {json.dumps(model.dict())}\n\n"


@app.get(
    "/leads/stream",
    response_class=EventStream,
    responses=named_events({"lead": Lead, "reminder": Reminder}),
)
async def leads(last_event_id: Optional[str] = Header(default=None)):
    async def events():
        n = int(last_event_id or 0)
        try:
            while True:
                n += 1
                yield frame(n, "lead", Lead(id=n, name=f"Lead {n}")) if n % 2 else frame(
                    n, "reminder", Reminder(lead_id=n - 1, due="2026-03-08")
                )
                await asyncio.sleep(0.05)
        finally:
            print(f"left after {n}", flush=True)

    return EventStream(events())


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
