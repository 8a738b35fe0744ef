/** An actor as somebody names it on the command line. */
import { readRegister } from "../actors/register.ts";
import { WhosawError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import type { ActorId } from "../ledger/entry.ts";
import type { Invocation } from "./command.ts";

/**
 * An id as it stands in the ledger, also of an actor that the register no longer has, or a name in the register.
 * @throws WhosawError USAGE, NOT_FOUND
 */
export async function findActor(config: Config, text: string): Promise<ActorId> {
  if (/^staff:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu.test(text)) return text.toLowerCase() as `staff:${string}`;
  if (/^svc:./u.test(text)) return text as `svc:${string}`;
  if (/^(?:staff|svc):/u.test(text)) {
    const what = text.startsWith("svc:")
      ? "svc: stands before a service account's name"
      : "staff: stands before a UUID";
    throw new WhosawError("USAGE", `${what}, and here it does not.`, {
      hint: "`whosaw actor list` shows the ids of all actors.",
    });
  }
  const actor = (await readRegister(config.actors.file)).byName(text);
  if (actor !== undefined) return actor.id;
  throw new WhosawError("NOT_FOUND", "The actor register has no such name.", {
    hint: "`whosaw actor list` shows the names; an id (staff:UUID, svc:NAME) needs no register.",
  });
}

/** For an answer that nobody was shown: an id with a slip in it gives the same. */
export async function noteIfUnknown({ output }: Invocation, config: Config, actor: ActorId): Promise<void> {
  if ((await readRegister(config.actors.file)).byId(actor) === undefined)
    output.note("no actor of this id is in the register: see `whosaw actor list`");
}
