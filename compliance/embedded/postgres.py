"""An embedded PostgreSQL with one role that owns the tables and one that the application runs as.

Every role has a password: with `trust`, any account of the machine would be a superuser.
"""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from compliance.embedded import programs
from compliance.embedded.processes import Child, StartFailed

SUPERUSER, OWNER, APP, DATABASE = "desk_super", "desk_owner", "desk_app", "desk"
# Statements and key values may contain personal data: the log has only the kind of an error.
QUIET = ("log_min_error_statement=panic", "log_error_verbosity=terse", "log_statement=none", "log_timezone=UTC")
HOST = "127.0.0.1"
_PASSWORDS = {SUPERUSER: "POSTGRES_SUPER_PASSWORD", OWNER: "POSTGRES_OWNER_PASSWORD", APP: "POSTGRES_APP_PASSWORD"}


class Cluster:
    """One data directory in ``folder``, and the server on it.

    ``made`` are the passwords as ``keys.make_keys`` names them, ``source`` is that of ``programs.find_postgres``, and
    ``options`` are further server settings, `name=value`.
    """

    def __init__(
        self, folder: Path, *, log: Path, made: Mapping[str, str], source: str = "auto", options: Sequence[str] = ()
    ) -> None:
        self.account = programs.unprivileged_account()
        self.folder = programs.state_folder(folder, self.account)
        existing = programs.database_majors(self.folder)
        found = programs.find_postgres(major=existing[-1] if existing else None, source=source)
        self.programs = programs.reachable(found, self.account)
        self.data = self.folder / f"postgres-{self.programs.major}"
        self.log, self.options = log, options
        self._passwords = {role: made[name] for role, name in _PASSWORDS.items()}
        self.port = 0
        self.child: Child | None = None

    def start(self, *, port: int, register: Callable[[Child], None]) -> Child:
        """Create the cluster if there is none, start it on the port and wait until it accepts connections.

        ``register`` gets the child before it starts, so that an interrupt stops it. Raises ``StartFailed``.
        """
        if not self.data.exists():
            self._initialise()
        self.port = port
        settings = (f"listen_addresses={HOST}", "unix_socket_directories=", "timezone=UTC", *QUIET, *self.options)
        self.child = Child(
            name="PostgreSQL",
            command=[
                str(self.programs.folder / "postgres"),
                *("-D", str(self.data), "-p", str(port)),
                *(part for setting in settings for part in ("-c", setting)),
            ],
            log=self.log,
            # SIGINT ends connections and stops; SIGTERM would wait for the clients to leave.
            stop_signals=((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0)),
            death_signal=signal.SIGINT,
            environment=_environment(),
            account=self.account,
        )
        register(self.child)
        self._start_with_retries(self.child)
        return self.child

    def _start_with_retries(self, child: Child) -> None:
        """Retry for 15 seconds: after a kill, orphaned processes hold the shared memory for a second or two."""
        deadline = time.monotonic() + 15
        while True:
            child.start()
            try:
                child.wait_until(self._answers, seconds=60)
                return
            except StartFailed:
                child.kill()
                if time.monotonic() > deadline or not (self.data / "postmaster.pid").exists():
                    raise
            time.sleep(0.25)

    def _answers(self) -> bool:
        try:
            with closing(self.connect("postgres")):
                return True
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):  # libpq reports no code before a connection exists
                raise StartFailed(
                    f"The passwords of the database in {self.data} differ from keys.json: "
                    "restore that file from a backup."
                ) from error
            return False

    def connect(self, database: str) -> psycopg.Connection:
        """A connection as superuser, in autocommit."""
        return psycopg.connect(
            host=HOST,
            port=self.port,
            user=SUPERUSER,
            password=self._passwords[SUPERUSER],
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def url(self, role: str, database: str = DATABASE) -> str:
        """URL of a database for one of the two roles."""
        return f"postgresql://{role}:{quote(self._passwords[role], safe='')}@{HOST}:{self.port}/{database}"

    def _initialise(self) -> None:
        unfinished = self.data.with_name(self.data.name + ".unfinished")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o700)
        is_new = self.programs.major >= 17
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if is_new else ["--no-locale"]
        with tempfile.NamedTemporaryFile("w", prefix="desk-") as password:
            password.write(self._passwords[SUPERUSER])
            password.flush()
            if self.account is not None:
                os.chown(unfinished, self.account.pw_uid, self.account.pw_gid)
                os.fchown(password.fileno(), self.account.pw_uid, self.account.pw_gid)
            initdb = Child(
                name="initdb",
                command=[
                    str(self.programs.folder / "initdb"),
                    *("-D", str(unfinished), "-U", SUPERUSER, f"--pwfile={password.name}"),
                    *("-A", "scram-sha-256", "-E", "UTF8", *locale),
                ],
                log=self.log,
                environment=_environment(),
                account=self.account,
            )
            try:
                initdb.start()
                initdb.wait(120)
            finally:
                initdb.kill()
        if initdb.process is None or initdb.process.returncode != 0:
            raise StartFailed("PostgreSQL could not create its data directory", log=self.log)
        unfinished.rename(self.data)

    def prepare(self, *, for_tests: bool = False) -> None:
        """Create the two roles and the database, and grant their privileges. Idempotent.

        ``for_tests``: the owner may also create databases, and new databases have the same privileges.
        """
        with closing(self.connect("postgres")) as connection:
            for role in (OWNER, APP):
                _ensure_role(connection, role, self._passwords[role])
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(
                        sql.Identifier(DATABASE), sql.Identifier(OWNER)
                    )
                )
            if for_tests:
                connection.execute(sql.SQL("ALTER ROLE {} CREATEDB").format(sql.Identifier(OWNER)))
                # Lets a test act as the running role inside its own transaction. Never granted outside tests.
                connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(APP), sql.Identifier(OWNER)))
        for database in (DATABASE, "template1") if for_tests else (DATABASE,):
            with closing(self.connect(database)) as connection:
                grant_privileges(connection)


def grant_privileges(connection: psycopg.Connection) -> None:
    """Trigram search, no rights for PUBLIC, and the privileges of the running role on tables of one database."""
    names = {"owner": sql.Identifier(OWNER), "app": sql.Identifier(APP)}
    for statement in (
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE, CREATE ON SCHEMA public TO {owner}",
        "GRANT USAGE ON SCHEMA public TO {app}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public "
        "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {app}",
    ):
        connection.execute(sql.SQL(statement).format(**names))


def _ensure_role(connection: psycopg.Connection, role: str, password: str) -> None:
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    statement = "ALTER ROLE {} LOGIN PASSWORD {}" if exists else "CREATE ROLE {} LOGIN PASSWORD {}"
    rights = sql.SQL(" NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS")
    connection.execute(sql.SQL(statement).format(sql.Identifier(role), sql.Literal(password)) + rights)


def _environment() -> dict[str, str]:
    """Environment variables of the server: without secrets, and without a locale that it may not know."""
    passed = {name: os.environ[name] for name in ("PATH", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ}
    return {**passed, "LC_ALL": "C", "TZ": "UTC"}
