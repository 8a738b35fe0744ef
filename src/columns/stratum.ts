/** What a subject's strata are called: its values in all the configured columns of its kind, together one stratum. */
import { number32 } from "./numbers.ts";

/** As the state keeps it. */
export interface NamedStratum {
  /** What stands for it in columns. */
  readonly number: number;
  readonly kind: string;
  /** JSON: names, in the order of the configuration: `["country","language"]`. */
  readonly name: string;
  /** JSON: a value for each, null where the database has none: `["PT","pt"]`. */
  readonly value: string;
}

/** The same numbers for the same values, whoever makes them and whenever. */
export function namedStratum(kind: string, names: readonly string[], values: readonly (string | null)[]): NamedStratum {
  const [name, value] = [JSON.stringify(names), JSON.stringify(values)];
  return { number: number32(JSON.stringify([kind, name, value])), kind, name, value };
}

/** `country=PT, language=pt`, on one line; `country unknown` where there is no value. */
export function stratumText(stratum: Pick<NamedStratum, "name" | "value">): string {
  const pairs = stratumPairs(stratum);
  return pairs.map(([name, value]) => (value === null ? `${name} unknown` : `${name}=${value}`)).join(", ");
}

/** Names and their values, without what could steer a terminal. */
export function stratumPairs({ name, value }: Pick<NamedStratum, "name" | "value">): [string, string | null][] {
  const [names, values] = [listOf(name), listOf(value)];
  const plain = (text: string): string => text.replace(/\p{C}/gu, "?");
  return names.map((of, i) => {
    const one = values[i];
    return [plain(of ?? ""), typeof one === "string" ? plain(one) : null];
  });
}

/** A backup may have been written by hand. */
function listOf(text: string): readonly (string | null)[] {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.map((item) => (typeof item === "string" ? item : null)) : [text];
  } catch {
    return [text];
  }
}
