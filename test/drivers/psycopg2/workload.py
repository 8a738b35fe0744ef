"""Everything that psycopg2 offers, printed as it comes. Where to connect to comes from the environment."""

import io
import json
import select
import sys
import threading

import psycopg2
import psycopg2.errors
import psycopg2.extras


def section(name):
    print("== " + name)


def show(cursor):
    """Description, rows and status of what was executed last."""
    if cursor.description is not None:
        print([(c.name, c.type_code, c.internal_size, c.table_oid is not None, c.table_column) for c in cursor.description])
        for row in cursor:
            print(row)
    print(cursor.statusmessage, cursor.rowcount)


def attempt(connection, sql, parameters=None):
    """Executes, and prints the error with every field that libpq has."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(sql, parameters)
            show(cursor)
        except psycopg2.Error as error:
            print(type(error).__name__, error.pgcode, json.dumps(error.pgerror))
            fields = {name: getattr(error.diag, name) for name in dir(error.diag) if not name.startswith("_")}
            # The line in the server's source, and what the two places call the reason for a refusal.
            for name in ("source_line", "source_file", "source_function"):
                fields.pop(name)
            print(json.dumps(fields, sort_keys=True))
            connection.rollback()


def types(connection):
    section("types")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1::int2, 2::int4, 3::int8, 1.5::float4, 2.5::float8, 1.10::numeric, true, NULL")
        show(cursor)
        cursor.execute("SELECT 'é'::text, 'x'::char(3), 'y'::varchar, '\\x00ff'::bytea, 'a'::\"char\", '{1,NULL,3}'::int[], '{a,b}'::text[]")
        print(cursor.description)
        print([bytes(v) if isinstance(v, memoryview) else v for v in cursor.fetchone()])
        cursor.execute("SELECT '2026-01-02'::date, '03:04:05.678'::time, '2026-01-02 03:04:05+02'::timestamptz, '1 day 2 hours'::interval")
        show(cursor)
        cursor.execute("SELECT '{\"a\": [1, null]}'::jsonb, '{}'::json, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, '127.0.0.1/8'::inet, '[1,5)'::int4range")
        show(cursor)
        values = (1, 2.5, "it's", None, True, [1, 2], ["a", None], b"\x00\xff", {"a": 1})
        adapted = values[:-1] + (psycopg2.extras.Json(values[-1]),)
        cursor.execute("SELECT %s, %s, %s, %s, %s, %s, %s, %s::bytea = %s, %s::jsonb", adapted[:8] + adapted[7:])
        show(cursor)


def protected_tables(connection):
    section("protected tables")
    attempt(connection, "SELECT * FROM support.customers WHERE id = %s", (4711,))
    attempt(connection, "SELECT c.name, t.number FROM support.customers c JOIN support.tickets t ON t.customer_id = c.id WHERE c.id BETWEEN %(a)s AND %(b)s ORDER BY t.id", {"a": 4001, "b": 4020})
    attempt(connection, "SELECT id, display_name FROM support.people ORDER BY id LIMIT 12")
    attempt(connection, "SELECT * FROM support.customers WHERE id = ANY(%s) ORDER BY id", ([4001, 4002],))
    attempt(connection, "SELECT name, 1 FROM support.customers WHERE false")
    for factory in (psycopg2.extras.DictCursor, psycopg2.extras.RealDictCursor, psycopg2.extras.NamedTupleCursor):
        with connection.cursor(cursor_factory=factory) as cursor:
            cursor.execute("SELECT id, name AS \"the name\", phone FROM support.customers WHERE id < 4004 ORDER BY id")
            for row in cursor:
                print(factory.__name__, row, len(row))
    connection.rollback()


def server_side_cursors(connection):
    section("server-side cursors")
    for hold in (False, True):
        with connection.cursor("named", withhold=hold) as cursor:
            cursor.itersize = 7
            cursor.execute("SELECT id, name FROM support.customers WHERE id < %s ORDER BY id", (4031,))
            print(cursor.fetchone(), cursor.fetchmany(3), cursor.description)
            if hold:
                connection.commit()
            print([row[0] for row in cursor], cursor.rowcount, cursor.description)
        connection.rollback()
    with connection.cursor("public", scrollable=True) as cursor:
        cursor.execute("SELECT id FROM support.products ORDER BY id")
        print(cursor.fetchmany(2))
        cursor.scroll(-1)
        print(cursor.fetchone())
    connection.rollback()


def scrolling_back(connection):
    section("scrolling back over protected rows")
    with connection.cursor("scroller", scrollable=True) as cursor:
        try:
            cursor.execute("SELECT id FROM support.customers ORDER BY id")
            print(cursor.fetchmany(2))
            cursor.scroll(-1)
            print(cursor.fetchone())
        except psycopg2.Error as error:
            print(error.pgcode, error.pgerror)
    connection.rollback()


def writing(connection):
    section("writing")
    attempt(connection, "UPDATE support.tickets SET status = 'closed' WHERE customer_id = 4711")
    attempt(connection, "UPDATE support.tickets SET status = 'open' WHERE customer_id = 4711 RETURNING id, status")
    attempt(connection, "INSERT INTO support.notes (id, external_id, author, body, at) VALUES (%s, %s, %s, %s, %s) RETURNING id, body", (900001, "c", "a", "b", "2026-01-01"))
    with connection.cursor() as cursor:
        psycopg2.extras.execute_values(cursor, "INSERT INTO support.notes (id, external_id, author, body, at) VALUES %s RETURNING id", [(900002, "c", "a", "b", "2026-01-01"), (900003, "c", "a", "b", "2026-01-01")])
        show(cursor)
        psycopg2.extras.execute_batch(cursor, "UPDATE support.notes SET body = %s WHERE id = %s", [("x", 900001), ("y", 900002)])
        show(cursor)
        cursor.executemany("DELETE FROM support.notes WHERE id = %s", [(900001,), (900002,), (900003,)])
        print(cursor.rowcount)
    connection.rollback()


def transactions(connection):
    section("transactions")
    with connection.cursor() as cursor:
        print(connection.get_transaction_status(), connection.info.transaction_status)
        cursor.execute("SELECT name FROM support.customers WHERE id = 4711")
        print(connection.get_transaction_status())
        cursor.execute("SAVEPOINT a")
    attempt(connection, "SELECT 1/0")
    with connection:
        attempt(connection, "SELECT name FROM support.customers WHERE id = 4712")
    print(connection.get_transaction_status())
    connection.set_session(isolation_level="SERIALIZABLE", readonly=True, deferrable=True)
    attempt(connection, "SHOW transaction_isolation")
    attempt(connection, "UPDATE support.tickets SET status = 'open' WHERE id = -1")
    connection.set_session(isolation_level="DEFAULT", readonly=False, deferrable=False)
    connection.autocommit = True
    attempt(connection, "SELECT name FROM support.customers WHERE id = 4711")
    print(connection.get_transaction_status())
    connection.autocommit = False


def two_phase(connection):
    section("two-phase commit")
    connection.tpc_begin(connection.xid(1, "a", "b"))
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.tpc_prepare()
    except psycopg2.Error as error:
        print(error.pgcode, error.pgerror)
    connection.reset()


def copying(connection):
    section("copying")
    with connection.cursor() as cursor:
        out = io.StringIO()
        cursor.copy_expert("COPY (SELECT id, name, phone FROM support.customers WHERE id < 4010 ORDER BY id) TO STDOUT WITH CSV HEADER", out)
        print(out.getvalue(), cursor.rowcount, cursor.statusmessage)
        raw = io.BytesIO()
        cursor.copy_expert("COPY (SELECT id, name FROM support.customers WHERE id < 4005 ORDER BY id) TO STDOUT (FORMAT binary)", raw)
        print(raw.getvalue())
        out = io.StringIO()
        cursor.copy_expert("COPY support.products TO STDOUT", out)
        print(out.getvalue(), cursor.rowcount)
        cursor.execute("CREATE TEMP TABLE mine (a int, b text)")
        cursor.copy_from(io.StringIO("1\tone\n2\t\\N\n"), "mine")
        print(cursor.rowcount)
        out = io.StringIO()
        cursor.copy_to(out, "mine")
        print(out.getvalue())
        try:
            cursor.copy_from(io.StringIO("x\tone\n"), "mine")
        except psycopg2.Error as error:
            print(error.pgcode, error.pgerror)
    connection.rollback()


def notices_and_notifications(connection):
    section("notices and notifications")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE noticed (a int)")
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS noticed (a int)")
        cursor.execute("LISTEN news")
        cursor.execute("NOTIFY news, 'hello'")
        cursor.execute("SELECT pg_notify('news', 'again')")
        if len(connection.notifies) < 2:
            select.select([connection], [], [], 5)
            connection.poll()
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    print(connection.notices)
    print([(n.channel, n.payload, n.pid == pid) for n in connection.notifies])
    print(pid == connection.info.backend_pid, pid == connection.get_backend_pid())
    connection.autocommit = False


def errors(connection):
    section("errors")
    for sql in (
        "SELECT nope FROM support.customers",
        "SELECT * FROM support.nothing",
        "SELEC 1",
        "SELECT name FROM support.customers WHERE id = 'é'",
        "SELECT 1/0",
        "SELECT 1 +",
        "INSERT INTO support.products VALUES (1, NULL, NULL)",
        "INSERT INTO support.teams VALUES (1, 'again')",
        "SELECT 'é', id FROM support.products WHERE nope = 1",
        "FETCH 1 FROM nothing",
        "EXECUTE nothing",
        "",
        "  -- nothing",
    ):
        attempt(connection, sql)


def hidden_values(connection):
    section("hidden values")
    attempt(connection, "UPDATE support.customers SET email = 'x' WHERE email::int = 1")


def duplicate_key(connection):
    section("duplicate key of a protected table")
    attempt(connection, "INSERT INTO support.customers (id, name, email, country, language, segment, created_at) VALUES (4711, 'n', 'e@example.org', 'AU', 'en', 'consumer', '2026-01-01')")


def refusals(connection):
    section("another role")
    attempt(connection, "SET ROLE whosaw_gw")
    connection.rollback()
    section("an unclassified table")
    attempt(connection, "SELECT count(*) FROM support.outbox")


def cancelling(connection):
    section("cancelling")
    over = threading.Event()

    def cancel_until_over():
        # A request that comes before the statement runs is lost, and nobody says when it does: once more, then.
        while not over.wait(0.05):
            connection.cancel()

    canceller = threading.Thread(target=cancel_until_over)
    with connection.cursor() as cursor:
        canceller.start()
        try:
            cursor.execute("SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b")
        except psycopg2.errors.QueryCanceled as error:
            print(error.pgcode, error.pgerror)
        finally:
            over.set()
            canceller.join()
    connection.rollback()
    attempt(connection, "SET LOCAL statement_timeout = 200")
    attempt(connection, "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b")
    connection.rollback()
    attempt(connection, "SELECT name FROM support.customers WHERE id = 4711")


def encodings(connection):
    section("encodings")
    for encoding in ("LATIN1", "UTF8"):
        connection.set_client_encoding(encoding)
        attempt(connection, "SELECT id, name FROM support.customers WHERE id BETWEEN 4001 AND 4040 ORDER BY id")
        attempt(connection, "SELECT name FROM support.customers WHERE id IN (4001, 4711) AND 'é' <> name ORDER BY id")
    print(connection.encoding, connection.info.parameter_status("server_version"), connection.info.parameter_status("TimeZone"), connection.info.protocol_version, connection.info.server_version)


def large_results(connection):
    section("large results")
    with connection.cursor() as cursor:
        cursor.execute("SELECT g, repeat('x', 100) FROM generate_series(1, 20000) g")
        print(sum(len(row[1]) for row in cursor))
        cursor.execute("SELECT t.id, c.name, m.body FROM support.customers c JOIN support.tickets t ON t.customer_id = c.id JOIN support.messages m ON m.ticket_id = t.id ORDER BY m.id")
        print(cursor.rowcount, hash_of(cursor))
    connection.rollback()


def hash_of(rows):
    import hashlib

    digest = hashlib.sha256()
    for row in rows:
        digest.update(repr(row).encode())
    return digest.hexdigest()


def idle_in_transaction(connection):
    section("the server ends an idle transaction")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 200")
        select.select([connection], [], [], 20)
        try:
            cursor.execute("SELECT 1")
        except psycopg2.Error as error:
            print(type(error).__name__, error.pgcode, error.pgerror, str(error))
    print(connection.closed)


def main():
    sys.stdout.reconfigure(encoding="utf-8", line_buffering=True)
    connection = psycopg2.connect("")
    for part in (
        types,
        protected_tables,
        server_side_cursors,
        scrolling_back,
        writing,
        transactions,
        two_phase,
        copying,
        notices_and_notifications,
        errors,
        hidden_values,
        duplicate_key,
        refusals,
        cancelling,
        encodings,
        large_results,
        idle_in_transaction,
    ):
        part(connection)


main()
