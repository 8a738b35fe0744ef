/** Debian's pgAudit for PostgreSQL 15, for a server of our own: nothing is installed, and no other server is touched. */
import { execFile } from "node:child_process";
import { access, copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { WhosawError } from "../../src/base/errors.ts";

const run = promisify(execFile);
const PACKAGE = "postgresql-15-pgaudit";
const LIBRARY = "usr/lib/postgresql/15/lib/pgaudit.so";
const DOWNLOAD_TIMEOUT_MS = 120_000;

/**
 * Copies the library to `target`: the installed one, otherwise out of the package, which apt downloads (50 kB) and
 * checks; that takes no root.
 * @throws WhosawError NOT_FOUND when it is not installed and apt cannot bring it
 */
export async function copyPgauditLibrary(target: string): Promise<void> {
  const installed = join("/", LIBRARY);
  const there = await access(installed).then(
    () => true,
    () => false,
  );
  if (there) return copyFile(installed, target);
  const dir = await mkdtemp(join(tmpdir(), "whosaw-bench-pgaudit-"));
  try {
    await run("apt-get", ["download", PACKAGE], { cwd: dir, timeout: DOWNLOAD_TIMEOUT_MS });
    await run("sh", ["-c", "dpkg-deb -x ./*.deb ."], { cwd: dir });
    await copyFile(join(dir, LIBRARY), target);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message.trim().split("\n").at(-1) : String(cause);
    throw new WhosawError("NOT_FOUND", `${PACKAGE} is not installed, and apt does not bring it: ${said}`, {
      hint: `On Debian 12: apt-get update && apt-get install --no-install-recommends ${PACKAGE}`,
      cause,
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
