/** Files that only their owner may read, and the one that must not hold a password. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { critical, type DoctorFinding, few, fine, warning } from "./finding.ts";

const FOR_OTHERS = 0o077;

/** Secrets on this machine that others than their owner may read. */
export async function filePermissions(config: Config): Promise<DoctorFinding[]> {
  const { keys } = config.ledger;
  const secrets = [
    config.file,
    config.actors.file,
    join(keys, "master.key"),
    join(keys, "log.key"),
    join(keys, "witness.key"),
    config.upstream.key,
    config.listen.postgres.tls?.key,
  ];
  const open: string[] = [];
  for (const path of secrets) {
    if (path === undefined) continue;
    const mode = await stat(path).then(
      (found) => found.mode,
      () => 0,
    );
    if ((mode & FOR_OTHERS) !== 0) open.push(path);
  }
  if (open.length === 0)
    return [fine("files.permissions", "Configuration, register and keys can be read by their owner alone.")];
  return [
    warning(
      "files.permissions",
      `Others on this machine may read ${few(open)}.`,
      `Run: chmod 600 ${open.map((path) => JSON.stringify(path)).join(" ")}`,
    ),
  ];
}

const PASSWORD_IN_URL = /:\/\/[^\s/@:"']*:(?!\$\{)[^\s/@"']+@/u;

/** A password that stands in whosaw.yaml itself. */
export async function passwordInFile(config: Config): Promise<DoctorFinding[]> {
  const text = await readFile(config.file, "utf8");
  const lines = text.split("\n").filter((line) => !/^\s*#/u.test(line) && PASSWORD_IN_URL.test(line));
  if (lines.length === 0) return [fine("files.password", "No password stands in the configuration.")];
  return [
    critical(
      "files.password",
      `A password stands in ${config.file}.`,
      "Whoever reads the file, or a copy of it, reads the database around the gateway. Write ${GW_PASSWORD}, set it in the environment, and change the password.",
    ),
  ];
}
