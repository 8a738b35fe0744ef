import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { postgresVersions } from "../../test/rig/shared.ts";
import type { StateLocation } from "./location.ts";
import { openState } from "./state.ts";
import {
  Cleanup,
  clock,
  emptyDatabase,
  INSTALLATION,
  NOW_MS,
  opened,
  options,
  temporaryDir,
} from "./testing/places.ts";

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const LOG = "whosaw.example/test";
const ROOT = Buffer.alloc(32, 1);

const PLACES: readonly [string, () => Promise<StateLocation>][] = [
  ["embedded", async () => ({ kind: "embedded", dir: join(await temporaryDir(cleanup), "state") })],
  ...postgresVersions().map((version): [string, () => Promise<StateLocation>] => [
    `by URL, PostgreSQL ${version}`,
    () => emptyDatabase(cleanup, version),
  ]),
];

describe.each(PLACES)("%s", (_, place) => {
  test("what was told is there after the next start", async () => {
    const location = await place();
    const first = await openState(location, options);
    await first.logs.register(LOG, "vkey");
    expect(await first.logs.confirm(LOG, { size: 7, root: ROOT })).toEqual({ before: 0, now: 7 });
    await first.strata.learn([{ number: 2 ** 52 + 1, kind: "customer", name: "country", value: "FR" }]);
    await first.policies.record({ hash: Buffer.alloc(32, 2), by: "svc:deploy", text: '{"mode":"enforce"}' });
    await first.close();

    const second = await opened(location, cleanup);
    expect(second.restored).toBeUndefined();
    expect(await second.logs.list()).toEqual([
      { origin: LOG, vkey: "vkey", highest: { size: 7, root: ROOT, atMs: NOW_MS } },
    ]);
    expect(await second.strata.list("customer")).toEqual([
      { number: 2 ** 52 + 1, kind: "customer", name: "country", value: "FR" },
    ]);
    expect(await second.strata.list("ticket")).toEqual([]);
    expect(await second.policies.current()).toMatchObject({ version: 1, by: "svc:deploy", atMs: NOW_MS });
  });

  test("a second owner is refused, and let in when the first has closed", async () => {
    const location = await place();
    const first = await openState(location, options);
    await expect(openState(location, options)).rejects.toMatchObject({ code: "STORE_LOCKED" });
    await first.close();
    await opened(location, cleanup);
  });

  test("of two that open at once one gets it", async () => {
    const location = await place();
    const both = await Promise.allSettled([opened(location, cleanup), opened(location, cleanup)]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(both.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "STORE_LOCKED" } });
  });

  test("the state of another installation is refused", async () => {
    const location = await place();
    await (await openState(location, options)).close();
    const other = openState(location, { installation: "other.example/log", clock });
    await expect(other).rejects.toMatchObject({
      code: "STORE_MISMATCH",
      message: `The state is that of the installation ${INSTALLATION}, not of other.example/log.`,
    });
  });

  test("a transaction that throws leaves nothing", async () => {
    const state = await opened(await place(), cleanup);
    const failed = state.transaction(async ({ logs, policies }) => {
      await logs.register(LOG, "vkey");
      await policies.record({ hash: ROOT, by: "nobody", text: "{}" });
      throw new Error("after all not");
    });
    await expect(failed).rejects.toThrow("after all not");
    expect([await state.logs.list(), await state.policies.current()]).toEqual([[], undefined]);
  });
});
