/** Who the people in an access log are here. Names stay in the register: the ledger has their ids alone. */
import { addForeignActors } from "../actors/foreign.ts";
import type { ActorSnapshot } from "../actors/actor.ts";
import { readRegister } from "../actors/register.ts";
import { WhosawError } from "../base/errors.ts";
import type { ActorId } from "../ledger/entry.ts";

/** Ids as the file has them, with the team where it says one. */
export type FileActors = ReadonlyMap<string, string | undefined>;

export interface FoundActors {
  readonly known: ReadonlyMap<string, ActorId>;
  /** Those that nobody knows. */
  readonly unknown: readonly string[];
  /** Known by the mapping file alone: the register is to remember them. */
  readonly mapped: ReadonlyMap<string, ActorId>;
}

/**
 * @param mapping ids in the file to names or ids in the register
 * @throws WhosawError NOT_FOUND if the mapping names somebody who is not in the register, and as readRegister
 */
export async function findActors(
  register: string,
  actors: FileActors,
  mapping: ReadonlyMap<string, string> | undefined,
): Promise<FoundActors> {
  const snapshot = await readRegister(register);
  const aliases = new Map(
    snapshot.all.flatMap(({ id, aliases: names = [] }) => names.map((name) => [name, id] as const)),
  );
  const known = new Map<string, ActorId>();
  const mapped = new Map<string, ActorId>();
  const unknown: string[] = [];
  for (const name of actors.keys()) {
    const to = mapping?.get(name) ?? mapping?.get(name.slice(name.indexOf(":") + 1));
    if (to !== undefined) {
      const id = named(snapshot, to) ?? nobody();
      known.set(name, id);
      if (aliases.get(name) !== id) mapped.set(name, id);
      continue;
    }
    const id = aliases.get(name) ?? named(snapshot, name);
    if (id === undefined) unknown.push(name);
    else known.set(name, id);
  }
  return { known, unknown, mapped };
}

/**
 * Everybody's id; those whom nobody knows come into the register, disabled.
 * @throws WhosawError FILE_UNWRITABLE, ACTORS_LOCKED
 */
export async function actorIds(
  register: string,
  actors: FileActors,
  { known, unknown, mapped }: FoundActors,
): Promise<ReadonlyMap<string, ActorId>> {
  const wanted = unknown.map((alias) => ({ alias, team: actors.get(alias) }));
  return new Map([...known, ...(await addForeignActors(register, wanted, mapped))]);
}

/** Whoever has this name or id in the register. */
function named(snapshot: ActorSnapshot, text: string): ActorId | undefined {
  return (snapshot.byName(text) ?? snapshot.byId(text as ActorId))?.id;
}

function nobody(): never {
  throw new WhosawError("NOT_FOUND", "The file of actors names somebody who is not in the actor register.", {
    hint: "`whosaw actor list` shows names and ids.",
  });
}
