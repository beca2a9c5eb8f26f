"""
Evaluation (考评): what became of the issues of a period, as shares with their intervals.

Issues are counted by when they were reported, and by who answers for them now. Every indicator is
one row of `gridmap.indicators.INDICATORS`: how many, of how many. Duplicates (merged issues) count
once; a limit that an upheld appeal has lifted counts neither as kept nor as missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from gridmap import progress
from gridmap.channels import GROUPS, in_group
from gridmap.indicators import INDICATORS
from gridmap.intervals import share_interval
from gridmap.recurrence import WITHIN_DAYS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask: TypeAlias = NDArray[np.bool_]

FILED_WITHIN = pd.Timedelta(hours=24)
PATROLLED_WITHIN = pd.Timedelta(days=3)
PUBLIC_CHANNELS = GROUPS["citizens"]
PATROL_CHANNELS = GROUPS["patrol"]
UNFILED = ("reported", "refused")
AT_DESK = (*UNFILED, "filed")
CHECKED = ("reinspected", "closed_out")
EVENT_ACTS = (
    *("dispatch", "transfer", "return", "rule", "reject", "reinspect", "reopen"),
    *("suspend", "grant_extension"),
)
"""The acts that leave no moment on the issue itself; the rest is read from its columns."""
GIVEN_ON = ("transfer", "rule", "reopen")
"""The acts that tell from which unit an issue was taken."""
TABLE_COLUMNS = ["name", "indicator", "part", "whole", "share", "low", "high"]


@dataclass(frozen=True, eq=False)
class Beside:
    """
    What else is known of issues.

    Parameters
    ----------
    events
        Of `EVENT_ACTS`, in their order: ``issue_id``, ``at``, ``act`` and ``unit_before``, the unit
        from which one of `GIVEN_ON` took the issue.
    recurred
        Ids of issues that came back.
    patrols
        ``unit_id`` and ``ended_at`` of patrols.
    """

    events: pd.DataFrame
    recurred: pd.Index
    patrols: pd.DataFrame


def facts(issues: pd.DataFrame, beside: Beside, at: pd.Timestamp) -> pd.DataFrame:
    """
    Say of each issue what had happened to it by a moment.

    Parameters
    ----------
    issues
        n issues with the columns of the layer, indexed by ``issue_id``.
    beside
        Their events, and what else is known.
    at
        The moment; what happened at it or later is not known yet. Of issues that were brought in
        without events, only their last state is known.

    Returns
    -------
    pandas.DataFrame
        n rows of booleans: the columns that `INDICATORS` name.
    """
    told = _told(issues, beside.events, at)
    state = issues["state"].fillna("reported").to_numpy(dtype=object)
    made = _desk(issues, told, state, at) | {"counted": np.ones(len(issues), dtype=bool)}
    made |= _work(issues, told, state, made, at)
    made |= _after(issues, told, state, made, at)
    made["recurred"] = issues.index.isin(beside.recurred) if len(beside.recurred) else told["no"]
    made |= _patrolled(issues, beside.patrols)
    wanted = {column for one in INDICATORS.values() for column in (one.part, one.whole)}
    return pd.DataFrame({name: made[name] for name in sorted(wanted)}, index=issues.index)


def tally(found: pd.DataFrame, key: pd.Series) -> pd.DataFrame:
    """
    Count facts by a key.

    Parameters
    ----------
    found
        What `facts` returned, n rows.
    key
        (n,) what each issue counts for; those without count nowhere.

    Returns
    -------
    pandas.DataFrame
        Indexed by the key, for each the indicators in the order of `INDICATORS`: ``indicator``,
        ``part``, ``whole``, ``share`` (NaN where the whole is 0) and its 95 % interval ``low``,
        ``high`` (`gridmap.intervals.share_interval`).
    """
    codes, keys = pd.factorize(key.to_numpy(dtype=object), sort=True)
    kept, total = codes >= 0, int(found["reported"].sum())
    parts, wholes = [], []
    for one in INDICATORS.values():
        whole = found[one.whole].to_numpy() & kept
        part = found[one.part].to_numpy() & whole
        parts.append(np.bincount(codes[part], minlength=len(keys)))
        counts = np.bincount(codes[whole], minlength=len(keys))
        wholes.append(np.full(len(keys), total) if one.whole == "counted" else counts)
    index = pd.Index(np.repeat(keys, len(INDICATORS)), name=key.name, dtype="str")
    return _table(np.array(parts).T.ravel(), np.array(wholes).T.ravel(), index)


def nothing(key: str) -> pd.DataFrame:
    """Return what `tally` says of a key that has no issue: all of it 0 of 0."""
    none = np.zeros(len(INDICATORS), dtype=np.int64)
    return _table(none, none, pd.Index([key] * len(INDICATORS), name="key", dtype="str"))


def _table(part: NDArray[np.int64], whole: NDArray[np.int64], index: pd.Index) -> pd.DataFrame:
    low, high = share_interval(part, whole)
    told = {
        "indicator": pd.Index(list(INDICATORS) * (len(index) // len(INDICATORS)), dtype="str"),
        "part": part,
        "whole": whole,
        "share": part / np.where(whole > 0, whole, np.nan),
        "low": low,
        "high": high,
    }
    return pd.DataFrame(told, index=index)


def _told(issues: pd.DataFrame, events: pd.DataFrame, at: pd.Timestamp) -> dict[str, Mask]:
    """Say of each issue which acts it has seen, and whether any act is known of it at all."""
    n, number = len(issues), issues.index.get_indexer(pd.Index(events["issue_id"]))
    mine, row = events[number >= 0], number[number >= 0]
    act = mine["act"].to_numpy(dtype=object)
    before = (mine["at"] < at).to_numpy(dtype=bool)

    def happened(which: Mask) -> Mask:
        seen = np.zeros(n, dtype=bool)
        seen[row[which]] = True
        return seen

    told = {name: happened((act == name) & before) for name in EVENT_ACTS}
    upheld = _upheld(issues, mine, row)
    rule = (act == "rule") & before
    told["upheld"], told["dismissed"] = happened(rule & upheld), happened(rule & ~upheld)
    told["tracked"], told["no"] = happened(np.ones(len(act), dtype=bool)), np.zeros(n, dtype=bool)
    return told


def _upheld(issues: pd.DataFrame, events: pd.DataFrame, row: NDArray[np.int64]) -> Mask:
    """Say of each event whether the issue went to another unit by it."""
    giving = events["act"].isin(GIVEN_ON)
    given = events[giving.to_numpy(dtype=bool)]
    later = given.groupby("issue_id", sort=False)["unit_before"].shift(-1)
    last = ~given["issue_id"].duplicated(keep="last")
    holder = pd.Series(issues["unit_id"].to_numpy(dtype=object)[row], index=events.index)
    after = later.astype(object).where(~last, holder.reindex(given.index))
    differs = (after != given["unit_before"].astype(object)) & after.notna()
    return differs.reindex(events.index, fill_value=False).to_numpy(dtype=bool)


def _desk(
    issues: pd.DataFrame, told: dict[str, Mask], state: NDArray[np.object_], at: pd.Timestamp
) -> dict[str, Mask]:
    """Say what the office did: file, refuse, dispatch."""
    reported = (issues["reported_at"] < at).to_numpy(dtype=bool) & (state != "merged")
    refused = reported & (state == "refused")
    stamp = issues["filed_at"]
    brought = stamp.isna().to_numpy() & ~told["tracked"] & ~np.isin(state, UNFILED)
    filed = reported & ~refused & ((stamp < at).to_numpy(dtype=bool) | brought)
    waited = stamp.fillna(at) - issues["reported_at"]
    late = (waited > FILED_WITHIN).to_numpy(dtype=bool)
    stamped = filed & ~brought
    given = told["dispatch"] | told["transfer"] | told["rule"]
    given |= ~told["tracked"] & ~np.isin(state, AT_DESK)
    dispatched = filed & given
    return {
        "reported": reported,
        "refused": refused,
        "filed": filed,
        "filed_on_time": stamped & ~late,
        "filing_due": stamped | (reported & ~refused & ~filed & late),
        "dispatched": dispatched,
        "accurate": dispatched & ~told["upheld"],
        "misdispatched": dispatched & told["upheld"],
        "by_inspection": reported & in_group(issues["channel"], "inspection").to_numpy(),
        "by_public": reported & in_group(issues["channel"], "citizens").to_numpy(),
        "returned": dispatched & told["dismissed"],
        "suspended": told["suspend"] | (~told["tracked"] & issues["paused_at"].notna().to_numpy()),
        "extended": told["grant_extension"] | (~told["tracked"] & _counted(issues["extensions"])),
    }


def _work(
    issues: pd.DataFrame,
    told: dict[str, Mask],
    state: NDArray[np.object_],
    made: dict[str, Mask],
    at: pd.Timestamp,
) -> dict[str, Mask]:
    """Say what the unit did, and whether in time."""
    done_at = issues["rectified_at"].fillna(issues["closed_at"])
    untold = progress.untold(issues).to_numpy()
    done = made["reported"] & (done_at < at).to_numpy(dtype=bool) & (state != "refused")
    done |= made["reported"] & untold & np.isin(state, progress.SET_RIGHT)
    rework = told["reject"] | (~told["tracked"] & _counted(issues["reworks"]))
    limit = issues["due_at"]
    limited = limit.notna().to_numpy() & ~issues["exempt"].fillna(value=False).to_numpy(dtype=bool)
    past = (limit < at).to_numpy(dtype=bool)
    resting = (issues["paused_at"] <= limit).to_numpy(dtype=bool)
    due = made["reported"] & (state != "refused") & limited & (done | (past & ~resting)) & ~untold
    on_time = due & done & (done_at <= limit).to_numpy(dtype=bool)
    own = _same(issues["reporter_unit"], issues["fixer_unit"])
    return {
        "handled": done,
        "fixed": done | (made["reported"] & rework),
        "rework": rework,
        "due": due,
        "on_time": on_time,
        "overdue": due & ~on_time,
        "limited": limited,
        "self_handled": done & own,
    }


def _after(
    issues: pd.DataFrame,
    told: dict[str, Mask],
    state: NDArray[np.object_],
    made: dict[str, Mask],
    at: pd.Timestamp,
) -> dict[str, Mask]:
    """Say what came after the work: the check, the close-out, what was opened again."""
    over = (issues["closed_at"] < at).to_numpy(dtype=bool) & (state == "closed_out")
    closed = made["reported"] & over
    reopened = told["reopen"] | (~told["tracked"] & _counted(issues["reopenings"]))
    long_ago = (issues["closed_at"] < at - pd.Timedelta(days=WITHIN_DAYS)).to_numpy(dtype=bool)
    looked = told["reinspect"] | (~told["tracked"] & np.isin(state, CHECKED))
    return {
        "reinspected": looked | closed,
        "closed": closed,
        "closed_limited": closed & made["limited"],
        "closed_on_time": closed & made["on_time"],
        "reopened": reopened,
        "ever_closed": closed | (made["reported"] & reopened),
        "closed_long_ago": closed & long_ago,
    }


def _patrolled(issues: pd.DataFrame, patrols: pd.DataFrame) -> dict[str, Mask]:
    """Say which issues the public or patrols found where a patrol had just been, and who did."""
    public = issues["channel"].isin(PUBLIC_CHANNELS).to_numpy()
    found = public | issues["channel"].isin(PATROL_CHANNELS).to_numpy()
    if patrols.empty:
        return {"missed": public, "patrolled": np.zeros(len(issues), dtype=bool)}
    asked = issues.loc[found, ["unit_id", "reported_at"]].assign(row=np.flatnonzero(found))
    ended = patrols.dropna(subset="ended_at").sort_values("ended_at")
    pairs = pd.merge_asof(
        asked.dropna().sort_values("reported_at"),
        ended[["unit_id", "ended_at"]],
        left_on="reported_at",
        right_on="ended_at",
        by="unit_id",
        tolerance=PATROLLED_WITHIN,
    )
    near = np.zeros(len(issues), dtype=bool)
    near[pairs.loc[pairs["ended_at"].notna(), "row"]] = True
    return {"missed": public, "patrolled": near}


def _counted(counter: pd.Series) -> Mask:
    return (counter.fillna(0) > 0).to_numpy(dtype=bool)


def _same(first: pd.Series, second: pd.Series) -> Mask:
    return ((first == second) & first.notna()).fillna(value=False).to_numpy(dtype=bool)
