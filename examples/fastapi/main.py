"""The leads of a sales desk, live."""
import asyncio
import os
from collections.abc import AsyncIterable
from datetime import datetime, timezone
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.middleware.cors import CORSMiddleware
from fastapi.sse import EventSourceResponse
from pydantic import BaseModel

from live import Log, end, named_events, stop_after_end

app = FastAPI(title="Lead desk", version="1.0.0")
# The page comes from another origin, and sends Last-Event-ID.
origin = os.environ.get("PAGE_ORIGIN", "http://localhost:5173")
app.add_middleware(CORSMiddleware, allow_origins=[origin], allow_methods=["*"], allow_headers=["*"])


class NewLead(BaseModel):
    name: str
    source: Literal["web", "phone", "fair"]
    budget: float | None


class Lead(NewLead):
    id: int
    received_at: datetime
    owner: str | None


class Assignment(BaseModel):
    lead_id: int
    owner: str


class Desk(BaseModel):
    leads: list[Lead]
    last_event_id: str


class Check(BaseModel):
    percent: int
    step: str


leads: dict[int, Lead] = {}
log = Log()


@app.get("/leads")
async def desk() -> Desk:
    """All leads, and the id after which the stream continues."""
    return Desk(leads=list(leads.values()), last_event_id=log.last_id)


@app.get(
    "/leads/stream",
    response_class=EventSourceResponse,
    responses=named_events(lead=Lead, assigned=Assignment),
)
async def stream(
    last_event_id: Annotated[str | None, Header()] = None,
) -> AsyncIterable[Lead | Assignment]:
    """New leads, and who takes care of them."""
    try:
        async for event in log.read(last_event_id):
            yield event
    finally:
        print("a client has left", flush=True)


@app.post("/leads", status_code=201)
async def add(new: NewLead) -> Lead:
    received_at = datetime.now(timezone.utc)
    lead = Lead(**new.model_dump(), id=len(leads) + 1, received_at=received_at, owner=None)
    leads[lead.id] = lead
    await log.append("lead", lead)
    return lead


@app.put("/leads/{lead_id}/owner", status_code=204)
async def assign(lead_id: int, owner: str) -> None:
    if lead_id not in leads:
        raise HTTPException(404)
    leads[lead_id] = leads[lead_id].model_copy(update={"owner": owner})
    await log.append("assigned", Assignment(lead_id=lead_id, owner=owner))


@app.get(
    "/leads/{lead_id}/check",
    response_class=EventSourceResponse,
    dependencies=[Depends(stop_after_end)],
)
async def check(lead_id: int) -> AsyncIterable[Check]:
    """Asks other systems about a lead, and tells how far it is."""
    for percent, step in [(0, "started"), (30, "address"), (70, "credit"), (100, "done")]:
        yield Check(percent=percent, step=step)
        await asyncio.sleep(0.3)
    yield end()
