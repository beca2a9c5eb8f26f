"""Issues: reporting, acting, the ledger, one issue with its story."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.callers import permit
from api.deps import MEDIA_GEOJSON, answer
from api.frames import features
from api.loop import (
    NO_NUL,
    Identifier,
    KeyHeader,
    Moment,
    PlaceBody,
    SettingDep,
    Words,
    answered,
    once,
)
from api.orders import Body, Key
from api.pages import box
from api.steps import SeenDep
from geodata.issues.account import Account, account
from geodata.issues.acts import Act, Acts
from geodata.issues.intake import Intake, Report
from geodata.issues.ledger import LARGEST, Ledger, Wanted, listed
from geodata.issues.sheet import MEDIA_XLSX, sheet
from geodata.issues.tasks import tasks

router = APIRouter(tags=["issues"])
READS = [permit("issue.read")]
REPORTS = [permit("issue.report")]
ACTS = [permit("issue.note")]
State = Literal[
    "reported",
    "filed",
    "refused",
    "dispatched",
    "accepted",
    "returned",
    "rectified",
    "reinspected",
    "closed_out",
    "suspended",
    "merged",
]
Channel = Literal[
    "unit_patrol",
    "guidance_team",
    "hotline",
    "citizen_app",
    "spot_check",
    "periodic",
    "any_time",
    "mutual",
    "undercover",
    "open311",
]


class NewIssue(Body):
    """What is reported."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "category": "暴露垃圾",
                "channel": "unit_patrol",
                "description": "垃圾桶外有散落垃圾",
                "place": {"lon": 122.5386, "lat": 52.9721, "accuracy_m": 8},
            }
        }
    )

    issue_id: Identifier | None = None
    category: Annotated[str, Field(max_length=100, pattern=NO_NUL)] = ""
    condition: Key | None = None
    description: Words | None = None
    address: Annotated[str, Field(max_length=500, pattern=NO_NUL)] | None = None
    channel: Channel = "unit_patrol"
    place: PlaceBody | None = None
    reported_at: Moment | None = None
    unit_id: Key | None = None
    fixed: bool = False

    def report(self) -> Report:
        """Return it as the use case takes it."""
        place = self.place
        return Report(
            category=self.category,
            channel=self.channel,
            condition=self.condition,
            description=self.description,
            address=self.address,
            place=place.point() if place else None,
            datum=place.datum if place else None,
            accuracy_m=place.accuracy_m if place else None,
            source=place.source if place else None,
            reported_at=self.reported_at,
            issue_id=self.issue_id,
            unit_id=self.unit_id,
            fixed=self.fixed,
        )


class ActBody(Body):
    """What is done to an issue."""

    act: Annotated[str, Field(max_length=40)]
    act_id: Identifier | None = None
    at: Moment | None = None
    reason: Words | None = None
    note: Words | None = None
    unit_id: Key | None = None
    condition: Key | None = None
    into: Key | None = None
    more: Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)] | None = None
    place: PlaceBody | None = None

    def order(self) -> Act:
        """Return it as the use case takes it."""
        return Act(
            self.act,
            reason=self.reason or self.note,
            unit_id=self.unit_id,
            condition=self.condition,
            into=self.into,
            more=self.more,
            place=self.place.point() if self.place else None,
            done_at=self.at,
        )


class BulkBody(ActBody):
    """What is done to many issues alike."""

    issue_ids: Annotated[list[Key], Field(min_length=1, max_length=1000)]


class LedgerQuery(BaseModel):
    """Which issues of the ledger."""

    model_config = ConfigDict(extra="forbid")

    state: list[State] = Field(default_factory=list)
    open: bool | None = None
    light: list[Literal["green", "yellow", "red"]] = Field(default_factory=list)
    category: str | None = None
    channel: Channel | None = None
    grid: str | None = None
    division: str | None = None
    unit_id: str | None = None
    q: str = Field(default="", max_length=100, description="Part of number, words or address.")
    since: Moment | None = None
    until: Moment | None = None
    bbox: str | None = Field(default=None, description="west,south,east,north in degrees.")
    mine: bool = False
    pending: Literal["extension", "appeal"] | None = None
    sort: Literal["reported", "due"] = "reported"
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=LARGEST)
    format: Literal["json", "geojson", "xlsx"] = "json"
    lang: str | None = None

    def wanted(self) -> Wanted:
        """Return it as the ledger takes it."""
        return Wanted(
            states=tuple(self.state),
            is_open=self.open,
            lights=tuple(self.light),
            category=self.category,
            channel=self.channel,
            grid=self.grid,
            division=self.division,
            unit_id=self.unit_id,
            q=self.q,
            since=self.since,
            until=self.until,
            bbox=box(self.bbox),
            mine=self.mine,
            pending=self.pending,
            sort=self.sort,
            cursor=self.cursor,
            limit=self.limit,
        )


@router.post("/issues", dependencies=REPORTS)
def report(new: NewIssue, setting: SettingDep, key: KeyHeader = None) -> Response:
    """Report an issue: it finds its grid, its unit and its deadline; the same key again is once."""
    sent = new.model_dump(mode="json")
    taken = Intake(setting).report(new.report(), once(setting, key or new.issue_id, sent))
    return answered(taken.answer, replayed=taken.replayed)


@router.post("/issues/acts", dependencies=ACTS)
def act_on_many(asked: BulkBody, setting: SettingDep) -> Response:
    """Act on many issues alike, on all or on none."""
    done = Acts(setting).bulk(asked.issue_ids, asked.order())
    return answer({"versions": done.versions, "states": done.states}, None)


@router.post("/issues/{issue_id}/acts", dependencies=ACTS)
def act(issue_id: str, asked: ActBody, setting: SettingDep, seen: SeenDep) -> Response:
    """Act on an issue, along the table of states."""
    sent = {"issue_id": issue_id, **asked.model_dump(mode="json")}
    key = once(setting, asked.act_id, sent)
    done = Acts(setting).act(issue_id, asked.order(), seen=seen, once=key)
    told = {
        "issue_id": issue_id,
        "state": done.states[issue_id],
        "version": done.versions[issue_id],
        "event_id": done.events[0],
    }
    return answered(told, replayed=done.replayed, status=HTTPStatus.OK)


@router.get("/issues/{issue_id}", dependencies=READS)
def one(issue_id: str, setting: SettingDep) -> Response:
    """Return an issue with its story, its photos and what the caller may do now."""
    found = account(setting, issue_id)
    made = answer(account_of(found), None)
    made.headers["ETag"] = f'"{found.version}"'
    return made


@router.get("/issues", dependencies=READS)
def ledger(query: Annotated[LedgerQuery, Query()], setting: SettingDep) -> Response:
    """List the issues that the caller may see, by what they are now."""
    wanted = query.wanted()
    if query.format == "xlsx":
        content = sheet(setting, wanted)
        headers = {"Content-Disposition": 'attachment; filename="issues.xlsx"'}
        return Response(content, media_type=MEDIA_XLSX, headers=headers)
    found = Ledger(setting).find(wanted)
    told = {"matched": found.matched, "counts": found.counts, "next": found.next}
    if query.format == "geojson":
        collection = {"type": "FeatureCollection", "features": features(found.issues)}
        return answer(collection | told, None, MEDIA_GEOJSON)
    return answer(told | {"issues": listed(found.issues)}, None)


@router.get("/tasks", dependencies=READS)
def my_tasks(setting: SettingDep) -> Response:
    """List what waits for the caller, by their role."""
    lists = [
        {"name": task.name, "count": task.count, "issues": listed(task.issues)}
        for task in tasks(setting)
    ]
    return answer({"lists": lists}, None)


def account_of(found: Account) -> dict[str, object]:
    """Return an account as JSON has it."""
    return {
        "issue": found.issue,
        "version": found.version,
        "light": found.issue["light"],
        "share": found.issue["share"],
        "allowed": [{"act": arrow.act, "needs": list(arrow.needs)} for arrow in found.allowed],
        "events": found.events,
        "photos": found.photos,
        "duplicates": found.duplicates,
        "recurs": found.recurs,
        "recurred_by": found.recurred_by,
        "merged": found.merged,
    }
