/** Which role an actor has: the register's, unless whosaw.yaml names one for a service account. */
import type { Actor } from "../actors/actor.ts";
import type { Config, RoleConfig } from "./config.ts";

export interface EffectiveRole {
  readonly name: string;
  readonly role: RoleConfig;
}

/** @returns undefined if the configuration has no such role (any more): then the actor cannot sign in. */
export function roleOf(
  config: Pick<Config, "roles" | "actors">,
  actor: Pick<Actor, "id" | "name" | "role">,
): EffectiveRole | undefined {
  const configured = actor.id.startsWith("svc:") ? config.actors.serviceAccounts.get(actor.name) : undefined;
  const name = configured ?? actor.role;
  const role = config.roles.get(name);
  return role && { name, role };
}
