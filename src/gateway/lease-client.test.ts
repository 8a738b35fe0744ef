import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ControlLease } from "./lease.ts";
import { LeaseClient, type LeaseClientOptions } from "./lease-client.ts";

const report: LeaseClientOptions["report"] = () => ({
  origin: "helpdesk.example/gw-1",
  pid: 1,
  postgres: "127.0.0.1:6432",
  vkey: "vkey",
  witness: "witness",
  supervised: false,
  mode: "enforce",
  policy: "0".repeat(64),
  reload: 0,
  reloadError: null,
  ledgerError: null,
  ledgerEntries: 7,
  sessions: 2,
  counts: { sessions: 3, accounted: 4, opaque: 5, errors: {} },
});

test("whoever could have put a socket there grants no lease", async () => {
  const folder = await mkdtemp(join(tmpdir(), "whosaw-lease-"));
  await chmod(folder, 0o777);
  let asked = 0;
  const control = createServer((_request, response) => {
    asked += 1;
    response.end('{"leaseMs":900,"reload":0}');
  }).listen(join(folder, "control.sock"));
  await once(control, "listening");
  const lease = new ControlLease({
    graceMs: 0,
    continueUnleased: false,
    monotonicMs: () => performance.now(),
    schedule: () => () => undefined,
    onUnleased: () => Promise.resolve(),
  });
  const said: ((fields: object) => void)[] = [];
  const says = (): Promise<object> => new Promise((resolve) => said.push(resolve));
  const say = (fields: object): void => said.shift()?.(fields);
  const [refused, granted] = [says(), says()];
  const log = { info: say, warn: say, error: say };
  const client = new LeaseClient({
    socket: join(folder, "control.sock"),
    lease,
    report,
    onReload: () => undefined,
    log,
  });
  expect(await refused).toMatchObject({
    code: "CONTROL_UNREACHABLE",
    err: { message: expect.stringContaining(folder) },
  });
  expect([asked, lease.held]).toEqual([0, false]);
  await chmod(folder, 0o700);
  expect(await granted).toMatchObject({ event: "leased" });
  expect(lease.held).toBe(true);
  client.stop();
  control.close();
  await rm(folder, { recursive: true });
});
