/** The control plane in this process: what it answers to gateways, to commands and to noise. */
import { chmod, mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { supportConfig } from "../../sim/support-database/config.ts";
import { ask } from "../../test/faults/serving.ts";
import { LIMITS } from "../base/limits.ts";
import type { Config } from "../config/config.ts";
import { parseConfig } from "../config/load.ts";
import type { GatewayReport } from "../metrics/report.ts";
import { ControlClient } from "./client.ts";
import { type RunningControl, startControl } from "./control.ts";

let dir: string;
let text: string;
let control: RunningControl;

const read = (): Promise<Config> =>
  Promise.resolve().then(() =>
    parseConfig(Buffer.from(text), join(dir, "whosaw.yaml"), { env: {}, shownAs: "whosaw.yaml" }),
  );

async function start(): Promise<RunningControl> {
  const silent = (): void => undefined;
  const log = { info: silent, warn: silent, error: silent };
  return startControl({ config: await read(), loadConfig: read, log });
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "whosaw-control-"));
  text = supportConfig({ upstreamUrl: "postgres://gw@127.0.0.1:1/db" }).replace(
    "listen: {",
    'listen: {http: "127.0.0.1:0", ',
  );
  control = await start();
});

afterEach(async () => {
  await control.close();
  await rm(dir, { recursive: true });
});

const socket = (): { socketPath: string } => ({ socketPath: join(dir, "whosaw-data", "control.sock") });

function port(): { host: string; port: number } {
  const [host = "", number] = (control.http ?? "").split(":");
  return { host, port: Number(number) };
}

function report(more: Partial<GatewayReport> = {}): GatewayReport {
  return {
    origin: "helpdesk.example/gw-1",
    pid: 1,
    postgres: "127.0.0.1:6432",
    vkey: "vkey",
    witness: "witness",
    supervised: false,
    mode: "enforce",
    policy: control.health().policy,
    reload: 0,
    reloadError: null,
    ledgerError: null,
    ledgerEntries: 7,
    sessions: 2,
    counts: { sessions: 3, accounted: 4, opaque: 5, errors: { REFUSED: 6 } },
    ...more,
  };
}

const lease = (more: Partial<GatewayReport> = {}): ReturnType<typeof ask> =>
  ask(socket(), "POST", "/v1/lease", JSON.stringify(report(more)));

test("a gateway that is configured gets its lease; health and metrics tell of it on the port", async () => {
  expect(await ask(port(), "GET", "/health")).toMatchObject({ status: 503 });
  expect(await lease()).toEqual({ status: 200, text: JSON.stringify({ leaseMs: LIMITS.leaseMs, reload: 0 }) });
  const { status, text: told } = await ask(port(), "GET", "/health");
  expect([status, JSON.parse(told)]).toMatchObject([200, { status: "green", problems: [] }]);
  const { text: metrics } = await ask(port(), "GET", "/metrics");
  expect(metrics).toContain('whosaw_gateway_leased{gateway="helpdesk.example/gw-1"} 1');
  expect(metrics).toContain('whosaw_gateway_errors_total{gateway="helpdesk.example/gw-1",code="REFUSED"} 6');
});

test("a socket that somebody has deleted turns health red, on the port where it still can be asked", async () => {
  await lease();
  await rm(join(dir, "whosaw-data"), { recursive: true });
  const { status, text: told } = await ask(port(), "GET", "/health");
  expect([status, JSON.parse(told)]).toMatchObject([
    503,
    {
      problems: [
        { of: "control socket", code: "CONTROL_UNREACHABLE", message: expect.stringContaining("was deleted") },
      ],
    },
  ]);
});

test("a gateway of another origin gets none", async () => {
  expect(await lease({ origin: "somebody.else/gw" })).toMatchObject({ status: 409 });
  expect(control.gateways.list).toEqual([]);
});

test.each<[string, Partial<GatewayReport>, string]>([
  ["another policy", { policy: "0".repeat(64) }, "CONFIG_INVALID"],
  ["a reload that it could not take", { policy: "0".repeat(64), reloadError: "CATALOG_MISMATCH" }, "CATALOG_MISMATCH"],
  ["a ledger that fails", { ledgerError: "LEDGER_DISK_FULL" }, "LEDGER_DISK_FULL"],
])("a gateway with %s turns health red", async (_name, more, code) => {
  expect((await lease(more)).status).toBe(200);
  expect(control.health()).toMatchObject({ status: "red", problems: [{ of: "gateway helpdesk.example/gw-1", code }] });
});

test("the port answers health and metrics and nothing else", async () => {
  for (const path of ["/v1/lease", "/v1/reload", "/v1/who-saw", "/v1/look"])
    expect(await ask(port(), "POST", path, "{}")).toMatchObject({ status: 404 });
});

test("a reload is checked first, and gateways are asked to follow; one that does not is named", async () => {
  await lease();
  text = text.replace("mode: enforce", "mode: observe");
  const before = control.health().policy;
  const reloading = control.reload();
  const following = (async () => {
    for (;;) {
      const { reload } = JSON.parse((await lease()).text) as { reload: number };
      if (reload > 0) return lease({ reload, policy: control.health().policy });
    }
  })();
  const told = await reloading;
  await following;
  expect(told.policy).not.toBe(before);
  expect(told.gateways).toEqual([{ origin: "helpdesk.example/gw-1", policy: told.policy, error: null }]);

  text += "mod: observe\n";
  await expect(control.reload()).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  expect(control.health().policy).toBe(told.policy);
});

test("one control plane at a time; what a dead one has left is taken over; a folder for everybody is refused", async () => {
  await expect(start()).rejects.toMatchObject({ code: "CONTROL_RUNNING" });
  expect((await stat(socket().socketPath)).mode & 0o777).toBe(0o600);
  await control.close();
  await mkdir(join(dir, "whosaw-data"));
  const dead = createServer().listen(socket().socketPath);
  await once(dead, "listening");
  expect(await ControlClient.find(join(dir, "nowhere.sock"))).toBeUndefined();
  control = await start();
  expect(await lease()).toMatchObject({ status: 200 });
  dead.close();
  await control.close();
  await mkdir(join(dir, "open"));
  await chmod(join(dir, "open"), 0o777);
  text += 'control: {socket: "./open/control.sock"}\n';
  await expect(start()).rejects.toMatchObject({ code: "FILE_UNWRITABLE" });
});

test("before the first start there is nothing to ask, and no look that could not be recorded", async () => {
  const client = await ControlClient.find(socket().socketPath);
  const answer = client?.stream("/v1/who-saw", { by: "uid:0", kind: "customer", key: "1" });
  await expect(answer?.batches[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "LEDGER_IO" });
});

test("whatever bodies come, the answer is a coded error or what was asked for", async () => {
  const paths = fc.constantFrom(
    "/v1/lease",
    "/v1/look",
    "/v1/who-saw",
    "/v1/seen-by",
    "/v1/nothing",
    "/%00",
    "/health",
  );
  const half = fc.record({ by: fc.string(), kind: fc.string(), key: fc.anything(), actor: fc.anything() });
  const bodies = fc.oneof(
    fc.string(),
    fc.json(),
    half.map((value) => JSON.stringify(value) ?? ""),
  );
  await fc.assert(
    fc.asyncProperty(paths, bodies, async (path, body) => {
      const { status, text: answer } = await ask(socket(), "POST", path, body);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(JSON.parse(answer)).toMatchObject({ error: { code: expect.stringMatching(/^[A-Z_]+$/u) as string } });
    }),
    { numRuns: 60 },
  );
  expect(await lease()).toMatchObject({ status: 200 });
});

test("a socket in a folder where anybody could have put it is not asked", async () => {
  const path = socket().socketPath;
  await chmod(join(path, ".."), 0o777);
  await expect(ControlClient.find(path)).rejects.toMatchObject({ code: "CONTROL_UNREACHABLE" });
  await chmod(join(path, ".."), 0o700);
  expect(await ControlClient.find(path)).toBeDefined();
});

test("a time that no date has is refused", async () => {
  const body = { by: "uid:0", actor: "svc:helpdesk", fromMs: Number.MAX_SAFE_INTEGER };
  const { status, text: answer } = await ask(socket(), "POST", "/v1/scope", JSON.stringify(body));
  expect([status, JSON.parse(answer)]).toMatchObject([400, { error: { code: "USAGE" } }]);
});

test("huge bodies are refused without being read, on socket and port", async () => {
  const huge = "x".repeat(LIMITS.controlBodyBytesMax + 1);
  for (const at of [socket(), port()]) {
    const { status } = await ask(at, "POST", "/v1/lease", huge);
    expect([404, 413]).toContain(status);
  }
  expect(await lease()).toMatchObject({ status: 200 });
});

test("bytes that are no HTTP end their connection, and nothing else", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 2_000 }), fc.boolean(), async (bytes, atPort) => {
      const client = atPort ? connect(port()) : connect(socket().socketPath);
      client.on("error", () => undefined);
      client.end(bytes);
      client.resume();
      await once(client, "close");
    }),
    { numRuns: 40 },
  );
  expect(await lease()).toMatchObject({ status: 200 });
});
