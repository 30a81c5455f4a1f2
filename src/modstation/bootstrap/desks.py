"""The one place that chooses real parts: opens a desk, wires store, rules, screening, forums and the runner."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from modstation.desk import forums, outbox, people
from modstation.desk.desk import Desk
from modstation.desk.forums import ForumAccess
from modstation.desk.members import Members
from modstation.desk.ports import Capabilities, Forum
from modstation.desk.settings import read_setting
from modstation.desk.status import Lamps
from modstation.desk.workplace import Hub, Workplace
from modstation.models.errors import BadInput, DeskBusy, NotFound
from modstation.models.ids import ForumName, PersonId
from modstation.models.people import Role
from modstation.models.time import Clock
from modstation.regulation import ProfileStack, load_stack
from modstation.store import runlock, vault
from modstation.store.diskspace import DiskGuard
from modstation.store.events import Draft, Pen, Signer
from modstation.store.keyslots import Unlocked
from modstation.store.people import read_people
from modstation.store.store import KEYS_FILE, STORE_FILE, Store
from modstation.store.upgrade import upgrade
from modstation.store.vault_members import keys_by_code
from modstation.sync.forums.nodebb import NodeBB
from modstation.sync.http import HttpClient
from modstation.sync.runner import Connections, Runner

from .parts import Parts

RUNNER_LOCK = "runner"
#: A pause of so many seconds that a forum asks for is waited out within a look, so that the look comes to its end.
PATIENCE = 3.0


@cache
def _stack(names: tuple[str, ...]) -> ProfileStack:
    return load_stack(names)


def stacks(names: Sequence[str]) -> ProfileStack:
    """Stacked profiles by name, read once."""
    return _stack(tuple(names))


class Shared:
    """What outlives a lock: the open store, who listens, the lamps and the runner."""

    def __init__(self, folder: Path, opened: Unlocked, parts: Parts) -> None:
        self.folder = folder
        self.parts = parts
        self.session = secrets.token_hex(8)
        self.guard = DiskGuard(folder)
        self.store = Store(folder, opened.keys, opened.keys.desk_id, parts.clock, self.session, self._room)
        self.hub = Hub()
        self.lamps = Lamps()
        self.capabilities: dict[ForumName, Capabilities] = {}
        self.screen = parts.screen()
        self.runner: Runner | None = None
        self._lock: runlock.RunLock | None = None
        self._starting = threading.Lock()
        self._settle_restore(opened)

    def _room(self) -> str:
        """Why nothing may be written, "" while there is room."""
        return self.guard.check().words

    def _settle_restore(self, opened: Unlocked) -> None:
        """After a restore: write it down, and have everything unfinished read back before anything is sent."""
        origin = vault.restored_from(self.folder)
        if origin is None or origin.settled:
            return
        with self.store.writing() as tx:
            head = tx.db.execute("SELECT max(desk_seq) FROM event WHERE desk = ?", (origin.desk,)).fetchone()[0]
            body = {
                "before": origin.desk,
                "head": f"{origin.desk}:{head or 0}:{origin.sha256}",
                "desk_key": opened.keys.desk_signing.public_key().public_bytes_raw().hex(),
                "vouched": origin.vouch,
            }
            tx.append(Draft("desk.restored", "", body))
            outbox.make_unknown(tx)
        vault.settle_restore(self.folder, opened.keys)

    def trusted_keys(self) -> frozenset[str]:
        """Ids of every key the vault knows, retired ones included."""
        return vault.known_keys(self.folder)

    def connect(self) -> Connections:
        """Connectors to all forums of the desk, over one client."""
        with self.store.reading() as reader:
            known = forums.accesses(reader)
            proxy = read_setting(reader.db, "", "proxy")
            ca_file = read_setting(reader.db, "", "ca_file")
        return connections(known, proxy, ca_file, self.parts.clock)

    def start_runner(self, desk: Desk) -> bool:
        """Pull and send from now on; False where another process does that for this desk."""
        with self._starting:
            if self.runner is not None:
                return True
            try:
                self._lock = runlock.hold(self.folder, RUNNER_LOCK)
            except DeskBusy:
                return False
            self.runner = Runner(desk, self.connect)
            self.runner.start()
            return True

    def stop_runner(self) -> None:
        """Stop pulling and sending."""
        with self._starting:
            if self.runner is not None:
                self.runner.stop()
                self.runner = None
            if self._lock is not None:
                self._lock.release()
                self._lock = None

    def close(self) -> None:
        """Stop the runner and close the store."""
        self.stop_runner()
        self.store.close()


def connections(known: Sequence[ForumAccess], proxy: str, ca_file: str, clock: Clock) -> Connections:
    """Connectors over one client with at most ten connections and one TLS context."""
    client = HttpClient(ca_file=Path(ca_file) if ca_file else None, proxy=proxy, clock=clock, patience=PATIENCE)
    made: dict[ForumName, Forum] = {
        each.name: NodeBB(each.name, each.url, each.token, client=client, clock=clock) for each in known
    }
    return Connections(made, client.aclose)


class OpenDesk:
    """An unlocked desk and the person in front of it."""

    def __init__(self, shared: Shared, opened: Unlocked) -> None:
        self.shared = shared
        self.opened = opened
        self.folder = shared.folder
        self.person = opened.person
        self.notice = ""
        self.work = Workplace(
            store=shared.store,
            person=opened.person,
            pen=Pen(opened.person, opened.key_id, opened.signing, secrets.token_hex(8), Signer.PERSON),
            clock=shared.parts.clock,
            stacks=stacks,
            screen=shared.screen,
            hub=shared.hub,
            hold_seconds=shared.parts.hold_seconds,
            capabilities=shared.capabilities,
            gate=shared.runner,
        )
        self.members = Members(self.work, shared.folder, opened)
        self.desk = Desk(self.work, self.members.applied, shared.lamps)
        forums.recall(self.work)

    def start_runner(self) -> bool:
        """Pull and send from now on; False where another process does that for this desk."""
        started = self.shared.start_runner(self.desk)
        self.work.gate = self.shared.runner
        return started

    def add_forum(self, name: str, kind: str, url: str, token: str, profiles: Sequence[str]) -> None:
        """Connect a forum; the runner takes it up at once."""
        forums.add(self.work, name, kind, url, token, profiles)
        if self.shared.runner is not None:
            self.shared.stop_runner()
            self.start_runner()

    def try_forum(self, name: str, kind: str, url: str, token: str) -> Capabilities:
        """Ask a forum what a token can do before anything of it is kept. Raises BadInput, ForumError."""
        plain = forums.check_new(name, kind, url, token)
        with self.shared.store.reading() as reader:
            proxy, ca_file = read_setting(reader.db, "", "proxy"), read_setting(reader.db, "", "ca_file")
        access = ForumAccess(ForumName(name), kind, plain, token)
        return probe(access, proxy, ca_file, self.shared.parts.clock)

    def probe(self, name: str) -> Capabilities:
        """Ask a forum what its token can do. Raises ForumError, NotFound."""
        with self.shared.store.reading() as reader:
            access = forums.access(reader, name)
            proxy, ca_file = read_setting(reader.db, "", "proxy"), read_setting(reader.db, "", "ca_file")
        caps = probe(access, proxy, ca_file, self.shared.parts.clock)
        forums.remember(self.work, caps)
        return caps

    def fetch_media(self, no: int, url: str) -> bytes:
        """The bytes of an attachment, fetched by us within limits."""
        return self.desk.fetch_media(no, url).data

    def lock(self) -> None:
        """Drop the person's key; the desk's own key goes on sending what was already made."""
        self.work.locked = True
        nobody = Ed25519PrivateKey.generate()
        self.work.pen = replace(self.work.pen, key=nobody, key_id="")
        self.work.opened_at.clear()
        self.work.uncovered.clear()

    def close(self) -> None:
        """Stop the runner and close the store."""
        self.shared.close()


def probe(access: ForumAccess, proxy: str, ca_file: str, clock: Clock) -> Capabilities:
    """Ask a forum what a token can do, over a connection of its own."""

    async def ask() -> Capabilities:
        made = connections([access], proxy, ca_file, clock)
        try:
            return await made.forums[access.name].probe()
        finally:
            await made.close()

    return asyncio.run(ask())


def create_desk(
    folder: Path, person: PersonId, roles: frozenset[Role], passphrase: str, parts: Parts | None = None
) -> tuple[OpenDesk, str]:
    """Make a desk with its first person: the open desk, and the recovery code to print. Raises BadInput, DiskFull."""
    parts = parts or Parts()
    opened, code = vault.create_vault(folder, person, passphrase, cost=parts.cost, clock=parts.clock)
    shared = Shared(folder, opened, parts)
    desk = OpenDesk(shared, opened)
    body = {
        "founder": person,
        "roles": sorted(roles),
        "founder_key": opened.signing.public_key().public_bytes_raw().hex(),
        "desk_key": opened.keys.desk_signing.public_key().public_bytes_raw().hex(),
    }
    with shared.store.writing() as tx:
        tx.append(Draft("desk.created", "", body), desk.work.pen)
    return desk, code


def open_desk(folder: Path, person: str, passphrase: str, parts: Parts | None = None) -> OpenDesk:
    """Open a desk as a person; without a name, as whoever the passphrase belongs to. Raises VaultError, NotFound."""
    parts = parts or Parts()
    if not vault.is_desk(folder):
        raise NotFound("There is no desk in that folder.", "", "Make one with 'modstation init'.")
    if person:
        opened = vault.unlock(folder, PersonId(person), passphrase, parts.clock)
    else:
        opened = vault.unlock_any(folder, passphrase, parts.clock)
    return OpenDesk(Shared(folder, opened, parts), opened)


def enrol_person(folder: Path, person: PersonId, code: str, passphrase: str, parts: Parts | None = None) -> OpenDesk:
    """Spend a one-time code: the person sets their own passphrase and their signing key enters the journal.

    Raises NotAllowed while a second person's approval is missing; then the code is still good.
    """
    parts = parts or Parts()
    keys = keys_by_code(folder, person, code)
    with closing(Store(folder, keys, keys.desk_id, parts.clock, "enrol")) as store, store.reading() as reader:
        people.refuse_unapproved(read_people(reader.db), person)
    opened = vault.enrol(folder, person, code, passphrase, parts.cost, parts.clock)
    desk = OpenDesk(Shared(folder, opened, parts), opened)
    people.enrolled(desk.work, person, opened.signing.public_key().public_bytes_raw().hex())
    return desk


def recover_person(folder: Path, person: PersonId, code: str, passphrase: str, parts: Parts | None = None) -> OpenDesk:
    """Give a person a new passphrase by the recovery code. They and the desk get new signing keys; the journal says so.

    The next recovery code is in the desk's `notice`. Raises BadInput, NotFound, NotAllowed.
    """
    parts = parts or Parts()
    opened, fresh = vault.recover(folder, code, person, passphrase, cost=parts.cost, clock=parts.clock)
    desk = OpenDesk(Shared(folder, opened, parts), opened)
    body = {
        "person": person,
        "key": opened.signing.public_key().public_bytes_raw().hex(),
        "desk_key": opened.keys.desk_signing.public_key().public_bytes_raw().hex(),
    }
    with desk.shared.store.writing() as tx:
        tx.append(Draft("desk.recovered", "", body), desk.work.pen)
    desk.notice = fresh
    return desk


def reopen(shared: Shared, person: str, passphrase: str) -> OpenDesk:
    """Unlock a locked desk again, as the same or another person, while the runner goes on."""
    return resume(shared, vault.unlock(shared.folder, PersonId(person), passphrase, shared.parts.clock))


def resume(shared: Shared, opened: Unlocked) -> OpenDesk:
    """Sit an unlocked person down at a desk whose store is open already."""
    return OpenDesk(shared, opened)


def upgrade_desk(folder: Path, person: str, passphrase: str, parts: Parts | None = None) -> dict[str, str]:
    """Bring both files of a desk to the present cipher settings: names of files and of what is kept of them.

    Raises VaultError, DeskBusy while another process pulls and sends, NotFound.
    """
    parts = parts or Parts()
    if not vault.is_desk(folder):
        raise NotFound("There is no desk in that folder.", "", "Make one with 'modstation init'.")
    opened = (
        vault.unlock(folder, PersonId(person), passphrase, parts.clock)
        if person
        else vault.unlock_any(folder, passphrase, parts.clock)
    )
    keys = opened.keys
    with runlock.hold(folder, RUNNER_LOCK):
        kept = {
            name: upgrade(folder / name, key)
            for name, key in ((KEYS_FILE, keys.keyfile_key), (STORE_FILE, keys.store_key))
        }
    return {name: old.name for name, old in kept.items() if old is not None}


def check_roles(roles: frozenset[Role]) -> frozenset[Role]:
    """Roles of a first person. Raises BadInput for one who could decide nothing and add nobody."""
    if not roles & {Role.MODERATOR, Role.SUPERVISOR, Role.COMPLIANCE, Role.ADMINISTRATOR}:
        raise BadInput("The first person must be able to decide or to add people.", "", "Add a role.")
    return roles
