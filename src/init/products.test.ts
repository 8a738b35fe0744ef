/**
 * The schemas of public products: every table with people is found with the right key, none of them becomes public, what is
 * written passes `whosaw check`, and a gateway accounts for what the product asks all day.
 */
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startTestGateway } from "../../test/rig/gateway.ts";
import { sharedServer } from "../../test/rig/shared.ts";
import { accept } from "./interactive.ts";
import { Survey } from "./survey.ts";
import { chatwoot } from "./testing/chatwoot.ts";
import { upstreamOf, withDatabase } from "./testing/database.ts";
import { judge, shares } from "./testing/judge.ts";
import type { Product } from "./testing/product.ts";
import { whosaw } from "../../test/rig/program.ts";
import { saleor } from "./testing/saleor.ts";
import { solidus } from "./testing/solidus.ts";
import { zammad } from "./testing/zammad.ts";
import { configText } from "./yaml.ts";

const PASSWORD = "gateway password of tests";
const GATEWAY_USER = "init_gw";
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "whosaw-init-"));
});

afterEach(() => rm(folder, { recursive: true }));

/** Tables right, unsure and wrong: by foreign keys alone, and with names and values trusted. */
const expected: readonly (readonly [Product, { declared: number[]; trusted: number[] }])[] = [
  [zammad, { declared: [31, 4, 0], trusted: [31, 4, 0] }],
  [chatwoot, { declared: [12, 15, 0], trusted: [24, 3, 0] }],
  [solidus, { declared: [15, 15, 0], trusted: [22, 8, 0] }],
  [saleor, { declared: [17, 9, 0], trusted: [17, 9, 0] }],
];

describe.each(expected.map(([product, figures]) => ({ name: product.name, product, figures })))(
  "$name",
  ({ product, figures }) => {
    test("no table is classified wrong", async () => {
      await withDatabase(product.sql, async (url) => {
        for (const trustNames of [false, true]) {
          const proposal = await Survey.run(upstreamOf(url), { catalogOnly: false, trustNames }, (survey) =>
            survey.hold(survey.propose()),
          );
          const judged = judge(product, proposal);
          expect(judged.filter(({ verdict }) => verdict === "wrong")).toEqual([]);
          const { right, unsure, wrong } = shares(judged);
          expect([right, unsure, wrong]).toEqual(trustNames ? figures.trusted : figures.declared);
        }
      });
    });

    test("what is written passes check as it is, and holds no password and no value", async () => {
      await withDatabase(product.sql, async (url) => {
        const { exit, stdout } = await whosaw(["init", url, "--yes", "--json", "--gateway-user", GATEWAY_USER], folder);
        expect(exit).toBe(0);
        const { sql } = JSON.parse(stdout) as { sql: string[] };
        await apply(url, sql);
        const text = await readFile(join(folder, "whosaw.yaml"), "utf8");
        expect(text).toContain("${GW_PASSWORD}");
        expect(text + stdout).not.toContain(decodeURIComponent(new URL(url).password));
        expect(text + stdout).not.toMatch(/example\.com|Lovelace|Lyon|55 50/u);
        expect((await stat(join(folder, "whosaw.yaml"))).mode & 0o777).toBe(0o600);
        await writeFile(join(folder, "whosaw.yaml"), text.replace(":6432", ":0"));
        const check = await whosaw(["check", "--json"], folder, { GW_PASSWORD: PASSWORD });
        const { findings } = JSON.parse(check.stdout) as { findings: { severity: string }[] };
        expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
        expect(check.exit).toBe(0);
      });
    });

    test("with its suggestions taken, a gateway in enforce accounts for what the product asks all day", async () => {
      await withDatabase(product.sql, async (url) => {
        const text = await Survey.run(upstreamOf(url), { catalogOnly: false, trustNames: true }, async (survey) => {
          const proposal = survey.propose();
          const taken = await survey.hold(accept(proposal, new Set(proposal.tables.map(({ table }) => table.name))));
          const upstream = upstreamOf(url);
          const roles = await survey.roles(taken, GATEWAY_USER, upstream.database);
          await apply(url, roles.sql);
          return configText(taken, {
            upstream,
            gatewayUser: GATEWAY_USER,
            origin: "example.com/gw-1",
            listen: "127.0.0.1:0",
            roles,
          });
        });
        const server = await sharedServer();
        const name = upstreamOf(url).database;
        const gatewayUrl = server.url({ database: name, user: GATEWAY_USER, password: PASSWORD });
        const gateway = await startTestGateway({
          database: {
            name,
            url,
            gatewayUrl,
            server,
            query: (sql, values) => server.query(sql, values, name),
            drop: () => Promise.resolve(),
          },
          edit: (yaml) =>
            text
              .replace("${GW_PASSWORD}", encodeURIComponent(PASSWORD))
              .replace("mode: observe", "mode: enforce")
              .replace("dir: ./ledger", /dir: [^,]*/u.exec(yaml)?.[0] ?? "")
              .replace("  staff:", "  agent:"),
        });
        try {
          const client = await gateway.client("alice");
          client.on("error", () => undefined);
          for (const query of product.queries) {
            const rows = await client.query(query).then((result) => result.rows.length, String);
            expect([query, rows]).toEqual([query, (await server.query(query, [], name)).length]);
            expect(rows).not.toBe(0);
          }
          await client.end();
        } finally {
          await gateway.stop();
        }
      });
    });
  },
);

/** What init printed, and the password that somebody would have typed. */
async function apply(url: string, sql: readonly string[]): Promise<void> {
  const server = await sharedServer();
  const database = upstreamOf(url).database;
  await server.query(sql.join("\n"), undefined, database);
  await server.query(`ALTER ROLE ${GATEWAY_USER} PASSWORD '${PASSWORD}'`);
}
