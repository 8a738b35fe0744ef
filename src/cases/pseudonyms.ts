/** Who reported and who called, as keyed hashes: what comes twice is known again, and nobody is named. */
import { createHmac, hkdfSync } from "node:crypto";
import { subjectTarget } from "../asks/subject.ts";
import type { ReportedContact } from "../state/reports.ts";
import type { GivenReport } from "./given-report.ts";

const HEX_DIGITS = 32;

/** Makes of a report what may be kept. */
export class Pseudonyms {
  readonly #masterKey: Uint8Array;
  readonly #key: Uint8Array;

  /** @param masterKey 32 bytes */
  constructor(masterKey: Uint8Array) {
    this.#masterKey = masterKey;
    this.#key = new Uint8Array(hkdfSync("sha256", masterKey, "", "whosaw reporter key v1", 32));
  }

  contact({ reporter, caller, kind, key, mark, ...rest }: GivenReport): ReportedContact {
    const target = subjectTarget(this.#masterKey, kind, key);
    return {
      ...rest,
      kind,
      key: target.name.slice(kind.length + 1),
      keyHash: target.text.toString("hex"),
      reporter: reporter === undefined ? undefined : this.#hash("reporter", reporter),
      caller: caller === undefined ? undefined : this.#hash("caller", caller),
      mark,
    };
  }

  /** A telephone number is the same with blanks and dashes, and with 00 in place of the plus sign. */
  #hash(role: "reporter" | "caller", text: string): string {
    const digits = /^[+\d][\d\s()./-]{4,}$/u.test(text) ? text.replace(/[^\d+]/gu, "").replace(/^00/u, "+") : undefined;
    const hmac = createHmac("sha256", this.#key);
    return hmac
      .update(`${role}\n${digits ?? text.toLowerCase()}`)
      .digest("hex")
      .slice(0, HEX_DIGITS);
  }
}
