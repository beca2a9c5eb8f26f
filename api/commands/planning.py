"""The planner on the command line."""

from __future__ import annotations

from typing import Annotated

import pandas as pd
import typer

from api.commands.session import Session
from api.sentences import QueryError
from geodata.planner import Task
from geodata.plans import Plans
from gridmap.access import OPERATOR
from gridmap.planning import REASON_WORDS, Goal

EXAMPLE = "Example: gridmap plan 就近包保 --effective 2026-07-01 --goal travel --time-limit 30"

Uncovered = Annotated[
    bool, typer.Option("--uncovered/--all", help="Only what has no primary unit.")
]
Leaving = Annotated[
    list[str] | None, typer.Option(help="A unit that is to hold nothing; repeatable.")
]
Fixed = Annotated[list[str] | None, typer.Option(help="TARGET=UNIT that must be; repeatable.")]
Forbidden = Annotated[
    list[str] | None, typer.Option(help="TARGET=UNIT that may not be; repeatable.")
]


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("plan", epilog=EXAMPLE)(plan)


def plan(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What the plan is called.")],
    effective: Annotated[str | None, typer.Option(help="From which day; today.")] = None,
    goal: Annotated[str, typer.Option(help=f"One of {', '.join(Goal)}.")] = Goal.TRAVEL.value,
    kind: Annotated[str, typer.Option(help="grid, inspection_point or compound.")] = "grid",
    uncovered: Uncovered = False,
    division: Annotated[str | None, typer.Option(help="Only below this division.")] = None,
    leaving: Leaving = None,
    targets_at_most: Annotated[int, typer.Option(min=1, help="Most units of one target.")] = 2,
    unit_at_least: Annotated[int, typer.Option(min=0, help="Fewest targets of one unit.")] = 0,
    unit_at_most: Annotated[int | None, typer.Option(help="Most targets of one unit.")] = None,
    load: Annotated[str, typer.Option(help="one, area, residents or compounds.")] = "one",
    per_head: Annotated[float | None, typer.Option(help="Load that one head takes.")] = None,
    fixed: Fixed = None,
    forbidden: Forbidden = None,
    change_weight: Annotated[float, typer.Option(help="Metres that a change counts as.")] = 0.0,
    time_limit: Annotated[float, typer.Option(min=1, help="Seconds.")] = 60.0,
    publish: Annotated[bool, typer.Option("--publish", help="Let it hold at once.")] = False,
) -> None:
    """Plan who holds what, with the proof of how good the plan is; it is kept as a draft."""
    session: Session = context.obj
    task = Task(
        name=name,
        effective=session.day(effective),
        goal=goal,
        kind=_one_of(kind, ("grid", "inspection_point", "compound")),  # type: ignore[arg-type]
        which="uncovered" if uncovered else "all",
        division=division,
        leaving=tuple(leaving or ()),
        targets_at_most=targets_at_most,
        unit_at_least=unit_at_least,
        unit_at_most=unit_at_most,
        load=_one_of(load, ("one", "area", "residents", "compounds")),  # type: ignore[arg-type]
        per_head=per_head,
        fixed=_pairs(fixed),
        forbidden=_pairs(forbidden),
        change_weight=change_weight,
        time_limit_s=time_limit,
    )
    _carry_out(session, task, publish=publish)


def _carry_out(session: Session, task: Task, *, publish: bool) -> None:
    plans = Plans(session.workspace, OPERATOR)
    with session.working("Planning"):
        made = plans.make(task)
    facts = made.draft.facts
    _tell(session, dict(facts), made.draft.given)
    body = {"plan_id": made.plan_id, **facts}
    if publish and not facts["conflicts"]:
        plans.approve(made.plan_id)
        done, _ = plans.publish(made.plan_id)
        body["published"] = done.published
        session.say("Published as entry {entry}.", entry=done.published)
    else:
        session.say("Kept as the draft {plan_id}.", plan_id=made.plan_id)
    session.answer(body)
    if facts["conflicts"]:
        raise typer.Exit(1)


def _tell(session: Session, facts: dict[str, object], given: pd.DataFrame) -> None:
    session.say(
        "{status}: cost {cost}, bound {bound}, gap {gap:.2%}, {seconds} s with {solver}.",
        **{name: facts[name] for name in ("status", "gap", "seconds", "solver")},
        cost=_shown(facts["cost"]),
        bound=_shown(facts["bound"]),
    )
    for conflict in facts["conflicts"]:  # type: ignore[attr-defined]
        session.say("  {conflict}", conflict=conflict)
    session.say(
        "{kept} pairs stay, {given} are new, {ended} end.",
        **{name: facts[name] for name in ("kept", "given", "ended")},
    )
    reasons = given["reason"].map(REASON_WORDS)
    session.table(reasons.value_counts().rename_axis("reason").reset_index(name="n"))


def _shown(value: object) -> str:
    return "—" if value is None else f"{value:,.1f}"


def _pairs(texts: list[str] | None) -> tuple[tuple[str, str], ...]:
    pairs = []
    for text in texts or ():
        target, given, unit = text.partition("=")
        if not (target and given and unit):
            msg = "{text} is not TARGET=UNIT."
            raise QueryError(msg, text=text)
        pairs.append((target, unit))
    return tuple(pairs)


def _one_of(value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        msg = "{value} is none of {known}."
        raise QueryError(msg, value=value, known=", ".join(known))
    return value
