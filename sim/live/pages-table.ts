/** The table that the pages of the simulated company's helpdesk are made from: each customer with the latest ticket. */
import { PAGES_TABLE } from "../write/pages.ts";

/** Run by the owner of a filled support database. */
export const PAGES_TABLE_SQL = `
CREATE TABLE ${PAGES_TABLE} AS
SELECT c.id AS customer_id, c.name, c.email, c.phone, t.number, t.subject, t.body,
  'ends in ' || lpad((c.id % 10000)::text, 4, '0') AS card, (c.id % 7)::int AS orders, c.country
FROM support.customers c
LEFT JOIN LATERAL (SELECT number, subject, body FROM support.tickets WHERE customer_id = c.id ORDER BY id DESC LIMIT 1) t ON true;
ALTER TABLE ${PAGES_TABLE} ADD PRIMARY KEY (customer_id);
GRANT SELECT ON ${PAGES_TABLE} TO helpdesk_agent, helpdesk_read;
ANALYZE ${PAGES_TABLE};
`;
