/**
 * The actor register: one JSON file, replaced whole. Readers see the old or the new one; writers take turns (lock.ts).
 * It holds names and password verifiers, so only its owner may read it (0600).
 */
import { randomUUID } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import * as z from "zod";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { isCode, nodeDisk } from "../ledger/disk.ts";
import { writeDurably } from "../ledger/durable-file.ts";
import type { ActorId } from "../ledger/entry.ts";
import { type Actor, type ActorSnapshot, createSnapshot } from "./actor.ts";
import { parseVerifier } from "../wire/scram.ts";
import { withLock } from "./lock.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/u;

const nameSchema = z.string().refine((name) => nameProblem(name) === undefined);
const actorSchema = z
  .strictObject({
    id: z.string(),
    name: nameSchema,
    role: z.string().min(1),
    verifier: z.string().refine(isVerifier).nullable(),
    disabled: z.boolean(),
    aliases: z.array(z.string().min(1)).optional(),
    team: z.string().min(1).optional(),
  })
  .refine(({ id, name }) => id === `svc:${name}` || (id.startsWith("staff:") && UUID.test(id.slice("staff:".length))));
const registerSchema = z.strictObject({ format: z.literal(1), actors: z.array(actorSchema) });

/** What is wrong with a user name, or undefined. PostgreSQL's limit of length; no control characters, since names reach logs. */
export function nameProblem(name: string): string | undefined {
  if (name === "") return "An actor needs a name.";
  if (Buffer.byteLength(name) > LIMITS.actorNameBytesMax)
    return `An actor's name has at most ${LIMITS.actorNameBytesMax} bytes.`;
  if (/\p{Cc}|\p{Cs}/u.test(name)) return "An actor's name has no control characters.";
  return undefined;
}

function isVerifier(text: string): boolean {
  try {
    parseVerifier(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Reads a register's bytes.
 * @param file for messages
 * @throws WhosawError ACTORS_INVALID, whatever the bytes
 */
export function parseRegister(bytes: Uint8Array, file: string): ActorSnapshot {
  const parsed = registerSchema.safeParse(parseJson(bytes, file));
  if (!parsed.success) {
    const place = parsed.error.issues[0]?.path.map(String).join(".") ?? "";
    throw invalid(
      file,
      place === "" ? "is not an actor register of format 1" : `has a wrong value at ${place.slice(0, 80)}`,
    );
  }
  const actors = parsed.data.actors.map(({ aliases, team, ...actor }) => ({
    ...actor,
    id: actor.id as ActorId,
    verifier: actor.verifier ?? undefined,
    ...(aliases !== undefined && { aliases }),
    ...(team !== undefined && { team }),
  }));
  const snapshot = createSnapshot(actors);
  if (actors.some((actor) => snapshot.byName(actor.name) !== actor || snapshot.byId(actor.id) !== actor)) {
    throw invalid(file, "names an actor twice");
  }
  return snapshot;
}

function parseJson(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid(file, "is not JSON", cause);
  }
}

function invalid(file: string, what: string, cause?: unknown): WhosawError {
  return new WhosawError("ACTORS_INVALID", `The actor register ${basename(file)} ${what}.`, {
    hint: "Restore it from a backup; change it with `whosaw actor` only.",
    cause,
  });
}

/**
 * The register on disk; without a file it is empty.
 * @throws WhosawError ACTORS_INVALID, FILE_UNREADABLE
 */
export async function readRegister(file: string): Promise<ActorSnapshot> {
  let bytes: Buffer;
  try {
    if ((await stat(file)).size > LIMITS.actorRegisterBytesMax) throw invalid(file, "is too large");
    bytes = await readFile(file);
  } catch (cause) {
    if (isCode(cause, "ENOENT")) return createSnapshot([]);
    if (cause instanceof WhosawError) throw cause;
    throw new WhosawError("FILE_UNREADABLE", `The actor register ${basename(file)} cannot be read.`, {
      hint: "Run whosaw as the user who owns it.",
      cause,
    });
  }
  return parseRegister(bytes, file);
}

export interface NewActor {
  readonly name: string;
  /** A name under `roles` in whosaw.yaml: the caller has checked that it is there. */
  readonly role: string;
  readonly service: boolean;
  readonly verifier: string | undefined;
}

/** @throws WhosawError ACTOR_EXISTS, USAGE for an impossible name, and what readRegister and the disk may say */
export async function addActor(file: string, actor: NewActor): Promise<Actor> {
  const id: ActorId = actor.service ? `svc:${actor.name}` : `staff:${randomUUID()}`;
  const added: Actor = { id, name: actor.name, role: actor.role, verifier: actor.verifier, disabled: false };
  await addActors(file, [added]);
  return added;
}

/** All of them, or none, under the ids that they have. @throws as {@link addActor} */
export async function addActors(file: string, actors: readonly Actor[]): Promise<void> {
  for (const { name } of actors) {
    const problem = nameProblem(name);
    if (problem !== undefined) throw new WhosawError("USAGE", problem, { hint: "Choose another name." });
  }
  await editRegister(file, (snapshot) => {
    const known = actors.some(({ name, id }) => snapshot.byName(name) !== undefined || snapshot.byId(id) !== undefined);
    if (known) {
      throw new WhosawError("ACTOR_EXISTS", "An actor of that name exists already.", {
        hint: "Choose another name; see `whosaw actor list`. A disabled actor comes back by `whosaw actor enable`.",
      });
    }
    return [...snapshot.all, ...actors];
  });
}

/** The actor of that name. @throws WhosawError NOT_FOUND */
export function requireActor(snapshot: ActorSnapshot, name: string): Actor {
  const actor = snapshot.byName(name);
  if (actor !== undefined) return actor;
  throw new WhosawError("NOT_FOUND", "There is no actor of that name.", {
    hint: "See `whosaw actor list`: names are exact, and case counts.",
  });
}

/** Changes parts of one actor. @throws WhosawError NOT_FOUND, and what readRegister and the disk may say */
export async function changeActor(
  file: string,
  name: string,
  change: Partial<Pick<Actor, "disabled" | "verifier" | "role">>,
): Promise<Actor> {
  let changed: Actor | undefined;
  await editRegister(file, (snapshot) => {
    const actor = requireActor(snapshot, name);
    const next = { ...actor, ...change };
    changed = next;
    return snapshot.all.map((other) => (other === actor ? next : other));
  });
  return changed as Actor;
}

/** Replaces the register by what `change` makes of it. @throws WhosawError as readRegister, ACTORS_LOCKED, FILE_UNWRITABLE */
export async function editRegister(file: string, change: (snapshot: ActorSnapshot) => readonly Actor[]): Promise<void> {
  await withLock(file, async () => {
    const actors = change(await readRegister(file));
    const stored = actors.map((actor) => ({ ...actor, verifier: actor.verifier ?? null }));
    const text = `${JSON.stringify({ format: 1, actors: stored }, undefined, 2)}\n`;
    try {
      await writeDurably(nodeDisk(), file, Buffer.from(text));
    } catch (cause) {
      throw unwritable(file, cause);
    }
  });
}

function unwritable(file: string, cause: unknown): WhosawError {
  return new WhosawError("FILE_UNWRITABLE", `The actor register ${basename(file)} cannot be written.`, {
    hint: "Make its folder writable for this user and see that the disk is not full.",
    cause,
  });
}
