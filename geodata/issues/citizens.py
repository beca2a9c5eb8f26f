"""
Citizens: what somebody without an account reports (随手拍), and what became of it.

Who reports is given a receipt, a code of 80 bits that nobody can guess, and asks by it. Only its
hash is kept. A report whose answer was lost is sent again and given the same receipt: the code is
made of the report's own identifier, which only the phone knows, and of a salt, which only the
register knows. Where a report came from is kept as a hash, for a day, to refuse a flood of them;
that count and the report's place in it are one transaction, so a flood never slips between.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import Connection, func, select, update

from geodata import receipts
from geodata.errors import ThrottledError
from geodata.issues import progress, records
from geodata.issues.evidence import photos
from geodata.issues.intake import Intake, Report
from geodata.issues.pictures import Kept, Pictures, Sent
from geodata.issues.progress import Progress
from geodata.issues.repeats import merge_repeat
from geodata.issues.services import code_of, services
from geodata.issues.setting import Setting
from geodata.photos.store import PhotoFiles
from geodata.receipts import Once
from geodata.writer import Writer
from gridmap.access import PUBLIC
from gridmap.errors import ConflictError, InvalidError, NotFoundError

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: without I, L, O and U, which are misread."""
LOOKALIKES = str.maketrans("OIL", "011", "- \t")
LETTERS, GROUP = 16, 4
SITE = 64  # bits of an IPv6 address that are one household's or one phone's
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FORGOTTEN = timedelta(days=1)


@dataclass(frozen=True)
class Allowance:
    """
    How much may come from one source.

    Parameters
    ----------
    per_hour, per_minute
        Reports.
    photos
        Of one report.
    shared
        Networks behind which many people have one address, such as an office's; not counted.
    """

    per_hour: int = 60
    per_minute: int = 5
    photos: int = 3
    shared: tuple[Network, ...] = ()


ALLOWANCE = Allowance()


@dataclass(frozen=True)
class Receipt:
    """
    What somebody is given for a report.

    Parameters
    ----------
    code
        Like ``7K3M-9QXT-2WHB-4DVR``.
    state
        As `geodata.issues.progress.STATES`.
    replayed
        Whether the report had been accepted before.
    """

    code: str
    state: str
    replayed: bool


class Citizens:
    """
    The use cases of those who have no account.

    Parameters
    ----------
    setting
        The city; whoever is signed in reports here as anybody does.
    allowance
        How much is let in.
    secret
        With which sources are hashed.
    """

    def __init__(
        self, setting: Setting, allowance: Allowance = ALLOWANCE, secret: bytes = b""
    ) -> None:
        self._setting = replace(setting, person=PUBLIC)
        self._store = setting.store
        self._table = setting.store.tables.loop.public_reports
        self._allowance = allowance
        self._secret = secret

    def report(self, report_id: str, report: Report, source: str) -> Receipt:
        """
        Accept a report; an office will look at it.

        Parameters
        ----------
        report_id
            As the phone made it, and told nobody else.
        report
            Its category, words and place; whatever else it says is not believed.
        source
            Address from which it came.

        Raises
        ------
        InvalidError
            If there is no such category, or neither a place nor words.
        ThrottledError
            If too many came from that source.
        ReusedKeyError
            If something else came under that identifier.
        """
        told = Report(
            category=report.category.strip(),
            channel="citizen_app",
            description=cleaned(report.description),
            address=cleaned(report.address),
            place=report.place,
            datum=report.datum,
            accuracy_m=report.accuracy_m,
            source=report.source,
            reported_at=report.reported_at,
        )
        self._require_sound(told)
        payload = receipts.hashed(records.jsonable(asdict(told)))
        slip = self._slip(Once("public", _hash(report_id), payload), report_id, source)
        accepted = Once("public", slip["issue_id"], payload)
        taken = Intake(self._setting).report(replace(told, issue_id=slip["issue_id"]), accepted)
        state = progress.SHOWN[taken.answer["state"]]
        return Receipt(_code(slip["salt"], report_id), state, taken.replayed)

    def status(self, code: str) -> Progress:
        """
        Say what became of a report.

        Parameters
        ----------
        code
            Of the receipt; however it was typed.

        Raises
        ------
        NotFoundError
            If there is none.
        """
        with self._store.database.reading() as connection:
            issue = self._issue(connection, code)
            return progress.of(connection, self._store.tables, issue)

    def add_photo(self, code: str, photo_id: str, content: bytes, files: PhotoFiles) -> Kept:
        """
        Keep a photo of a report; where it was taken is not kept.

        Parameters
        ----------
        code
            Of the receipt.
        photo_id
            As the phone made it.
        content
            Its bytes.
        files
            Where the files are.

        Raises
        ------
        NotFoundError
            If there is no such receipt.
        ConflictError
            If an office has taken the report up already.
        InvalidError
            If it has its photos; and as `geodata.issues.pictures.Pictures.add`.
        """
        with self._store.database.reading() as connection:
            issue = self._issue(connection, code)
            before = {
                photo["photo_id"]
                for photo in photos(connection, self._store.tables, issue["issue_id"])
            }
        if photo_id not in before:
            if issue["state"] != "reported":
                msg = "Your report is being handled; photos can no longer be added."
                raise ConflictError(msg)
            if len(before) >= self._allowance.photos:
                msg = "A report may have {most} photos."
                raise InvalidError(msg, most=self._allowance.photos)
        pictures, key = Pictures(self._setting, files), issue["issue_id"]
        kept = pictures.add("issue", key, issue["place"], Sent(photo_id, content))
        if kept.is_new:
            merge_repeat(self._setting, key, kept.answer["sent"])
        return kept

    def _require_sound(self, report: Report) -> None:
        """Refuse what cannot become an issue before it counts as one."""
        if code_of(report.category) not in services(self._setting):
            msg = "There is no category {category}."
            raise InvalidError(msg, category=report.category[:80])
        if report.place is None and not (report.description or report.address):
            msg = "A report needs a place, or words that tell of it."
            raise InvalidError(msg)

    def _slip(self, once: Once, report_id: str, source: str) -> Mapping[str, Any]:
        """Return the salt and the issue's id of a report, new or as they were."""
        tables, now = self._store.tables, self._store.now()
        with self._store.database.reading() as connection:
            if (before := receipts.answered(connection, tables, once)) is not None:
                return before
        with self._store.database.writing() as connection:
            if (before := receipts.answered(connection, tables, once)) is not None:
                return before
            kept = self._counted(connection, source, now)
            slip = {"salt": secrets.token_hex(16), "issue_id": str(uuid.uuid4())}
            row = {"receipt_hash": _hash(_bare(_code(slip["salt"], report_id))), "at": now}
            row |= {"issue_id": slip["issue_id"], "source": kept}
            connection.execute(self._table.insert().values(**row))
            receipts.keep(Writer(connection, tables), tables, once, slip, now)
        return slip

    def _counted(self, connection: Connection, source: str, now: datetime) -> str:
        """Refuse a source that has sent too much; return its hash, and forget those of old."""
        table = self._table
        old = (table.c.at < now - FORGOTTEN) & (table.c.source != "")
        connection.execute(update(table).where(old).values(source=""))
        site = _site(source)
        if site is not None and any(site.subnet_of(net) for net in self._shared(site.version)):
            return ""
        kept = hmac.new(self._secret, str(site or source).encode(), hashlib.sha256).hexdigest()
        limits = (
            (MINUTE, self._allowance.per_minute),
            (HOUR, self._allowance.per_hour),
        )
        for span, most in limits:
            late = (table.c.source == kept) & (table.c.at > now - span)
            n, first = connection.execute(
                select(func.count(), func.min(table.c.at)).where(late)
            ).one()
            if n >= most:
                wait = first + span - now if n else span
                msg = "Too many reports from where you are; wait {minutes} minutes."
                raise ThrottledError(msg, retry_after=max(1, int(wait.total_seconds())))
        return kept

    def _shared(self, version: int) -> list[Any]:
        return [net for net in self._allowance.shared if net.version == version]

    def _issue(self, connection: Connection, code: str) -> dict[str, Any]:
        table = self._table
        query = select(table.c.issue_id).where(table.c.receipt_hash == _hash(_bare(code)))
        issue_id = connection.execute(query).scalar()
        found = records.rows(connection, self._store.tables, [issue_id] if issue_id else [])
        if issue_id not in found:
            msg = "There is no report under this code; look whether it was typed rightly."
            raise NotFoundError(msg)
        return found[issue_id][0]


def cleaned(text: str | None) -> str | None:
    r"""
    Return what somebody wrote without letters that nobody can see; None if nothing is left.

    Examples
    --------
    >>> cleaned(" 路灯\x00不亮\u202e。\n"), cleaned(" \x07")
    ('路灯不亮。', None)
    """
    kept = "".join(letter for letter in text or "" if letter.isprintable() or letter in "\n\t")
    return kept.strip() or None


def _code(salt: str, report_id: str) -> str:
    """Return the receipt of a report: 16 letters of five bits, in groups of four."""
    bits = hmac.new(bytes.fromhex(salt), report_id.encode(), hashlib.sha256).digest()
    number = int.from_bytes(bits[:10], "big")
    letters = [BASE32[number >> 5 * place & 31] for place in reversed(range(LETTERS))]
    return "-".join("".join(letters[at : at + GROUP]) for at in range(0, LETTERS, GROUP))


def _bare(code: str) -> str:
    """Return a receipt as it is hashed: in capitals, without hyphens, as Crockford reads it."""
    return unicodedata.normalize("NFKC", code).upper().translate(LOOKALIKES)[: 2 * LETTERS]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _site(source: str) -> Any:  # noqa: ANN401 - IPv4Network or IPv6Network, compared with its like
    """Return the network that counts as one source; None if the address is none."""
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    return ipaddress.ip_network((address, SITE if address.version == 6 else 32), strict=False)  # noqa: PLR2004
