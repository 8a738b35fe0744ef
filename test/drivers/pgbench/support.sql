\set id random(4001, 4800)
\set product random(1, 4)
SELECT name, email FROM support.customers WHERE id = :id;
BEGIN;
SELECT t.number, m.body FROM support.tickets t LEFT JOIN support.messages m ON m.ticket_id = t.id WHERE t.customer_id = :id;
UPDATE support.tickets SET status = 'open' WHERE customer_id = :id;
SELECT count(*) AS tickets FROM support.tickets WHERE customer_id = :id \gset
SELECT name FROM support.products WHERE id = :product;
ROLLBACK;
