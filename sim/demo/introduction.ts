/** What runs where, and lines to try. */
import type { EmbeddedPostgres } from "../embedded-postgres.ts";
import { FIRST_CUSTOMER } from "../support-database/first-customer.ts";
import { ROSTER, SERVICE_ACCOUNT, VISITOR } from "../staff/roster.ts";
import { SHOWN_CLI } from "./cli.ts";
import type { Options } from "./options.ts";
import type { Ready } from "./serving.ts";
import type { SignIns } from "./sign-ins.ts";

export interface Introduction {
  readonly database: EmbeddedPostgres;
  readonly databaseName: string;
  readonly folder: string;
  /** Path of whosaw.yaml. */
  readonly config: string;
  readonly signIns: SignIns;
  readonly ready: Ready;
  readonly options: Options;
  readonly startedInMs: number;
}

const KNOWN_CUSTOMER = 4711;
const WATCHED = "hana";

export function introduction(demo: Introduction): string {
  const { database, folder, config, signIns, ready, options } = demo;
  const last = FIRST_CUSTOMER + options.customers - 1;
  const customer = Math.min(KNOWN_CUSTOMER, last);
  const anonymous = ROSTER.filter(({ tool }) => tool === "helpdesk").length;
  const psql = (sql: string): string =>
    `psql "postgres://${VISITOR}:${signIns.get(VISITOR)}@${ready.postgres}/${demo.databaseName}" -c "${sql}"`;
  return `
Ready after ${Math.round(demo.startedInMs / 1000)} s. The demo runs until you press Ctrl-C, which leaves nothing of it.

  PostgreSQL ${database.version}   ${database.host}:${database.port}, ${options.customers} invented customers, numbers ${FIRST_CUSTOMER} to ${last}
  Gateway         ${ready.postgres}
  Control plane   http://${ready.http}/health and /metrics
  Folder          ${folder}, with whosaw.yaml and the ledger
  Staff           ${ROSTER.length} simulated people at work, ${anonymous} of them behind the application's account ${SERVICE_ACCOUNT}

Try these in another terminal, in this folder.

1. Read a customer, as ${VISITOR}:

   ${psql(`select name, email, phone from support.customers where id = ${customer}`)}

2. Ask who has seen that customer; what you just read is in the answer:

   ${SHOWN_CLI} who-saw customer ${customer} --config ${config}

3. Ask whom one of the staff has seen so far:

   ${SHOWN_CLI} seen-by ${WATCHED} --config ${config}

4. Count whom they saw, by country and language too, and which fields; whatever that may be more by is said:

   ${SHOWN_CLI} scope --actor ${WATCHED} --config ${config}

5. Make sure that nobody has changed the record:

   ${SHOWN_CLI} verify ${ready.ledger} --vkey ${ready.vkey} --witness ${ready.witness}

6. Look for ways around the gateway; this demo has some on purpose:

   ${SHOWN_CLI} doctor --config ${config}

7. Try a table that nobody has classified; it is refused, with what to do instead:

   ${psql("select * from support.outbox")}
`;
}
