/** Two gateways before one database, one control plane, clients with both in their connection string. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { freePort } from "../../sim/free-port.ts";
import { loadConfig } from "../../src/config/load.ts";
import { configOfGateway } from "../../src/config/gateways.ts";
import { verifyLog } from "../../src/verify/log.ts";
import { Installation } from "../faults/installation.ts";
import { run, Serving, until } from "../faults/serving.ts";
import { AGENT_PASSWORD } from "../rig/gateway.ts";
import { type SupportDatabase, supportDatabase } from "../rig/shared.ts";

vi.setConfig({ testTimeout: 120_000 });

let database: SupportDatabase;
let installation: Installation;
const started: Serving[] = [];

beforeAll(async () => {
  database = await supportDatabase();
});

afterAll(() => database.drop());

afterEach(async () => {
  for (const serving of started.splice(0)) await serving.kill("SIGKILL");
  await installation.remove();
});

function start(...args: string[]): Serving {
  const serving = new Serving(installation, ...args);
  started.push(serving);
  return serving;
}

/** Through libpq, which tries the hosts in their order. */
async function psql(ports: readonly number[], statement: string): Promise<string> {
  const hosts = ports.map(() => "127.0.0.1").join(",");
  const target = `host=${hosts} port=${ports.join(",")} user=alice dbname=${database.name} connect_timeout=10`;
  const env = { ...process.env, PGPASSWORD: AGENT_PASSWORD };
  const { stdout } = await promisify(execFile)("psql", ["-XAt", target, "-c", statement], { env });
  return stdout.trim();
}

test("either gateway serves, records in its own log, and who-saw knows both; when one stops, clients go to the other", async () => {
  const ports = [await freePort(), await freePort()];
  installation = await Installation.create({
    database,
    controlled: false,
    edit: (yaml) =>
      `${yaml.replace(/listen: .*/u, `listen: {postgres: "127.0.0.1:${ports[0]}"}`)}gateways:
  second: {listen: "127.0.0.1:${ports[1]}", ledger: ./ledger-2, origin: helpdesk.example/gw-2}
`,
  });
  const control = start("serve", "--no-gateway");
  expect(await control.ready).toMatchObject({ event: "ready" });
  const first = start("gateway");
  await first.ready;
  const second = start("gateway", "--name", "second");
  expect(await second.ready).toMatchObject({ postgres: `127.0.0.1:${ports[1]}` });

  const id = await psql(ports, "select id from support.customers order by id limit 1");
  expect(await first.kill("SIGTERM")).toBe(0);
  expect(await psql(ports, `select id from support.customers where id = ${id}`)).toBe(id);

  const asked = (): Promise<string[]> =>
    run(installation, "who-saw", "customer", id, "--json").then(({ stdout }) =>
      (JSON.parse(stdout) as { log: string }[]).map(({ log }) => log),
    );
  expect((await until(asked, (logs) => logs.length === 2)).toSorted()).toEqual([
    "helpdesk.example/gw-1",
    "helpdesk.example/gw-2",
  ]);
  expect(await second.kill("SIGTERM")).toBe(0);
  expect(await control.kill("SIGTERM")).toBe(0);
  // Without a control plane a command finds both logs by itself.
  expect(await asked()).toHaveLength(2);
  expect(await installation.verify()).toMatchObject({ ok: true });
  const config = configOfGateway(await loadConfig(installation.config.file, { env: {} }), "second");
  const { vkey } = (await second.ready) as { vkey: string };
  expect(await verifyLog(config.ledger.dir, { vkey })).toMatchObject({ ok: true });
});
