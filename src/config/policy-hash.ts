/** The policy version: which rules held when a statement was recorded. */
import { createHash } from "node:crypto";
import type { Config } from "./config.ts";

/**
 * SHA-256 (32 bytes) of everything in the configuration that decides what an actor may be shown and how it is
 * recorded: mode, subjects, public, roles, service accounts, and which database it is about. Passwords, certificates,
 * addresses to listen on and directories are left out, so that gateways with equal rules have equal versions.
 */
export function policyHash(config: Config): Uint8Array {
  return createHash("sha256").update(policyText(config)).digest();
}

/** What {@link policyHash} is the hash of: canonical JSON. */
export function policyText(config: Config): string {
  const { host, port, user, database } = config.upstream;
  const policy = {
    format: 1,
    upstream: { host, port, user, database },
    mode: config.mode,
    subjects: config.classification.subjects,
    public: [...config.classification.public].sort(),
    roles: Object.fromEntries(config.roles),
    serviceAccounts: Object.fromEntries(config.actors.serviceAccounts),
  };
  return canonicalJson(policy);
}

/** JSON with the names of every object in code-unit order: equal values give equal text. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}
