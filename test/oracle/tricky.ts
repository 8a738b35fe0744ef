/** Statements in which keys, rows and columns go separate ways. Planned or refused, but never unsound. One a line. */
import type { Statement } from "./generate.ts";

const QUERIES = `
SELECT name FROM teams WHERE id = (SELECT balance FROM customers ORDER BY id LIMIT 1)
SELECT name FROM teams WHERE id IN (SELECT balance FROM customers)
SELECT name FROM teams WHERE id NOT IN (SELECT balance FROM customers)
SELECT name FROM teams WHERE id = ANY (SELECT balance FROM customers WHERE country = 'de')
SELECT name FROM teams WHERE id <> ALL (SELECT balance FROM customers)
SELECT name FROM teams t WHERE EXISTS (SELECT 1 FROM customers c WHERE c.balance = t.id)
SELECT name FROM teams t WHERE NOT EXISTS (SELECT 1 FROM customers c WHERE c.balance = t.id)
SELECT name FROM teams t WHERE EXISTS (SELECT 1 FROM customers c WHERE c.balance = t.id) OR id = 1
SELECT name FROM teams t WHERE NOT (EXISTS (SELECT 1 FROM customers c WHERE c.balance = t.id) AND id > 1)
SELECT name, EXISTS (SELECT 1 FROM customers c WHERE c.balance = t.id) FROM teams t
SELECT name, (SELECT count(*) FROM customers c WHERE c.balance = t.id) FROM teams t
SELECT name, (SELECT max(c.email) FROM customers c JOIN tickets k ON k.customer_id = c.id WHERE c.balance = t.id) FROM teams t
SELECT name FROM customers WHERE balance = (SELECT max(balance) FROM customers)
SELECT name FROM customers c WHERE balance > (SELECT avg(balance) FROM customers d WHERE d.country = c.country)
SELECT name FROM customers c WHERE 1 < (SELECT count(*) FROM tickets t WHERE t.customer_id = c.id)
SELECT number FROM tickets WHERE customer_id IN (SELECT id FROM customers WHERE balance = 2)
SELECT number FROM tickets WHERE (customer_id, status) IN (SELECT id, 'open' FROM customers)
SELECT name FROM customers ORDER BY (SELECT count(*) FROM tickets t WHERE t.customer_id = customers.id), id
SELECT name FROM teams ORDER BY (SELECT count(*) FROM customers c WHERE c.balance = teams.id), id
SELECT CASE WHEN EXISTS (SELECT 1 FROM customers WHERE balance = 3) THEN 'yes' ELSE 'no' END
SELECT CASE WHEN id = 1 THEN (SELECT min(email) FROM customers) ELSE 'x' END FROM teams
SELECT coalesce((SELECT phone FROM customers WHERE phone IS NOT NULL ORDER BY id LIMIT 1), 'none')
SELECT ARRAY(SELECT email FROM customers ORDER BY id)
SELECT name FROM teams WHERE name IN ('team 1', (SELECT min(name) FROM customers))
SELECT t.name FROM teams t JOIN products p ON p.id = (SELECT min(balance) FROM customers WHERE balance > 0)
SELECT t.name FROM teams t LEFT JOIN products p ON p.id = t.id AND EXISTS (SELECT 1 FROM customers WHERE balance = t.id)
SELECT x.n FROM (SELECT (SELECT count(*) FROM customers) AS n) x
SELECT x.n FROM (SELECT name, (SELECT count(*) FROM customers WHERE balance = t.id) AS n FROM teams t) x WHERE x.n > 1
SELECT x.name FROM (SELECT name, (SELECT count(*) FROM customers WHERE balance = t.id) AS n FROM teams t) x
WITH w AS (SELECT max(balance) AS m FROM customers) SELECT t.name FROM teams t, w WHERE t.id = w.m
WITH w AS (SELECT country, count(*) AS n FROM customers GROUP BY country) SELECT country FROM w WHERE n > 3
WITH w AS (SELECT count(*) AS n FROM customers) SELECT name FROM teams
WITH w AS (SELECT id FROM customers WHERE balance = 2) SELECT number FROM tickets WHERE customer_id IN (SELECT id FROM w)
WITH w AS (SELECT id FROM customers WHERE balance = 2) SELECT count(*) FROM teams WHERE EXISTS (SELECT 1 FROM w)
SELECT count(*) FROM customers c LEFT JOIN tickets t ON t.customer_id = c.id
SELECT count(t.id) FROM customers c LEFT JOIN tickets t ON t.customer_id = c.id
SELECT c.country, count(t.id) FROM customers c LEFT JOIN tickets t ON t.customer_id = c.id GROUP BY c.country ORDER BY 1
SELECT p.name, count(t.id) FROM products p LEFT JOIN tickets t ON t.product_id = p.id GROUP BY p.name
SELECT p.name, count(*) FROM products p LEFT JOIN tickets t ON t.product_id = p.id AND t.status = 'open' GROUP BY p.id
SELECT p.id, p.name, max(t.number) FROM products p JOIN tickets t ON t.product_id = p.id GROUP BY p.id
SELECT balance FROM customers GROUP BY balance
SELECT balance, country FROM customers GROUP BY 1, 2 ORDER BY 1, 2
SELECT balance > 1, count(*) FROM customers GROUP BY balance > 1
SELECT country, count(*) FILTER (WHERE balance > 1) FROM customers GROUP BY country
SELECT count(*) FILTER (WHERE phone IS NULL), count(phone) FROM customers
SELECT count(DISTINCT balance), sum(DISTINCT balance) FROM customers
SELECT string_agg(email, ',' ORDER BY id) FROM customers WHERE balance > 1
SELECT min(email), max(email) FROM customers WHERE country = 'de'
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY balance) FROM customers
SELECT country, balance, count(*) FROM customers GROUP BY GROUPING SETS ((country), (balance), ())
SELECT country, grouping(country), count(*) FROM customers GROUP BY CUBE (country)
SELECT country FROM customers GROUP BY country HAVING count(*) > 4
SELECT max(n) FROM (SELECT count(*) AS n FROM customers GROUP BY balance) x
SELECT sum(n) FROM (SELECT count(*) AS n FROM customers GROUP BY balance HAVING count(*) > 2) x
SELECT x.country FROM (SELECT country, max(balance) AS m FROM customers GROUP BY country) x WHERE x.m > 2
SELECT country FROM (SELECT country, max(balance) AS m FROM customers GROUP BY country) x ORDER BY m, country LIMIT 1
SELECT count(*) FROM (SELECT 1 FROM customers ORDER BY id LIMIT 3) x
SELECT count(*) FROM (SELECT DISTINCT country FROM customers) x
SELECT count(*) FROM (SELECT id FROM customers UNION ALL SELECT customer_id FROM tickets) x
SELECT count(*) FROM group_tickets
SELECT channel, count(*) FROM group_tickets GROUP BY channel
SELECT count(*) FROM people
SELECT team_id, count(*) FROM people GROUP BY team_id
SELECT is_staff, max(display_name) FROM people GROUP BY is_staff
SELECT author, count(*) FROM messages GROUP BY author
SELECT author, count(*), min(body) FROM notes GROUP BY author
SELECT author, external_id FROM notes GROUP BY external_id, author
SELECT bool_and(balance < 9), every(balance >= 0) FROM customers
SELECT (SELECT count(*) FROM tickets) + (SELECT count(*) FROM messages)
SELECT jsonb_agg(c) FROM customers c WHERE balance = 1
SELECT json_agg(json_build_object('n', name, 'm', (SELECT count(*) FROM tickets t WHERE t.customer_id = c.id))) FROM customers c
SELECT row_number() OVER (ORDER BY t.id), t.name FROM teams t WHERE EXISTS (SELECT 1 FROM customers)
SELECT DISTINCT t.name FROM teams t JOIN customers c ON c.balance = t.id
SELECT DISTINCT c.id, t.status FROM customers c JOIN tickets t ON t.customer_id = c.id
SELECT DISTINCT c.id, c.name, t.customer_id FROM customers c LEFT JOIN tickets t ON t.customer_id = c.id
SELECT DISTINCT ON (t.id) t.name, c.id FROM teams t LEFT JOIN customers c ON c.balance = t.id ORDER BY t.id, c.id
SELECT t.name, x.n FROM teams t LEFT JOIN LATERAL (SELECT count(*) AS n FROM customers c WHERE c.balance = t.id) x ON true
SELECT t.name FROM teams t LEFT JOIN LATERAL (SELECT count(*) AS n FROM customers c WHERE c.balance = t.id) x ON x.n > 2
SELECT t.name FROM teams t LEFT JOIN (SELECT balance, count(*) AS n FROM customers GROUP BY balance) x ON x.balance = t.id WHERE x.n IS NULL
SELECT t.name, x.n FROM teams t LEFT JOIN (SELECT balance, count(*) AS n FROM customers GROUP BY balance) x ON x.balance = t.id
SELECT t.name FROM teams t FULL JOIN (SELECT balance, max(name) AS m FROM customers GROUP BY balance) x ON x.balance = t.id
SELECT a.name FROM customers a LEFT JOIN (SELECT id, 'x' AS x FROM people WHERE is_staff) b ON b.id = a.id WHERE b.x IS NULL
SELECT name FROM customers UNION ALL SELECT max(number) FROM tickets
SELECT count(*) FROM customers UNION ALL SELECT count(*) FROM tickets
SELECT name FROM teams UNION ALL SELECT name FROM teams WHERE EXISTS (SELECT 1 FROM customers WHERE balance = 3)
(SELECT name, id FROM customers ORDER BY id LIMIT 2) UNION ALL (SELECT number, id FROM tickets ORDER BY id LIMIT 2)
SELECT * FROM (SELECT name, id FROM customers UNION ALL SELECT name, id FROM teams) x ORDER BY id LIMIT 4
SELECT e.v FROM customers c CROSS JOIN LATERAL (VALUES (c.email), (c.phone)) e(v)
SELECT e FROM customers c, unnest(ARRAY[c.email, c.phone]) e
SELECT r, g.subject FROM group_tickets g, unnest(g.requestors) r
SELECT c.name, g.subject FROM customers c JOIN group_tickets g ON c.id = ANY (g.requestors)
SELECT c.name FROM customers c WHERE c.id = ANY (SELECT unnest(requestors) FROM group_tickets)
SELECT (c).email, (c).phone FROM customers c
SELECT c.email IS DISTINCT FROM c.phone FROM customers c
SELECT id, generate_series(1, balance) FROM customers
SELECT generate_series(1, (SELECT max(balance) FROM customers))
SELECT * FROM generate_series(1, (SELECT count(*) FROM customers WHERE balance = 1)) g
SELECT name FROM teams LIMIT (SELECT min(balance) + 1 FROM customers)
SELECT name FROM customers WHERE false
SELECT 1 FROM customers WHERE balance = 3 ORDER BY 1 LIMIT 0
VALUES ((SELECT count(*) FROM customers)), ((SELECT count(*) FROM tickets))
SELECT v.n FROM (VALUES ((SELECT max(name) FROM customers))) v(n)
SELECT t.*, (SELECT c.name FROM customers c WHERE c.id = t.customer_id) FROM tickets t WHERE t.status = 'open'
SELECT (SELECT (SELECT c.email) FROM teams WHERE id = 1) FROM customers c
SELECT (SELECT max(c.balance) FROM teams) FROM customers c
SELECT name FROM customers c WHERE EXISTS (SELECT 1 FROM teams t WHERE t.id = c.balance)
SELECT name FROM customers c WHERE EXISTS (SELECT 1 FROM tickets t WHERE t.customer_id = c.id AND EXISTS (SELECT 1 FROM messages m WHERE m.ticket_id = t.id))
SELECT name FROM customers c WHERE NOT EXISTS (SELECT 1 FROM tickets t WHERE customer_id = c.id AND NOT EXISTS (SELECT 1 FROM messages WHERE ticket_id = t.id))
SELECT name FROM products WHERE id = (SELECT product_id FROM tickets WHERE number > 'tk5' ORDER BY id LIMIT 1)
SELECT name FROM teams WHERE (SELECT bool_or(balance = 3) FROM customers)
SELECT name FROM teams WHERE (SELECT count(*) FROM customers WHERE balance = teams.id) BETWEEN 1 AND 3
SELECT name FROM customers c NATURAL JOIN (SELECT id FROM people) p
SELECT (SELECT name FROM customers WHERE id = p.id) FROM people p
SELECT p.display_name, (SELECT count(*) FROM tickets t WHERE t.customer_id = p.id) FROM people p WHERE NOT p.is_staff
UPDATE customers SET balance = 5 WHERE id IN (SELECT customer_id FROM tickets) RETURNING id
UPDATE customers SET balance = (SELECT count(*) FROM teams) WHERE balance = 1 RETURNING id
DELETE FROM notes WHERE EXISTS (SELECT 1 FROM teams WHERE teams.name = notes.author) RETURNING id
DELETE FROM messages m USING tickets t WHERE t.id = m.ticket_id AND t.status = 'open' RETURNING m.body, t.number
INSERT INTO notes SELECT 900 + id, name, 'b', 'ann' FROM teams RETURNING external_id
INSERT INTO people SELECT 900 + id, id = 1, name, 1 FROM teams RETURNING display_name
`;

export const TRICKY: readonly Statement[] = QUERIES.trim()
  .split("\n")
  .map((sql) => ({ construct: "tricky", sql, ordered: false }));
