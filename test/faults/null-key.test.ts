/** A row that belongs to nobody, in a table that does not allow for it, does not leave; nor does what follows it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeBind } from "../../src/wire/messages/bind.ts";
import { SYNC } from "../../src/wire/messages/empty.ts";
import { encodeExecute } from "../../src/wire/messages/execute.ts";
import { encodeParse } from "../../src/wire/messages/parse.ts";
import { encodeQuery } from "../../src/wire/messages/query.ts";
import { recordedStatements } from "../e2e/recorded.ts";
import { startTestGateway, type TestGateway } from "../rig/gateway.ts";
import { type SupportDatabase, supportDatabase } from "../rig/shared.ts";
import { RawClient } from "../rig/raw-client.ts";

const TOKEN = "token-of-nobody";
let database: SupportDatabase;
let gateway: TestGateway;

beforeAll(async () => {
  database = await supportDatabase();
  await database.query("ALTER TABLE support.tickets ALTER customer_id DROP NOT NULL");
  await database.query(
    `INSERT INTO support.tickets (id, customer_id, number, product_id, subject, body, status, created_at) VALUES (0, NULL, '${TOKEN}', 1, '${TOKEN}', '${TOKEN}', 'new', now())`,
  );
  gateway = await startTestGateway({ database });
});

afterAll(async () => {
  await gateway.stop();
  await database.drop();
});

const text = "SELECT number, subject, body FROM support.tickets";

test.each<[string, readonly Buffer[]]>([
  ["alone", [encodeQuery(`${text} WHERE id = 0`)]],
  ["first of all", [encodeQuery(`${text} ORDER BY id`)]],
  ["last of all", [encodeQuery(`${text} ORDER BY id DESC`)]],
  ["skipped by OFFSET", [encodeQuery(`${text} ORDER BY id LIMIT 3 OFFSET 2`)]],
  ["by COPY", [encodeQuery(`COPY (${text} ORDER BY id DESC) TO STDOUT`)]],
  ["by binary COPY", [encodeQuery(`COPY (${text} ORDER BY id DESC) TO STDOUT (FORMAT binary)`)]],
  ["by a cursor", [encodeQuery(`BEGIN; DECLARE c CURSOR FOR ${text} ORDER BY id; FETCH ALL FROM c`)]],
  ["by RETURNING", [encodeQuery("UPDATE support.tickets SET status = 'new' WHERE id = 0 RETURNING subject")]],
  [
    "by the extended protocol",
    [
      encodeParse("", `${text} ORDER BY id DESC`, []),
      encodeBind({ portal: "", statement: "", paramFormats: [], params: [], resultFormats: [1] }),
      encodeExecute({ portal: "", maxRows: 0 }),
      SYNC,
    ],
  ],
])("%s", async (_name, frames) => {
  const before = (await recordedStatements(gateway)).length;
  const wire = await RawClient.connect(gateway);
  await wire.signIn("helpdesk", database.name);
  wire.socket.write(Buffer.concat(frames));
  const heard = await wire.hearToTheEnd();
  expect(heard.at(-1)?.name).toBe("ErrorResponse");
  expect(heard.at(-1)?.text).toMatch(/\["S","FATAL"\].*\["C","42501"\].*support\.tickets has no subject key.*\["H",/u);
  expect(heard.map(({ text: words }) => words).join("\n")).not.toContain(TOKEN);
  // Whatever left before it is recorded.
  const rows = heard.filter(({ name }) => name === "DataRow" || name === "CopyData").length;
  const recorded = (await recordedStatements(gateway)).slice(before);
  if (rows > 0) expect(recorded.flatMap(({ uses }) => uses[0]?.keys ?? []).length).toBeGreaterThan(0);
  await wire.hangUp();
});
