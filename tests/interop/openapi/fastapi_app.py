"""Every way in which FastAPI 0.135 and later describes a stream of events: what `/openapi.json` says of each is a
fixture of the generator's tests.

Usage: fastapi_app.py PORT
"""
import asyncio
import sys
from collections.abc import AsyncIterable, Iterable
from datetime import date, datetime, timezone
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, Optional, Union
from uuid import UUID, uuid4

import uvicorn
from fastapi import FastAPI, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict, Field

app = FastAPI(title="Leads", version="1.0.0")


class Source(str, Enum):
    web = "web"
    phone = "phone"
    trade_fair = "trade fair"


class Contact(BaseModel):
    email: str
    phone: Optional[str] = None


class Lead(BaseModel):
    """A person who wants to buy."""

    kind: Literal["lead"] = "lead"
    id: int
    key: UUID
    name: str = Field(description="First and last name", max_length=80)
    source: Source
    contact: Contact
    tags: list[str] = []
    budget: Optional[Decimal] = Field(default=None, ge=0)
    received_at: datetime
    extra: dict[str, Any] = {}


class Reminder(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["reminder"] = "reminder"
    lead_id: int = Field(alias="leadId")
    due: date


class Comment(BaseModel):
    """A model that contains itself."""

    text: str
    replies: list["Comment"] = []


class Note(BaseModel):
    """The body of a POST and an event: FastAPI describes it twice, as input and as output."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)
    text: str
    at: datetime = Field(default_factory=lambda: datetime.now(timezone.utc))


LEAD = Lead(
    id=7,
    key=UUID("6f1c5a52-6d3a-4f0e-9a6e-3d1f5b7c9e21"),
    name="Ada",
    source=Source.trade_fair,
    contact=Contact(email="ada@example.com"),
    budget=Decimal("1200.50"),
    received_at=datetime(2026, 3, 1, 9, 30, tzinfo=timezone.utc),
)
REMINDER = Reminder(leadId=7, due=date(2026, 3, 8))


def named_events(**models: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """Describes one event per name. FastAPI merges it into what it says of the stream itself."""

    def variant(name: str, model: type[BaseModel]) -> dict[str, Any]:
        schema = {"$ref": f"#/components/schemas/{model.__name__}"}
        data = {"contentMediaType": "application/json", "contentSchema": schema}
        return {"properties": {"event": {"const": name}, "data": data}}

    one_of = [variant(name, model) for name, model in models.items()]
    item = {"required": ["event"], "oneOf": one_of}
    return {200: {"content": {"text/event-stream": {"itemSchema": item}}}}


def event(name: str, data: BaseModel, id: str) -> Any:
    """Any, because FastAPI takes the models from the return type, where ServerSentEvent would hide them."""
    # With `data=` a model would be sent without its aliases, other than it is documented.
    return ServerSentEvent(event=name, raw_data=data.model_dump_json(by_alias=True), id=id)


@app.get("/leads/stream", response_class=EventSourceResponse)
async def one_model() -> AsyncIterable[Lead]:
    """Leads as they arrive."""
    yield LEAD


@app.get("/desks/{desk_id}/stream", response_class=EventSourceResponse)
async def parameters(
    desk_id: int,
    city: Annotated[list[str], Query()] = [],
    since: Optional[datetime] = None,
    last_event_id: Annotated[Optional[str], Header()] = None,
) -> AsyncIterable[Lead]:
    yield LEAD


@app.get("/union", response_class=EventSourceResponse)
async def union_of_models() -> AsyncIterable[Union[Lead, Reminder]]:
    yield LEAD
    yield REMINDER


@app.get("/discriminated", response_class=EventSourceResponse)
async def discriminated_union() -> AsyncIterable[
    Annotated[Union[Lead, Reminder], Field(discriminator="kind")]
]:
    yield REMINDER


@app.get(
    "/named",
    response_class=EventSourceResponse,
    responses={**named_events(lead=Lead, reminder=Reminder), 204: {"description": "The desk is closed"}},
)
async def named() -> AsyncIterable[Union[Lead, Reminder]]:
    yield event("lead", LEAD, "1")
    yield event("reminder", REMINDER, "2")


@app.get("/undescribed", response_class=EventSourceResponse)
async def server_sent_events() -> AsyncIterable[ServerSentEvent]:
    yield ServerSentEvent(comment="no lead yet")
    yield ServerSentEvent(event="lead", data=LEAD, id="1", retry=5000)


@app.get("/text", response_class=EventSourceResponse)
async def text() -> AsyncIterable[ServerSentEvent]:
    yield ServerSentEvent(raw_data="<li>Ada</li>\n<li>Grace</li>")


@app.get("/nothing", response_class=EventSourceResponse)
async def no_annotation():
    yield {"free": True}


@app.get("/ticks", response_class=EventSourceResponse)
def numbers() -> Iterable[int]:
    yield from range(3)


@app.get("/comments", response_class=EventSourceResponse)
async def recursive() -> AsyncIterable[Comment]:
    yield Comment(text="first", replies=[Comment(text="second")])


@app.post("/answers", response_class=EventSourceResponse)
async def answer_to_post(question: Note) -> AsyncIterable[Note]:
    yield question


@app.get("/forever", response_class=EventSourceResponse)
async def forever() -> AsyncIterable[int]:
    try:
        n = 0
        while True:
            yield n
            n += 1
            await asyncio.sleep(0.05)
    finally:
        print("left /forever", flush=True)


@app.get("/leads")
async def no_stream() -> list[Lead]:
    return [LEAD]


@app.get("/jsonl")
async def json_lines() -> AsyncIterable[Lead]:
    yield LEAD


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
