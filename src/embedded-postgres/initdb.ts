/** An empty cluster: PostgreSQL's data directory before its first start. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { WhosawError } from "../base/errors.ts";
import type { ServerUser } from "./binaries.ts";

export interface NewCluster {
  /** The folder with bin/. */
  readonly native: string;
  /** As initdb is told it: empty or not there yet. */
  readonly data: string;
  /** Where initdb runs; its user need not be able to look into the folders above. */
  readonly cwd: string;
  readonly superuser: string;
  /** A file with the superuser's password, readable for `user`. */
  readonly passwordFile: string;
  /** Who owns the cluster, if not whoever runs this process. */
  readonly user: ServerUser | undefined;
  /** On return all of it is on stable storage. */
  readonly sync: boolean;
}

/**
 * Runs initdb: UTF-8, locale C, passwords for everybody.
 * @throws {WhosawError} UPSTREAM_UNREACHABLE; the hint says what initdb said
 */
export async function initdb(cluster: NewCluster): Promise<void> {
  const { native, data, cwd, superuser, passwordFile, user, sync } = cluster;
  const flags = ["-D", data, "-U", superuser, "-A", "scram-sha-256", `--pwfile=${passwordFile}`];
  flags.push("-E", "UTF8", "--locale=C", ...(sync ? [] : ["--no-sync"]));
  // Messages in English, whatever the machine speaks: callers look for some of them.
  const options = { ...user, cwd, env: { ...process.env, LC_ALL: "C" } };
  await promisify(execFile)(join(native, "bin", "initdb"), flags, options).catch((cause: unknown) => {
    throw new WhosawError("UPSTREAM_UNREACHABLE", "initdb failed for the embedded PostgreSQL", {
      hint: String(cause),
      cause,
    });
  });
}
