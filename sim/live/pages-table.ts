/** The table that the pages of the simulated company's helpdesk are made from: each customer with the latest ticket. */
import type pg from "pg";
import type { NamedStrata } from "../write/history-columns.ts";
import { keyOfSubject } from "../write/history.ts";
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

const CUSTOMERS_PER_STATEMENT = 10_000;

/** Gives customers the country, language and segment that the company knows them by. @param client the owner's */
export async function setStrata(
  client: pg.Client,
  customers: number,
  { values, stratumOf }: NamedStrata,
): Promise<void> {
  for (let from = 0; from < customers; from += CUSTOMERS_PER_STATEMENT) {
    const subjects = Array.from({ length: Math.min(CUSTOMERS_PER_STATEMENT, customers - from) }, (_, n) => from + n);
    const of = subjects.map((subject) => values[stratumOf(subject)] ?? []);
    await client.query(
      `UPDATE support.customers c SET country = v.country, language = v.language, segment = v.segment
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS v (id, country, language, segment) WHERE c.id = v.id`,
      [
        subjects.map(keyOfSubject),
        of.map(([country]) => country),
        of.map(([, language]) => language),
        of.map((all) => all[2]),
      ],
    );
  }
}
