/** The disk of an embedded state is full: at the first start, and later. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { openState } from "../../src/state/state.ts";
import { Cleanup, opened, options } from "../../src/state/testing/places.ts";
import { SmallDisk } from "../faults/disk-faults.ts";

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

function smallDisk(megabytes: number): SmallDisk | undefined {
  const disk = SmallDisk.mount(megabytes);
  if (disk !== undefined) cleanup.add(async () => disk.unmount());
  return disk;
}

test("no room for a first start: says so, and starts once there is", async () => {
  const disk = smallDisk(100);
  if (disk === undefined) return; // Not ours to mount.
  const location = { kind: "embedded", dir: join(disk.path, "state") } as const;
  disk.fill();
  await expect(openState(location, options)).rejects.toMatchObject({
    code: "STATE_FAILED",
    message: expect.stringContaining("is full") as string,
  });
  disk.free();
  await opened(location, cleanup);
});

test("no room while it runs: what was kept stays, and it goes on once there is", async () => {
  const disk = smallDisk(100);
  if (disk === undefined) return;
  const state = await opened({ kind: "embedded", dir: join(disk.path, "state") }, cleanup);
  let kept = 0;
  const write = async (): Promise<void> => {
    const hash = randomBytes(32);
    await state.policies.record({ hash, by: "somebody", text: randomBytes(100_000).toString("base64") });
    kept += 1;
  };
  await write();
  disk.fill();
  const failed = async (): Promise<void> => {
    for (let more = 0; more < 200; more++) await write();
  };
  await expect(failed()).rejects.toMatchObject({ code: expect.stringMatching(/^STATE_/u) as string });
  disk.free();
  const known = (): Promise<number> =>
    state.policies.history({ limit: 1_000 }).then(
      (versions) => versions.length,
      () => 0,
    );
  await expect.poll(known, { timeout: 20_000 }).toBe(kept);
  await write();
  expect(await known()).toBe(kept);
});
