"""The worker: it does one job after the other, tells how far it has come, and can be stopped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from geodata.analyses import is_ready
from geodata.database import connect
from geodata.jobs import ENDED, Job, Jobs
from geodata.kept import Kept
from geodata.questions import Question
from geodata.reports.spots import Measure
from geodata.store import Store
from geodata.worker import Worker, serve
from geodata.workspace import Workspace
from gridmap.access import CITY, Grant, Person
from tests.browser.waiting import waited
from tests.geodata.test_spots import AS_OF, WANTED, register
from tests.geodata.towns import ZONE

WHO = Person("p1", "王一", frozenset({Grant("leader")}))
QUESTION = Question("hotspots", WANTED, AS_OF, Measure(size_m=100))


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Workspace]:
    register(tmp_path).store.close()
    store = Store(connect(f"gpkg:///{tmp_path / 'town.gpkg'}"))
    yield Workspace(store, Kept(tmp_path / "kept"))
    store.close()


def task(question: Question) -> dict[str, Any]:
    told = {"kind": question.kind, "question": question.told(), "zone": ZONE.key}
    return {**told, "scopes": [[CITY.kind, CITY.key]]}


def asked(city: Workspace, question: Question = QUESTION) -> Job:
    """Ask, and let nobody begin it."""
    return Jobs(city.store).start("analysis", task(question), WHO, lambda _job_id: None)


def work(city: Workspace, job: Job) -> Job:
    """Do a job as a worker does, in this process."""
    assert city.kept is not None
    serve([f'{{"job": "{job.job_id}"}}'], city.store, city.kept)
    return Jobs(city.store).get(job.job_id, WHO)


def test_a_worker_does_one_job_after_the_other_and_ends_with_its_service(city: Workspace) -> None:
    assert city.kept is not None
    worker, jobs = Worker(city.store, city.kept), Jobs(city.store)

    def state(job: Job) -> str:
        return jobs.get(job.job_id, WHO).state

    try:
        worker.warm(AS_OF)
        first = jobs.start("analysis", task(QUESTION), WHO, worker.do)
        other = replace(QUESTION, statistic="local_moran")
        second = jobs.start("analysis", task(other), WHO, worker.do)
        waited(lambda: state(second) in ENDED, "the second job", seconds=60)
        assert (state(first), state(second)) == ("done", "done")
        assert is_ready(city, QUESTION, ZONE)
        assert is_ready(city, other, ZONE)
        process = worker._process
        assert process is not None
        process.stdin.close()  # type: ignore[union-attr] # as where the service is killed
        assert process.wait(timeout=30) == 0
        third = jobs.start("analysis", task(QUESTION), WHO, worker.do)
        waited(lambda: state(third) == "done", "a new worker", seconds=60)
    finally:
        worker.close()


def test_a_page_of_hot_spots_is_worked_out_in_six_parts(city: Workspace) -> None:
    job = work(city, asked(city))
    assert (job.state, dict(job.progress)) == ("done", {"done": 6, "parts": 6})


def test_a_job_that_is_stopped_leaves_what_it_has_not_begun(city: Workspace) -> None:
    job = asked(city)
    Jobs(city.store).cancel(job.job_id, WHO)
    assert work(city, job).state == "cancelled"
    assert not is_ready(city, QUESTION, ZONE)
    again = work(city, asked(city))
    assert again.state == "done"


def test_what_a_day_has_too_little_for_is_an_answer_too(city: Workspace) -> None:
    early = replace(WANTED, since=WANTED.since.replace(day=20))
    question = replace(QUESTION, wanted=early)
    assert work(city, asked(city, question)).state == "done"
    assert is_ready(city, question, ZONE)


def test_a_question_that_makes_no_sense_fails_and_the_worker_goes_on(city: Workspace) -> None:
    senseless = replace(QUESTION, measure=Measure("hex", per="residents"))
    failed = work(city, asked(city, senseless))
    assert failed.state == "failed"
    assert failed.result is not None
    assert failed.result["code"] == "invalid"


def test_the_same_question_has_one_job(city: Workspace) -> None:
    jobs = Jobs(city.store)
    assert jobs.last("analysis", task(QUESTION), WHO) is None
    job = asked(city)
    found = jobs.last("analysis", task(QUESTION), WHO)
    assert found is not None
    assert found.job_id == job.job_id
    assert jobs.last("analysis", task(QUESTION), replace(WHO, person_id="p2")) is None
