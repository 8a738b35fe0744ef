/** Control plane and gateway as processes of their own: each is killed, starved and doubled, and the other goes on. */
import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { freePort } from "../../sim/free-port.ts";
import { LIMITS } from "../../src/base/limits.ts";
import type { HealthTold } from "../../src/control/health.ts";
import { AGENT_PASSWORD } from "../rig/gateway.ts";
import { type SupportDatabase, supportDatabase } from "../rig/shared.ts";
import { SmallDisk } from "./disk-faults.ts";
import { Installation } from "./installation.ts";
import { ask, holderOf, run, runs, Serving, until } from "./serving.ts";

/** Whole installations start and end in each. */
vi.setConfig({ testTimeout: 120_000 });

/** Between a row's release by the gateway and its arrival here, on a busy machine. */
const ARRIVAL_MS = 500;

let database: SupportDatabase;
let installation: Installation;
const started: Serving[] = [];

beforeAll(async () => {
  database = await supportDatabase();
});

afterAll(() => database.drop());

afterEach(async () => {
  for (const serving of started.splice(0)) await serving.kill("SIGKILL");
  const left = holderOf(installation.config.ledger.dir);
  if (left !== undefined && runs(left)) process.kill(left, "SIGKILL");
  await installation.remove();
});

async function install(more = "", edit: (yaml: string) => string = (yaml) => yaml): Promise<void> {
  const port = await freePort();
  installation = await Installation.create({
    database,
    controlled: false,
    // A port that stays the same when the gateway is started again.
    edit: (yaml) =>
      edit(`${yaml.replace(/listen: .*/u, `listen: {postgres: "127.0.0.1:${port}", http: "127.0.0.1:0"}`)}${more}`),
  });
}

function start(...args: string[]): Serving {
  const serving = new Serving(installation, ...args);
  started.push(serving);
  return serving;
}

async function signIn(): Promise<pg.Client> {
  const { host, port } = installation.config.listen.postgres;
  const client = new pg.Client({ host, port, user: "alice", password: AGENT_PASSWORD, database: database.name });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

async function health(serving: Serving): Promise<HealthTold & { httpStatus: number }> {
  const [host = "", port] = ((await serving.ready)["http"] ?? "").split(":");
  const { status, text } = await ask({ host, port: Number(port) }, "GET", "/health");
  return { ...(JSON.parse(text) as HealthTold), httpStatus: status };
}

async function metric(serving: Serving, line: RegExp): Promise<number> {
  const [host = "", port] = ((await serving.ready)["http"] ?? "").split(":");
  const { text } = await ask({ host, port: Number(port) }, "GET", "/metrics");
  return Number(line.exec(text)?.[1] ?? Number.NaN);
}

const ONE = "select id, name from support.customers order by id limit 1";
const OPEN = "select count(*)::int from support.teams";
const BEHIND = /^whosaw_columns_entries_behind\{log="helpdesk\.example\/gw-1"\} (\d+)$/mu;

test("a killed control plane: rows stop with the lease, wait, and come when it is back; nothing is lost, and shipping catches up", async () => {
  await install();
  const first = start("serve");
  await first.ready;
  const gateway = holderOf(installation.config.ledger.dir);
  const reader = await signIn();
  const other = await signIn();
  let [rows, last] = [0, performance.now()];
  const enough = new AbortController();
  const load = (async () => {
    while (!enough.signal.aborted) {
      rows += (await reader.query(ONE)).rows.length;
      last = performance.now();
    }
  })();
  await until(
    () => Promise.resolve(rows),
    (count) => count > 50,
  );
  const killedAt = performance.now();
  expect(await first.kill("SIGKILL")).toBe("SIGKILL");
  await until(
    () => other.query(OPEN),
    () => performance.now() > killedAt + 3 * LIMITS.leaseMs,
  );
  expect(last - killedAt).toBeLessThan(LIMITS.leaseMs + ARRIVAL_MS);
  expect((await run(installation, "who-saw", "customer", "1", "--json")).code).toBe(0);

  const before = rows;
  const second = start("serve");
  await second.ready;
  await until(
    () => Promise.resolve(rows),
    (count) => count > before + 50,
  );
  enough.abort();
  await load;
  await Promise.all([reader.end(), other.end()]);
  expect(holderOf(installation.config.ledger.dir)).toBe(gateway);
  await until(
    () => metric(second, BEHIND),
    (behind) => behind === 0,
  );
  const seen = JSON.parse((await run(installation, "seen-by", "alice", "--json")).stdout) as unknown[];
  expect(seen.length).toBe(rows);
  expect(await second.kill("SIGINT")).toBe(0);
  expect(runs(gateway)).toBe(false);
  expect(existsSync(installation.config.control.socket)).toBe(false);
  expect(await installation.verify()).toMatchObject({ ok: true });
});

test("a killed gateway is started again, on a ledger that verifies; the end of the control plane is its end", async () => {
  await install();
  const serving = start("serve");
  await serving.ready;
  const { dir } = installation.config.ledger;
  const killed = holderOf(dir) ?? 0;
  const client = await signIn();
  expect((await client.query(ONE)).rows).toHaveLength(1);
  process.kill(killed, "SIGKILL");
  await until(
    () => health(serving),
    ({ gateways }) => ![undefined, killed].includes(holderOf(dir)) && gateways[0]?.leased === true,
  );
  const again = await until(
    () => signIn().catch(() => undefined),
    (found) => found !== undefined,
  );
  expect((await again?.query(ONE))?.rows).toHaveLength(1);
  await again?.end();
  const restarted = holderOf(dir);
  expect(await serving.kill("SIGTERM")).toBe(0);
  expect(runs(restarted)).toBe(false);
  expect(await installation.verify()).toMatchObject({ ok: true });
});

test("a second serve says who is there and leaves the first alone; the socket is for its owner only", async () => {
  await install();
  const first = start("serve");
  const { control } = await first.ready;
  const second = start("serve");
  expect(await second.exit).toBe(4);
  expect(second.output).toContain('"code":"CONTROL_RUNNING"');
  expect((await health(first)).httpStatus).toBe(200);
  const checked = await run(installation, "check");
  expect([checked.code, checked.stdout]).toEqual([0, expect.stringContaining("The gateway runs.") as string]);
  expect(statSync(control ?? "").mode & 0o777).toBe(0o600);
  expect(statSync(dirname(control ?? "")).mode & 0o777).toBe(0o700);
});

test("columns that cannot be reached, and state that refuses: red health in clear words, while recording and answers go on", async () => {
  await install(
    'columns: "http://whosaw:mistaken@127.0.0.1:1/whosaw"\n',
    (yaml) => `${yaml}state: ${JSON.stringify(database.gatewayUrl.replace(/:[^:@/]*@/u, ":mistaken@"))}\n`,
  );
  const serving = start("serve");
  await serving.ready;
  const { problems, httpStatus } = await until(
    () => health(serving),
    (told) => told.problems.length === 2,
  );
  expect(httpStatus).toBe(503);
  expect(problems).toEqual([
    expect.objectContaining({ of: "columns", code: "COLUMNS_UNREACHABLE" }),
    expect.objectContaining({ of: "state", code: expect.stringMatching(/^STATE_/u) as string }),
  ]);
  expect(JSON.stringify(problems)).not.toContain("mistaken");
  const client = await signIn();
  const { rows } = await client.query<{ id: string }>(ONE);
  await client.end();
  const told = await run(installation, "who-saw", "customer", String(rows[0]?.id), "--json");
  expect(JSON.parse(told.stdout)).toHaveLength(1);
});

test("a disk that fills up below the stores: the gateway records, health is red, and green when there is room", async () => {
  const disk = SmallDisk.mount(300);
  if (disk === undefined) return;
  await install(`data: ${disk.path}/data\n`, (yaml) => `${yaml}control: {socket: ./control.sock}\n`);
  try {
    const serving = start("serve");
    await serving.ready;
    // Both stores are there, and have taken what there was.
    await until(
      () => health(serving),
      ({ status, warnings }) => status === "green" && warnings.length === 0,
    );
    await until(
      () => metric(serving, BEHIND),
      (behind) => behind === 0,
    );
    disk.fill();
    const client = await signIn();
    expect((await client.query(ONE)).rows).toHaveLength(1);
    await client.end();
    await until(
      () => health(serving),
      ({ problems }) => problems.some(({ of }) => of === "columns"),
    );
    disk.free();
    expect(
      (
        await until(
          () => health(serving),
          ({ status }) => status === "green",
        )
      ).problems,
    ).toEqual([]);
    expect(await serving.kill("SIGTERM")).toBe(0);
  } finally {
    disk.unmount();
  }
});
