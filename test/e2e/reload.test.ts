/** A reload and the sessions that are open: the next statement runs under the new policy, and says so in the ledger. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { policyHash } from "../../src/config/policy-hash.ts";
import { readEntries } from "../../src/ledger/read.ts";
import { startTestGateway, type TestGateway } from "../rig/gateway.ts";
import { type SupportDatabase, supportDatabase } from "../rig/shared.ts";

let database: SupportDatabase;
let gateway: TestGateway;

beforeAll(async () => {
  database = await supportDatabase();
});

afterAll(() => database.drop());

afterEach(() => gateway.stop());

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("an open session takes on enforce at its next statement; a statement that runs keeps its policy", async () => {
  gateway = await startTestGateway({ database, mode: "observe" });
  const client = await gateway.client();
  const opaque = "select * from support.outbox";
  await client.query(opaque);
  await client.query("begin; declare c cursor for select id, name from support.customers order by id");
  await client.query("fetch 2 from c");
  const enforced = { ...gateway.config, mode: "enforce" as const };
  await gateway.running.reload(enforced);
  await client.query("commit");
  await expect(client.query(opaque)).rejects.toMatchObject({ code: "42501" });
  expect((await client.query("select id from support.customers limit 1")).rows).toHaveLength(1);
  await client.end();
  const policies: string[] = [];
  for await (const { entry } of readEntries(gateway.config.ledger.dir, gateway.keys)) {
    if (entry?.kind === "statement") policies.push(hex(entry.policy));
    if (entry?.kind === "policy-change") policies.push(`now ${hex(entry.policy)}`);
  }
  const [before, after] = [gateway.config, enforced].map((config) => hex(policyHash(config)));
  expect(policies.filter((policy) => policy.startsWith("now"))).toEqual([`now ${before}`, `now ${after}`]);
  expect(policies.slice(0, policies.indexOf(`now ${after}`))).not.toContain(after);
  expect(policies.slice(policies.indexOf(`now ${after}`) + 1)).toEqual([after]);
});

test("a session whose role is gone, or runs as another role upstream, is ended; the others go on", async () => {
  gateway = await startTestGateway({ database });
  const [alice, app] = [await gateway.client("alice"), await gateway.client("app")];
  const ended = new Promise<Error>((resolve) => alice.on("error", resolve));
  const roles = new Map(gateway.config.roles);
  roles.set("agent", { upstreamRole: "helpdesk_read", migrate: false });
  await gateway.running.reload({ ...gateway.config, roles });
  expect(await ended).toMatchObject({ code: "28000" });
  expect((await app.query("select count(*) from support.teams")).rows).toHaveLength(1);
  await app.end();
});
