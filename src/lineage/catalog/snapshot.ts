/** The catalog in memory: maps over what the loader read. */
import type { CatalogSnapshot, Relation, Standing } from "../catalog.ts";

export interface Grants {
  /** Relations of which the role may SELECT every column. */
  readonly whole: ReadonlySet<number>;
  /** Columns by relation, where it may not SELECT the whole. */
  readonly columns: ReadonlyMap<number, ReadonlySet<string>>;
}

/** What may run code that users of the database have written. */
export interface UserCode {
  readonly userFunctions: ReadonlySet<string>;
  /** Those of them that belong to no extension. */
  readonly writtenFunctions: ReadonlySet<string>;
  readonly userOperators: ReadonlySet<string>;
  readonly typesWithCode: ReadonlySet<string>;
  readonly typeOidsWithCode: ReadonlySet<number>;
}

export interface SnapshotParts {
  readonly digest: string;
  readonly serverVersion: number;
  readonly relations: readonly Relation[];
  /** Of every relation; what is missing is unclassified. */
  readonly standings: ReadonlyMap<number, Standing>;
  readonly userCode: UserCode;
  readonly grants: ReadonlyMap<string, Grants>;
}

const UNCLASSIFIED: Standing = { kind: "unclassified" };

export class Snapshot implements CatalogSnapshot {
  readonly digest: string;
  readonly serverVersion: number;
  readonly #parts: SnapshotParts;
  readonly #byOid = new Map<number, Relation>();
  readonly #byName = new Map<string, Relation[]>();

  constructor(parts: SnapshotParts) {
    this.digest = parts.digest;
    this.serverVersion = parts.serverVersion;
    this.#parts = parts;
    for (const relation of parts.relations) {
      this.#byOid.set(relation.oid, relation);
      const same = this.#byName.get(relation.name);
      if (same === undefined) this.#byName.set(relation.name, [relation]);
      else same.push(relation);
    }
  }

  relation(oid: number): Relation | undefined {
    return this.#byOid.get(oid);
  }

  find(schema: string, name: string): Relation | undefined {
    return this.#byName.get(name)?.find((relation) => relation.schema === schema);
  }

  named(name: string): readonly Relation[] {
    return this.#byName.get(name) ?? [];
  }

  standing(relation: Relation): Standing {
    return this.#parts.standings.get(relation.oid) ?? UNCLASSIFIED;
  }

  hasUserFunction(name: string): boolean {
    return this.#parts.userCode.userFunctions.has(name);
  }

  overloadsBuiltIn(name: string): boolean {
    return this.#parts.userCode.writtenFunctions.has(name);
  }

  hasUserOperator(name: string): boolean {
    return this.#parts.userCode.userOperators.has(name);
  }

  typeRunsCode(type: string | number): boolean {
    return typeof type === "number"
      ? this.#parts.userCode.typeOidsWithCode.has(type)
      : this.#parts.userCode.typesWithCode.has(type);
  }

  maySelect(role: string, oid: number, columns: readonly string[]): boolean {
    const grants = this.#parts.grants.get(role);
    if (grants === undefined) return false;
    if (grants.whole.has(oid)) return true;
    const granted = grants.columns.get(oid);
    return granted !== undefined && columns.length > 0 && columns.every((column) => granted.has(column));
  }
}
