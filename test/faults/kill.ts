/**
 * kill -9 of a gateway that is at work, at a random moment, again and again. After each kill, from the bytes on disk:
 * whatever a client received is recorded under its session and actor. After each start: the log verifies, and extends
 * the checkpoint that was kept from the round before.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Random } from "../../sim/support-database/random.ts";
import { deriveSubjectKey, hashTextKey } from "../../src/ledger/keys-block.ts";
import type { SupportDatabase } from "../rig/shared.ts";
import { Installation, type ServedGateway } from "./installation.ts";
import { type Customers, LOAD_CLIENTS, type LoadClient, startLoad } from "./load.ts";
import { recordedSessions } from "./sessions.ts";

export interface KillOptions {
  readonly database: SupportDatabase;
  readonly customers: Customers;
  readonly count: number;
  readonly seed: number;
  readonly onRound?: (round: number, so_far: KillFigures) => void;
}

export interface KillFigures {
  /** Kills while clients were reading. */
  kills: number;
  /** Kills of a gateway that was still starting, thus recovering. */
  killsAtStart: number;
  /** Rows that clients received. */
  rows: number;
  /** Subjects received, summed over sessions; each was looked for in the ledger. */
  subjects: number;
  sessions: number;
  /** Entries in the log at the end. */
  entries: number;
  /** What must stay empty. */
  readonly unrecorded: string[];
  readonly findings: string[];
}

/** The moment of a kill: after so many rows, or so long after all clients are at work. */
const ROWS_MAX = 6_000;
const DELAY_MS_MAX = 700;
const START_DELAY_MS_MAX = 500;

/** Runs the rounds; one seed gives the same clients, the same statements and the same moments. */
export async function killAgainAndAgain(options: KillOptions): Promise<KillFigures> {
  const figures: KillFigures = {
    kills: 0,
    killsAtStart: 0,
    rows: 0,
    subjects: 0,
    sessions: 0,
    entries: 0,
    unrecorded: [],
    findings: [],
  };
  const installation = await Installation.create({ database: options.database });
  try {
    for (let round = 1; round <= options.count; round++) {
      await killOnce(installation, options, round, figures);
      options.onRound?.(round, figures);
    }
    await stopCleanly(installation, figures);
    return figures;
  } finally {
    await installation.remove();
  }
}

async function killOnce(
  installation: Installation,
  options: KillOptions,
  round: number,
  figures: KillFigures,
): Promise<void> {
  const random = new Random(options.seed, round);
  const older = keptCheckpoint(installation);
  const from = figures.entries;
  if (random.chance(0.2) || round === 2) {
    const starting = installation.serve();
    await delay(random.between(0, START_DELAY_MS_MAX));
    await starting.kill();
    figures.killsAtStart += 1;
  }
  const gateway = await installation.ready();
  await verify(installation, older, `start of round ${round}`, figures);
  const clients = await loadUntilKilled(gateway, options, round, random);
  figures.kills += 1;
  const { byAddress, next } = await recordedSessions(installation, from);
  figures.entries = next;
  const hashOf = await callerHash(installation);
  for (const client of clients) {
    const session = byAddress.get(client.address);
    const actor = installation.actors[client.actor].id;
    if (session === undefined || session.actor !== actor) {
      figures.unrecorded.push(`round ${round}: the session of ${client.name} at ${client.address}`);
      continue;
    }
    figures.rows += client.rows;
    figures.sessions += 1;
    figures.subjects += client.received.size;
    for (const received of client.received) {
      if (session.disclosed.has(hashOf(received))) continue;
      figures.unrecorded.push(`round ${round}: ${received} at ${client.name}`);
    }
  }
}

async function loadUntilKilled(
  gateway: ServedGateway,
  { database, customers, seed }: KillOptions,
  round: number,
  random: Random,
): Promise<LoadClient[]> {
  const byRows = random.chance(0.5);
  let rowsLeft = byRows ? random.between(1, ROWS_MAX) : Infinity;
  let allAtWork = false;
  const clients = await startLoad({
    ...(await gateway.address),
    database: database.name,
    customers,
    random: (client) => new Random(seed, round, client),
    address: (client) => `127.${1 + (round >> 8)}.${round & 0xff}.${client + 1}`,
    onRow: () => {
      rowsLeft -= 1;
      if (allAtWork && rowsLeft <= 0) void gateway.kill();
    },
  });
  allAtWork = true;
  if (!byRows) {
    await delay(random.between(0, DELAY_MS_MAX));
    void gateway.kill();
  }
  await gateway.exit;
  await Promise.all(clients.map((client) => client.done));
  if (clients.length !== LOAD_CLIENTS) throw new Error("a client is missing");
  return clients;
}

async function verify(
  installation: Installation,
  older: Buffer | undefined,
  when: string,
  figures: KillFigures,
): Promise<void> {
  const report = await installation.verify(older);
  for (const finding of report.findings) figures.findings.push(`${when}: ${finding.code} ${finding.message}`);
}

async function stopCleanly(installation: Installation, figures: KillFigures): Promise<void> {
  const older = keptCheckpoint(installation);
  const gateway = await installation.ready();
  const exit = await gateway.kill("SIGTERM");
  if (exit.code !== 0) figures.findings.push(`the last stop was not clean: ${JSON.stringify(exit)}`);
  await verify(installation, older, "the end", figures);
}

function keptCheckpoint(installation: Installation): Buffer | undefined {
  const path = join(installation.config.ledger.dir, "checkpoint");
  return existsSync(path) ? readFileSync(path) : undefined;
}

async function callerHash(installation: Installation): Promise<(received: string) => string> {
  const subjectKey = deriveSubjectKey((await installation.keys()).masterKey);
  const notes = "support.notes ";
  return (received) =>
    received.startsWith(notes)
      ? `${notes}${hashTextKey(subjectKey, "caller", received.slice(notes.length))}`
      : received;
}
