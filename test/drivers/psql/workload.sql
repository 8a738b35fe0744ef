-- Run by psql -X, in both places. Every section leaves the database as it was.
\set VERBOSITY verbose
\set SHOW_ALL_RESULTS on
\pset null '(null)'
\echo == unprotected
SELECT 1 AS a, 'é' AS b, NULL::int, 1.5::numeric, '{1,2}'::int[], now() IS NULL;
SELECT * FROM support.products ORDER BY id;
SELECT 1; SELECT 2 \; SELECT 3;
TABLE support.teams;
\echo == a customer
SELECT * FROM support.customers WHERE id = 4711;
\x on
SELECT *, upper(name) AS loud FROM support.customers WHERE id = 4712;
\x off
\echo == a join
SELECT c.name, t.number, p.name AS product FROM support.customers c JOIN support.tickets t ON t.customer_id = c.id
  JOIN support.products p ON p.id = t.product_id WHERE c.id BETWEEN 4001 AND 4030 ORDER BY t.id;
\echo == gdesc
SELECT * FROM support.customers \gdesc
SELECT c.name, t.number, m.body, p.display_name FROM support.customers c JOIN support.tickets t ON t.customer_id = c.id
  LEFT JOIN support.messages m ON m.ticket_id = t.id LEFT JOIN support.people p ON p.id = c.id \gdesc
WITH x AS (SELECT * FROM support.tickets) SELECT x.*, 1 AS one FROM x LIMIT 1 \gdesc
SELECT count(*) FROM support.products \gdesc
UPDATE support.tickets SET status = 'open' WHERE id = -1 \gdesc
UPDATE support.tickets SET status = 'open' WHERE id = -1 RETURNING number, status \gdesc
SELECT 1 \gdesc
\echo == bind
SELECT id, name FROM support.customers WHERE id = $1 \bind 4711 \g
SELECT id, name FROM support.customers WHERE id = $1 \bind nope \g
\echo == gset, gexec, gx
SELECT name AS customer_name, id AS customer_id FROM support.customers WHERE id = 4711 \gset
\echo :customer_name :customer_id
SELECT format('SELECT %L AS product', name) FROM support.products ORDER BY id LIMIT 3 \gexec
SELECT name, phone FROM support.customers WHERE id = 4711 \gx
\echo == crosstabview
SELECT c.id, t.status, t.number FROM support.customers c JOIN support.tickets t ON t.customer_id = c.id
  WHERE t.id IN (SELECT generate_series(1, 0)) OR c.id = 4711 ORDER BY t.id LIMIT 1 \crosstabview id status number
\echo == fetch count
\set FETCH_COUNT 7
SELECT id, name FROM support.customers WHERE id < 4031 ORDER BY id;
SELECT id, name FROM support.products ORDER BY id;
SELECT 1/(id - 4003) FROM support.customers ORDER BY id;
\unset FETCH_COUNT
\echo == copy out
\copy support.products TO STDOUT
\copy (SELECT id, name, phone FROM support.customers WHERE id < 4010 ORDER BY id) TO STDOUT WITH (FORMAT csv, HEADER)
COPY (SELECT id, name, phone FROM support.customers WHERE id < 4010 ORDER BY id) TO STDOUT;
COPY support.customers (id, email) TO STDOUT (FORMAT csv, DELIMITER ';');
\echo == copy in, and a row that may not be
BEGIN;
COPY support.notes (id, external_id, author, body, at) FROM STDIN;
900001	caller-1	agent	hello\tworld	2026-01-01 00:00:00+00
900002	caller-1	agent	\N	2026-01-01 00:00:00+00
\.
ROLLBACK;
\echo == copy in, continued
BEGIN;
COPY support.notes (id, external_id, author, body, at) FROM STDIN CSV;
900001,caller-1,agent,"hello, world",2026-01-01 00:00:00+00
\.
SELECT id, external_id, body FROM support.notes WHERE id = 900001;
ROLLBACK;
CREATE TEMP TABLE mine (a int, b text);
COPY mine FROM STDIN;
1	one
2	two
\.
COPY mine FROM STDIN;
x	one
\.
SELECT * FROM mine ORDER BY a;
DROP TABLE mine;
\echo == writes
BEGIN;
UPDATE support.tickets SET status = 'closed' WHERE customer_id = 4711;
UPDATE support.tickets SET status = 'open' WHERE customer_id = 4711 RETURNING id, status;
INSERT INTO support.notes (id, external_id, author, body, at) VALUES (900001, 'caller-1', 'agent', 'hello', '2026-01-01') RETURNING *;
DELETE FROM support.notes WHERE id = 900001;
ROLLBACK;
\echo == transactions
BEGIN;
SAVEPOINT a;
SELECT 1/0;
SELECT name FROM support.customers;
ROLLBACK TO a;
SELECT name FROM support.customers WHERE id = 4711;
COMMIT;
BEGIN;
SELECT 1/0;
COMMIT;
COMMIT;
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT 1/0;
SELECT name FROM support.customers WHERE id = 4712;
COMMIT;
\unset ON_ERROR_ROLLBACK
\echo == cursors
BEGIN;
DECLARE c CURSOR FOR SELECT id, name FROM support.customers ORDER BY id;
FETCH 3 FROM c;
FETCH FORWARD 2 FROM c;
FETCH 1 FROM c \gdesc
CLOSE c;
FETCH 1 FROM c;
ROLLBACK;
\echo == prepared
PREPARE q (bigint) AS SELECT name, email FROM support.customers WHERE id = $1;
EXECUTE q (4711);
EXECUTE q ('nope');
EXECUTE q (4711) \gdesc
DEALLOCATE q;
EXECUTE q (4711);
\echo == errors
SELECT nope FROM support.customers;
SELECT * FROM support.nothing;
SELEC 1;
SELECT 1 +;
SELECT name FROM support.customers WHERE id = 'x';
SELECT * FROM support.products WHERE id = 'x';
INSERT INTO support.products VALUES (1, NULL, NULL);
\errverbose
\echo == a function nobody knows
SELECT nope(1);
\echo == an unknown column of an alias
SELECT 'é', c.nope FROM support.customers c;
\echo == DO
DO $$ BEGIN RAISE NOTICE 'seen'; END $$;
\echo == hidden in errors
UPDATE support.customers SET email = (SELECT 'x') WHERE id = 4711 AND email::int = 1;
\echo == listen and notify
LISTEN news;
NOTIFY news, 'hello';
SELECT pg_notify('news', 'again');
UNLISTEN *;
\echo == settings
SHOW search_path;
SET search_path = support, public;
SELECT name FROM customers WHERE id = 4713;
SELECT name FROM products WHERE id = 1;
RESET search_path;
SET DateStyle = 'German';
SELECT created_at FROM support.customers WHERE id = 4711;
RESET DateStyle;
SET client_encoding = 'LATIN1';
SELECT name FROM support.customers WHERE id BETWEEN 4001 AND 4010 ORDER BY id;
RESET client_encoding;
SET TimeZone = 'Asia/Tokyo';
SELECT created_at FROM support.customers WHERE id = 4711;
RESET TimeZone;
SELECT current_user, current_setting('role'), current_database() = :'DBNAME';
\echo == describe tables
\d
\dt support.*
\dt+ support.products
\d support.customers
\d+ support.tickets
\d support.products_pkey
\di support.*
\ds support.*
\dn
\dv support.*
\echo == describe the rest
\df support.*
\df pg_catalog.upper
\dT pg_catalog.int4
\du helpdesk_app
\dp support.customers
\dx
\l whosaw_nothing
\dC integer
\do pg_catalog.=
\dD support.*
\sf pg_catalog.upper(text)
\dconfig work_mem
\dRp
\echo == explain of public tables
EXPLAIN (COSTS OFF) SELECT * FROM support.products WHERE id = 1;
\echo == explain of protected tables
EXPLAIN (COSTS OFF) SELECT * FROM support.customers WHERE id = 4711;
\echo == an unclassified table
SELECT count(*) FROM support.outbox;
\echo == SET ROLE
SET ROLE whosaw_gw;
RESET ROLE;
\echo == the end
SELECT name FROM support.customers WHERE id = 4711;
