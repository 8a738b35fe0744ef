/** Actors whom other systems know by names of their own: as they come in with imported access logs. */
import { createHash, randomUUID } from "node:crypto";
import type { ActorId } from "../ledger/entry.ts";
import type { Actor } from "./actor.ts";
import { editRegister, nameProblem } from "./register.ts";

/** Of whoever comes in with an import: no role of this name is needed, for they cannot sign in. */
const IMPORTED_ROLE = "imported";

export interface ForeignActor {
  /** What the other system calls it, `zendesk:4711`; also its name here, if names are like that. */
  readonly alias: string;
  readonly team: string | undefined;
}

/**
 * Makes actors who cannot sign in, unless they are there by now, and has others remembered under further names.
 * @param aliases names of other systems, to actors of the register
 * @returns the ids of `wanted`, by alias
 * @throws WhosawError ACTORS_INVALID, ACTORS_LOCKED, FILE_UNWRITABLE
 */
export async function addForeignActors(
  file: string,
  wanted: readonly ForeignActor[],
  aliases: ReadonlyMap<string, ActorId>,
): Promise<ReadonlyMap<string, ActorId>> {
  const ids = new Map<string, ActorId>();
  if (wanted.length === 0 && aliases.size === 0) return ids;
  await editRegister(file, ({ all }) => {
    const further = new Map<ActorId, string[]>();
    for (const [alias, id] of aliases) further.set(id, [...(further.get(id) ?? []), alias]);
    const actors = all.map((actor): Actor => {
      const added = further.get(actor.id);
      return added === undefined ? actor : { ...actor, aliases: [...new Set([...(actor.aliases ?? []), ...added])] };
    });
    const byAlias = new Map(all.flatMap((actor) => (actor.aliases ?? []).map((alias) => [alias, actor] as const)));
    const names = new Set(all.map(({ name }) => name));
    for (const { alias, team } of wanted) {
      const there = byAlias.get(alias);
      const actor = there ?? foreign(alias, team, names);
      if (there === undefined) actors.push(actor);
      ids.set(alias, actor.id);
    }
    return actors;
  });
  return ids;
}

function foreign(alias: string, team: string | undefined, names: Set<string>): Actor {
  const taken = names.has(alias) || nameProblem(alias) !== undefined;
  const name = taken ? `imported-${createHash("sha256").update(alias).digest("hex").slice(0, 16)}` : alias;
  names.add(name);
  return {
    id: `staff:${randomUUID()}`,
    name,
    role: IMPORTED_ROLE,
    verifier: undefined,
    disabled: true,
    aliases: [alias],
    ...(team !== undefined && { team }),
  };
}
