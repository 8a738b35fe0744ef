/** `npm start` where it is less comfortable: another user, folders that only their owner may enter, no network. */
import { spawnSync } from "node:child_process";
import { chownSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { reachableByOthers } from "../../src/embedded-postgres/binaries.ts";
import { linesOf, nothingIsLeft, root, shell, startDemo } from "./running.ts";

/** Debian's `nobody`. */
const OTHER = { uid: 65_534, gid: 65_534 };
const WITHOUT_NETWORK = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];
const AS_OTHER = ["setpriv", `--reuid=${OTHER.uid}`, `--regid=${OTHER.gid}`, "--clear-groups"];

const possible = (line: readonly string[]): boolean =>
  process.getuid?.() === 0 && spawnSync(line[0] ?? "", [...line.slice(1), "true"]).status === 0;

let home: string;

/** Everything that is in git, and what `npm ci` has put beside it. */
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "whosaw-home-"));
  const clone = join(home, "clone");
  mkdirSync(clone);
  for (const name of readdirSync(root))
    if (!["dist", "node_modules", ".git", ".cache"].includes(name))
      cpSync(join(root, name), join(clone, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(clone, "node_modules"));
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

test.skipIf(!possible(WITHOUT_NETWORK))(
  "as root, in a folder of mode 0700, without a network",
  { timeout: 150_000 },
  async () => {
    const demo = startDemo({ customers: 720, folder: join(home, "clone"), wrapper: WITHOUT_NETWORK, mode: 0o700 });
    await demo.says(/[1-9]\d* disclosures a minute/);
    const whoSaw = linesOf(demo).find((line) => line.includes("who-saw")) ?? "";
    expect((await shell(`${whoSaw} --json`, join(home, "clone"))).stdout).toMatch(/^\[/);
    expect(await demo.end()).toBe(0);
    await nothingIsLeft(demo);
  },
);

test.skipIf(!possible(AS_OTHER) || !reachableByOthers(join(root, "node_modules")))(
  "as a user whose home only they may enter",
  { timeout: 150_000 },
  async () => {
    spawnSync("chown", ["-hR", `${OTHER.uid}:${OTHER.gid}`, home]);
    const demo = startDemo({
      customers: 720,
      folder: join(home, "clone"),
      wrapper: AS_OTHER,
      env: { HOME: home },
      mode: 0o700,
    });
    chownSync(demo.temporary, OTHER.uid, OTHER.gid);
    await demo.says(/[1-9]\d* disclosures a minute/);
    expect(await demo.end()).toBe(0);
    await nothingIsLeft(demo);
  },
);
