"""What the planner is asked on a page, and how far it has come."""

from __future__ import annotations

import json
from typing import Any

from api.service import service_of
from geodata.jobs import ENDED, Job, Jobs
from gridmap.planning import Goal
from web import plan_words
from web.pages.shell import Visit
from web.words import gettext_noop as _

JOBS_SHOWN = 3


def jobs(visit: Visit) -> list[dict[str, Any]]:
    """Return one's own jobs that go on, and the last that ended."""
    running = Jobs(service_of(visit.request).workspaces.whole.store)
    found = running.of(visit.caller.person)
    shown = [job for n, job in enumerate(found) if n < JOBS_SHOWN or job.state not in ENDED]
    return [_job(job, running.raw(job.job_id).task, visit) for job in shown]


def _job(job: Job, task: str, visit: Visit) -> dict[str, Any]:
    asked, result = json.loads(task)["task"], job.result or {}
    failed = job.state == "failed"
    return {
        "job_id": job.job_id,
        "name": asked["name"],
        "goal": asked.get("goal", job.kind),
        "state": job.state,
        "state_name": visit.words.say(plan_words.JOB_STATES[job.state]),
        "ended": job.state in ENDED,
        "asked_at": job.asked_at,
        "plan_id": result.get("plan_id"),
        "status": visit.words.say(plan_words.STATUSES[result["status"]])
        if "status" in result
        else "",
        "conflicts": plan_words.conflicts(result, visit.words),
        "fault": visit.words.say(result["template"], **result["values"]) if failed else "",
    }


def choices(visit: Visit) -> dict[str, Any]:
    """Return what the form for the planner offers."""
    say, reports = visit.words.say, visit.reports
    units = reports.frame("units", visit.as_of)
    active = units["active"].fillna(value=True).astype(bool) & (units["party"] != "post")
    tree = reports.division_tree(visit.as_of)
    return {
        "goals": [
            (str(goal), say(name), say(why)) for goal, (name, why) in plan_words.GOALS.items()
        ],
        "kinds": [(code, say(name)) for code, name in plan_words.KINDS.items()],
        "which": [(code, say(name)) for code, name in plan_words.WHICH.items()],
        "loads": [(code, say(name)) for code, name in plan_words.LOADS.items()],
        "divisions": tree[["level", "code", "name"]].to_dict("records"),
        "units": list(units.loc[active, "name"].items()),
    }


def spoken(visit: Visit) -> dict[str, Any]:
    """Return what the script says, in the reader's language, and in what measure each goal is."""
    said = visit.words.catalogue.gettext  # values are filled in by the script
    return {
        "states": {code: said(name) for code, name in plan_words.JOB_STATES.items()},
        "progress": said(_("{seconds} s · best {best} · bound {bound} · gap {gap}")),
        "elapsed": said(_("{seconds} s · no plan yet")),
        "unreachable": said(_("The service cannot be reached; this page keeps asking.")),
        "metres": said(_("{n} m")),
        "kilometres": said(_("{n} km")),
        "in_metres": [Goal.TRAVEL.value, Goal.BOTTLENECK.value],
        "tag": visit.words.tag,
    }
