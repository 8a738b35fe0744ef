/** The ledger: growing, with room left, its keys and witness elsewhere, its disclosures with persons on them. */
import { readdir, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DAY_MS } from "../base/clock.ts";
import { LIMITS } from "../base/limits.ts";
import type { Config } from "../config/config.ts";
import { asking, critical, type DoctorFinding, fine, note, warning } from "./finding.ts";
import type { RecentLedger } from "./recent.ts";

const DAYS_SHORT = 30;
const DAYS_CRITICAL = 3;

/** The ledger's last entry held against this machine's clock. */
export function lastEntry(recent: RecentLedger, nowMs: number): DoctorFinding[] {
  const agoMs = nowMs - recent.lastMs;
  const at = new Date(recent.lastMs).toISOString();
  if (agoMs < -LIMITS.clockSkewMs)
    return [
      critical(
        "clock.ledger",
        `The ledger's last entry is of ${at}, ${Math.round(-agoMs / 1000)} s ahead of this machine's clock.`,
        "The gateway stays red until the clock has caught up. Set the clock right; times in the ledger never go back.",
      ),
    ];
  if (agoMs > LIMITS.heartbeatSilenceMs)
    return [
      note(
        "ledger.running",
        `The ledger's last entry is of ${at}: no gateway writes to it now.`,
        "Start one with `whosaw serve`, if one should run.",
      ),
    ];
  return [fine("ledger.running", `A gateway writes to the ledger; its last entry is of ${at}.`)];
}

const SHARE_MIN = 0.9;

/** How many disclosures of the last day say which person saw them. */
export function attribution(recent: RecentLedger): DoctorFinding[] {
  const all = recent.byPersons + recent.byServiceAccounts;
  const since = new Date(recent.sinceMs).toISOString();
  if (all === 0) return [note("attribution", `No disclosure since ${since}: nothing to attribute.`)];
  const share = recent.byPersons / all;
  const message = `${Math.floor(share * 1000) / 10} % of ${all} disclosures since ${since} carry a person; the others only a service account.`;
  return [
    share >= SHARE_MIN
      ? fine("attribution", message)
      : warning(
          "attribution",
          message,
          "For the others the ledger can say which program saw a customer, and not who sat before it. Let staff sign in themselves, or let the application name them.",
        ),
  ];
}

/** Free disk, and how long it lasts at the last day's rate. */
export async function space(config: Config, recent: RecentLedger | undefined, nowMs: number): Promise<DoctorFinding[]> {
  const disk = await statfs(await nearestFolder(config.ledger.dir));
  const free = disk.bavail * disk.bsize;
  if (recent === undefined || recent.recentEntries === 0)
    return [note("ledger.space", `${gigabytes(free)} are free for the ledger; it does not grow yet.`)];
  const bytes = await sizeOf(config.ledger.dir);
  const days = Math.max(nowMs - recent.sinceMs, 60_000) / DAY_MS;
  const perDay = ((bytes / recent.entries) * recent.recentEntries) / days;
  const left = free / Math.max(perDay, 1);
  const message = `The ledger takes ${gigabytes(bytes)} and grows by about ${gigabytes(perDay)} a day; ${gigabytes(free)} are free: ${left > 3_650 ? "more than ten years" : `${Math.floor(left)} days`}.`;
  const advice =
    "When the disk is full no protected row is shown to anybody. Make room, or move ledger.dir to a larger disk.";
  if (left < DAYS_CRITICAL) return [critical("ledger.space", message, advice)];
  return [left < DAYS_SHORT ? warning("ledger.space", message, advice) : fine("ledger.space", message)];
}

function gigabytes(bytes: number): string {
  if (bytes >= 1 << 30) return `${(bytes / (1 << 30)).toFixed(1)} GB`;
  return bytes >= 1 << 20 ? `${(bytes / (1 << 20)).toFixed(1)} MB` : `${Math.ceil(bytes / 1024)} kB`;
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    // A gateway at work removes segments while they are counted.
    if (entry.isDirectory()) bytes += await sizeOf(path);
    else
      bytes += await stat(path).then(
        (found) => found.size,
        () => 0,
      );
  }
  return bytes;
}

async function nearestFolder(path: string): Promise<string> {
  const there = await stat(path).then(
    () => true,
    () => false,
  );
  return there || dirname(path) === path ? path : nearestFolder(dirname(path));
}

/** Keys and witness that would burn with the ledger, and what nobody but the operator knows. */
export async function elsewhere({ ledger }: Config): Promise<DoctorFinding[]> {
  const device = async (path: string): Promise<number> => (await stat(await nearestFolder(path))).dev;
  const findings: DoctorFinding[] = [];
  const own = await device(ledger.dir);
  if ((await device(ledger.witness)) === own)
    findings.push(
      warning(
        "ledger.witness",
        "The witness is on the same disk as the ledger.",
        "Whoever can roll back the one can roll back both. Put ledger.witness on a disk of its own, or keep copies of the checkpoint with somebody else.",
      ),
    );
  else findings.push(fine("ledger.witness", "The witness is on another disk than the ledger."));
  findings.push(
    asking(
      "ledger.keys",
      `Is there a copy of ${join(ledger.keys, "master.key")} in a safe place?`,
      "Without it nobody can ever read the ledger, and no look-up finds a subject again; doctor cannot see copies.",
    ),
  );
  return findings;
}

/** Where copies of the rows may be that no gateway stands before. */
export function copies(): DoctorFinding[] {
  return [
    asking(
      "copies",
      "Where else are copies of the protected rows?",
      "Caches and search indexes of the application, exports for reports, backups, dumps on laptops, test databases: whoever reads those is on no record.",
    ),
  ];
}
