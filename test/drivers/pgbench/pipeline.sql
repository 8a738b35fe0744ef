\set id random(4001, 4800)
\startpipeline
SELECT name, email FROM support.customers WHERE id = :id;
SELECT number FROM support.tickets WHERE customer_id = :id;
SELECT name FROM support.products WHERE id = 1;
UPDATE support.tickets SET status = status WHERE customer_id = :id;
\endpipeline
