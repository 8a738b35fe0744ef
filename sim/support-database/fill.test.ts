import pg from "pg";
import { expect, test } from "vitest";
import { supportDatabase } from "../../test/rig/shared.ts";
import { parseConfig } from "../../src/config/load.ts";
import { supportConfig } from "./config.ts";

test.each([15, 18] as const)("the support database on PostgreSQL %i", async (version) => {
  const database = await supportDatabase(version);
  const [counts] = await database.query(`SELECT
    (SELECT count(*)::int FROM support.customers) AS customers,
    (SELECT count(*)::int FROM support.people WHERE NOT is_staff) AS people,
    (SELECT count(*)::int FROM support.group_tickets WHERE NOT requestors <@ (SELECT array_agg(id) FROM support.customers)) AS strangers,
    (SELECT name FROM support.customers WHERE id = 4711) IS NOT NULL AS found`);
  expect(counts).toEqual({ customers: 800, people: 800, strangers: 0, found: true });
  await database.query(
    "INSERT INTO support.messages (ticket_id, author, body, at) SELECT min(id), 'x', 'y', now() FROM support.tickets",
  );

  // The gateway's own user sees nothing; it acts in the roles that its sessions start with.
  const gateway = new pg.Client({ connectionString: database.gatewayUrl });
  await gateway.connect();
  await expect(gateway.query("SELECT FROM support.customers")).rejects.toThrow(/permission denied/);
  await gateway.end();
  const agent = new pg.Client({ connectionString: database.gatewayUrl, options: "-c role=helpdesk_agent" });
  await agent.connect();
  expect((await agent.query("SELECT id FROM support.customers WHERE id = 4711")).rowCount).toBe(1);
  await expect(agent.query("DELETE FROM support.customers")).rejects.toThrow(/permission denied/);
  await agent.end();
  await database.drop();
});

test("its configuration is valid, whatever the paths", () => {
  const text = supportConfig({
    upstreamUrl: "postgres://whosaw_gw:p%22w@127.0.0.1:5432/support",
    ledgerDir: '/srv/a "b"/ledger',
  });
  const config = parseConfig(Buffer.from(text), "/srv/whosaw.yaml", { env: {}, shownAs: "whosaw.yaml" });
  expect(config.mode).toBe("enforce");
});
