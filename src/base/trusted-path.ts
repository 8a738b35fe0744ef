/** Whether what answers at a path was put there by somebody who may: a socket has no other proof of who listens. */
import { lstat, realpath } from "node:fs/promises";
import { dirname, join, parse, relative, sep } from "node:path";
import { WhosawError } from "./errors.ts";

const WRITABLE_BY_OTHERS = 0o002;
const STICKY = 0o1000;
const ROOT_UID = 0;

/**
 * Checks every folder on the way: where everybody may make files, only those of this user and of root count, and only if
 * the folder is sticky, so that nobody can put another in their place. The administrator answers for all other folders.
 * @param path absolute
 * @throws WhosawError CONTROL_UNREACHABLE for a path that anybody could have made; the system's own error if it is not there
 */
export async function assertTrustedPath(path: string): Promise<void> {
  await checkWay(path);
  const real = await realpath(path);
  if (real !== path) await checkWay(real);
}

async function checkWay(path: string): Promise<void> {
  const { root } = parse(path);
  let folder = await lstat(root);
  let at = root;
  for (const name of relative(root, path).split(sep)) {
    at = join(at, name);
    const here = await lstat(at);
    const byAnybody = !folder.isSymbolicLink() && (folder.mode & WRITABLE_BY_OTHERS) !== 0;
    if (byAnybody && ((folder.mode & STICKY) === 0 || !isOurs(here.uid))) throw untrusted(path, at);
    folder = here;
  }
}

function isOurs(uid: number): boolean {
  return uid === ROOT_UID || uid === process.getuid?.();
}

function untrusted(path: string, at: string): WhosawError {
  return new WhosawError(
    "CONTROL_UNREACHABLE",
    `Anybody could have put ${at} there, since everybody may write to ${dirname(at)}: what answers at ${path} is not asked.`,
    { hint: "Take that right away (chmod o-w), or name another place in control.socket." },
  );
}
