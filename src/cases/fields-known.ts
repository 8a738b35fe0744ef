/** What a caller knew, as people say it: classes of fields, one bit each. */
import { CLASS_BITS } from "../asks/class-bits.ts";
import { WhosawError } from "../base/errors.ts";

/** Everyday words for them. */
const WORDS: Readonly<Record<string, keyof typeof CLASS_BITS>> = {
  name: "identity",
  "e-mail": "contact",
  email: "contact",
  mail: "contact",
  phone: "contact",
  address: "contact",
  message: "content",
  conversation: "content",
  password: "secret",
  pin: "secret",
  "ticket-number": "ticket",
  case: "ticket",
};

const HINT = `Classes are ${Object.keys(CLASS_BITS).join(", ")}; name, e-mail, phone, address, message and password will do.`;

/**
 * @param text names between commas, semicolons, blanks or bars; empty, or `nothing`, when the customer could not say
 * @throws {WhosawError} USAGE for a word that names no class
 */
export function readFieldsKnown(text: string): number {
  const words = text.toLowerCase().split(/[\s,;|+]+/u);
  let bits = 0;
  for (const word of words) {
    if (["", "-", "nothing", "unknown"].includes(word)) continue;
    const name = Object.hasOwn(WORDS, word) ? WORDS[word] : word;
    if (name === undefined || !isClass(name))
      throw new WhosawError("USAGE", "What the caller knew is said in classes of fields, and this names none.", {
        hint: HINT,
      });
    bits |= CLASS_BITS[name];
  }
  return bits;
}

/** The classes, in the order of their bits. */
export function fieldNames(bits: number): string[] {
  return Object.entries(CLASS_BITS).flatMap(([name, bit]) => ((bits & bit) === 0 ? [] : [name]));
}

function isClass(name: string): name is keyof typeof CLASS_BITS {
  return Object.hasOwn(CLASS_BITS, name);
}
