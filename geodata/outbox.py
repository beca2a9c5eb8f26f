"""
The outbox: messages to the world outside, kept until they are sent.

A message is written down with what it is about and sent afterwards, so that a mail server or a
group robot that is away loses nothing. What cannot be sent is tried again, later each time.
"""

from __future__ import annotations

import hashlib
import json
import smtplib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from functools import partial
from urllib.parse import urlsplit

import httpx2
from sqlalchemy import or_, select, update

from geodata.store import Store

AGAIN = tuple(timedelta(minutes=n) for n in (1, 5, 30, 120, 720))
"""How long to wait after each failure; after the last the message has failed."""
SECONDS = 10.0
AT_ONCE = 100
CHANNELS = ("mail", "wecom", "dingtalk")


@dataclass(frozen=True)
class Routes:
    """
    Where messages go.

    Parameters
    ----------
    smtp_url
        ``smtp://user:password@host:25``, or ``smtps://…:465``; no mail if empty.
    sender
        Whom mail is from.
    robots
        Channel → address of a group robot. It is a secret, and so it is no part of a message.
    """

    smtp_url: str = ""
    sender: str = ""
    robots: Mapping[str, str] = field(default_factory=dict)


Send = Callable[[str, str], None]
"""Sends a body to an address; raises if it could not."""


class Outbox:
    """
    What waits to be sent.

    Parameters
    ----------
    store
        Where it is kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._table = store.tables.command.outbox

    def put(self, channel: str, address: str, body: str, about: str) -> bool:
        """
        Write a message down, unless it was before.

        Parameters
        ----------
        channel
            One of `CHANNELS`.
        address, body
            To whom, nobody in particular where it is a robot, and what.
        about
            What it is about, and of when: the same is sent once.

        Returns
        -------
        bool
            Whether it is new.
        """
        table, now = self._table, self._store.now()
        key = hashlib.sha256(f"{channel}\n{address}\n{about}".encode()).hexdigest()
        row = {"message_id": key, "channel": channel, "address": address, "body": body}
        with self._store.database.writing() as connection:
            known = connection.execute(
                select(table.c.message_id).where(table.c.message_id == key)
            ).first()
            if known is None:
                connection.execute(
                    table.insert().values(**row, state="waiting", at=now, next_at=now, tries=0)
                )
        return known is None

    def send(self, senders: Mapping[str, Send]) -> dict[str, int]:
        """
        Send what is due.

        Parameters
        ----------
        senders
            Channel → what sends there; messages of other channels wait.

        Returns
        -------
        dict
            How many were ``sent``, are tried ``again`` later, or have ``failed`` for good.
        """
        table, now = self._table, self._store.now()
        due = or_(table.c.next_at.is_(None), table.c.next_at <= now)
        query = select(table).where(table.c.state == "waiting", due).limit(AT_ONCE)
        with self._store.database.reading() as connection:
            rows = connection.execute(query.order_by(table.c.at)).all()
        told = {"sent": 0, "again": 0, "failed": 0}
        for row in rows:
            if row.channel not in senders:
                continue
            values = self._tried(senders[row.channel], row.address, row.body, row.tries)
            told[{"waiting": "again"}.get(str(values["state"]), str(values["state"]))] += 1
            with self._store.database.writing() as connection:
                statement = update(table).where(table.c.message_id == row.message_id)
                connection.execute(statement.values(**values))
        return told

    def _tried(self, send: Send, address: str, body: str, tries: int) -> dict[str, object]:
        try:
            send(address, body)
        except (OSError, smtplib.SMTPException, httpx2.HTTPError, RefusedError) as error:
            later = {"tries": tries + 1, "fault": f"{type(error).__name__}: {error}"[:200]}
            if tries >= len(AGAIN):
                return later | {"state": "failed", "next_at": None}
            return later | {"state": "waiting", "next_at": self._store.now() + AGAIN[tries]}
        return {"state": "sent", "tries": tries + 1, "next_at": None, "fault": None}


class RefusedError(Exception):
    """The other side has answered that it does not take the message."""


def senders(routes: Routes) -> dict[str, Send]:
    """
    Return what sends to each channel.

    Parameters
    ----------
    routes
        Where messages go.
    """
    made: dict[str, Send] = {name: partial(_to_robot, url) for name, url in routes.robots.items()}
    if routes.smtp_url:
        made["mail"] = partial(_mail, routes)
    return made


def robot_body(channel: str, text: str) -> str:
    """
    Return a text as a group robot takes it.

    Parameters
    ----------
    channel
        ``wecom`` or ``dingtalk``: both take a text message of the same form.
    text
        What is said.

    Examples
    --------
    >>> robot_body("wecom", "今日督查")
    '{"msgtype": "text", "text": {"content": "今日督查"}}'
    """
    if channel not in CHANNELS[1:]:
        msg = f"{channel} is no group robot"
        raise ValueError(msg)
    return json.dumps({"msgtype": "text", "text": {"content": text}}, ensure_ascii=False)


def _to_robot(url: str, _address: str, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = httpx2.post(url, content=body.encode(), headers=headers, timeout=SECONDS)
    answer.raise_for_status()
    try:
        code = answer.json().get("errcode", 0)
    except ValueError:
        code = 0
    if code:  # both robots answer 200 to what they refuse
        raise RefusedError(str(answer.json().get("errmsg", code)))


def _mail(routes: Routes, address: str, body: str) -> None:
    where = urlsplit(routes.smtp_url)
    subject, _, text = body.partition("\n")
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, routes.sender, address
    message.set_content(text or subject)
    secure = where.scheme == "smtps"
    made = smtplib.SMTP_SSL if secure else smtplib.SMTP
    with made(
        where.hostname or "", where.port or (465 if secure else 25), timeout=SECONDS
    ) as server:
        if where.username:
            if not secure:
                server.starttls()
            server.login(where.username, where.password or "")
        server.send_message(message)
