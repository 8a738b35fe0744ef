/** What a value of the copy says for one that the database holds. */
import { emailOf, isMaskedEmail, masksEmail } from "./email.ts";
import { nameSupports } from "./name.ts";
import { lastDigits, phoneDigits, samePhone } from "./phone.ts";
import type { MatchField } from "./tables.ts";

/** `same` names a person; `supports` fits many; `differs` is a value that was changed, mistyped or made up. */
export type Evidence = "same" | "supports" | "differs";

/** @returns undefined where one of the two is empty */
export function evidenceOf(
  value: string | null | undefined,
  held: string | null | undefined,
  field: MatchField,
): Evidence | undefined {
  const [given, known] = [value?.trim() ?? "", held?.trim() ?? ""];
  if (given === "" || known === "") return undefined;
  if (field.shapes.includes("email")) return emailEvidence(given, known);
  if (field.shapes.includes("phone") && field.class !== "ticket") return phoneEvidence(given, known);
  // Two people have one name; only one has a ticket's number.
  if (field.class === "identity") return nameSupports(given, known) ? "supports" : "differs";
  return given.toLowerCase() === known.toLowerCase() ? "same" : "differs";
}

function emailEvidence(given: string, known: string): Evidence {
  if (isMaskedEmail(given) && emailOf(given) === undefined) return masksEmail(given, known) ? "supports" : "differs";
  return emailOf(given) !== undefined && emailOf(given) === emailOf(known) ? "same" : "differs";
}

function phoneEvidence(given: string, known: string): Evidence {
  if (samePhone(given, known)) return "same";
  const tail = lastDigits(given);
  return tail !== undefined && (phoneDigits(known) ?? "").endsWith(tail) ? "supports" : "differs";
}
