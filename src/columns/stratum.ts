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

/** `country=PT, language=pt`, on one line, without what could steer a terminal; `country unknown` where there is no value. */
export function stratumText({ name, value }: Pick<NamedStratum, "name" | "value">): string {
  const [names, values] = [listOf(name), listOf(value)];
  const pairs = names.map((of, i) =>
    typeof values[i] === "string" ? `${of ?? ""}=${values[i]}` : `${of ?? ""} unknown`,
  );
  return pairs.join(", ").replace(/\p{C}/gu, "?");
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
