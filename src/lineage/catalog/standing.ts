/** Holds the classification against the database: what each relation is, and every sentence about what does not fit. */
import type { ProtectedRelation, Relation, Standing } from "../catalog.ts";
import type { Classification, ProtectedTableRule } from "../classification.ts";
import { analyseExpression } from "./expression.ts";
import type { KeyExpression } from "./expression.ts";
import type { Facts } from "./facts.ts";
import { resolveKey } from "./keys.ts";
import { Mismatch, requireColumn, requireRelation } from "./mismatch.ts";
import { nearestName, splitQualified } from "./names.ts";
import type { CatalogQuery } from "./statements.ts";
import { isAllowedSystemRelation, isSystemSchema } from "./system.ts";

export interface Classified {
  readonly standings: ReadonlyMap<number, Standing>;
  readonly mismatches: readonly string[];
}

const PROTECTABLE: ReadonlySet<string> = new Set(["table", "partitioned", "foreign", "view", "matview"]);
const PUBLIC: Standing = { kind: "public" };

const nameOf = (relation: Relation): string => `${relation.schema}.${relation.name}`;

class Classifier {
  readonly #facts: Facts;
  readonly #query: CatalogQuery;
  readonly standings = new Map<number, Standing>();
  readonly mismatches: string[] = [];

  constructor(facts: Facts, query: CatalogQuery) {
    this.#facts = facts;
    this.#query = query;
  }

  /** Runs one check, and keeps its mismatch instead of stopping at it. */
  async attempt(prefix: string, work: () => void | Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      this.mismatches.push(prefix + error.message);
    }
  }

  async protect(subjectKind: string, table: string, rule: ProtectedTableRule): Promise<void> {
    let relation: Relation | undefined;
    await this.attempt("", () => void (relation = requireRelation(table, this.#facts)));
    if (relation === undefined) return;
    const found = relation;
    for (const column of [...Object.keys(rule.fields), ...rule.public]) {
      await this.attempt("", () => void requireColumn(found, column, "the column"));
    }
    await this.attempt("", () => this.#protectRelation(subjectKind, table, rule, found));
  }

  async #protectRelation(
    subjectKind: string,
    table: string,
    rule: ProtectedTableRule,
    relation: Relation,
  ): Promise<void> {
    if (!PROTECTABLE.has(relation.kind))
      throw new Mismatch(`${table} is a ${relation.kind}, which cannot be protected`);
    if (isSystemSchema(relation.schema))
      throw new Mismatch(`${table} is one of PostgreSQL's own relations, which cannot be protected`);
    if (this.standings.has(relation.oid)) throw new Mismatch(`${table} is listed twice among the protected tables`);
    let expression: KeyExpression | undefined;
    if ("sql" in rule.key) {
      try {
        expression = await analyseExpression(rule.key.sql, relation, this.#query);
      } catch (error) {
        throw error instanceof Mismatch ? new Mismatch(`${table}: ${error.message}`) : error;
      }
    }
    const key = resolveKey(rule.key, expression, relation, this.#facts);
    const publicColumns = new Set(rule.public);
    this.standings.set(relation.oid, {
      kind: "protected",
      table: { table: nameOf(relation), relation, subjectKind, nullable: rule.nullable, publicColumns, ...key },
    });
  }

  /** Partitions and inheriting tables count as the protected table that they belong to. */
  protectChildren(): void {
    for (const relation of this.#facts.relations.values()) {
      if (relation.parents.length === 0 || this.standings.has(relation.oid)) continue;
      const ancestors = this.#protectedAncestors(relation);
      const top = ancestors[0];
      if (top === undefined || relation.kind === "index") continue;
      if (ancestors.some((ancestor) => ancestor.table !== top.table)) {
        this.mismatches.push(
          `${nameOf(relation)} inherits from the protected tables ${ancestors.map((a) => a.table).join(" and ")}; list it with a key of its own`,
        );
        continue;
      }
      this.standings.set(relation.oid, { kind: "protected", table: { ...top, relation } });
    }
  }

  /** Configured tables above this one, topmost first. */
  #protectedAncestors(relation: Relation): ProtectedRelation[] {
    const found: ProtectedRelation[] = [];
    const above = (child: Relation): void => {
      for (const oid of child.parents) {
        const parent = this.#facts.relations.get(oid);
        if (parent === undefined) continue;
        above(parent);
        const standing = this.standings.get(oid);
        if (
          standing?.kind === "protected" &&
          standing.table.relation.oid === oid &&
          !found.some((f) => f.table === standing.table.table)
        ) {
          found.push(standing.table);
        }
      }
    };
    above(relation);
    return found;
  }

  async declarePublic(name: string): Promise<void> {
    const parts = splitQualified(name);
    if (parts?.length === 2 && parts[1] === "*") return this.#declareSchema(parts[0]!);
    await this.attempt("public: ", () => {
      const relation = requireRelation(name, this.#facts);
      const standing = this.standings.get(relation.oid);
      if (standing?.kind === "protected") {
        throw new Mismatch(
          standing.table.table === nameOf(relation)
            ? `${name} is listed as protected, too`
            : `${name} belongs to the protected table ${standing.table.table}`,
        );
      }
      const child = this.#protectedBelow(relation);
      if (child !== undefined)
        throw new Mismatch(`${name} also shows the rows of the protected table ${nameOf(child)}`);
      const read =
        relation.kind === "view"
          ? relation.viewReads.find((oid) => this.standings.get(oid)?.kind === "protected")
          : undefined;
      if (read !== undefined)
        throw new Mismatch(`the view ${name} reads the protected table ${nameOf(this.#facts.relations.get(read)!)}`);
      if (relation.kind === "view" && relation.viewReads.includes(0)) {
        throw new Mismatch(
          `the view ${name} calls functions of its own or reads samples of values: what it shows is not known`,
        );
      }
      this.standings.set(relation.oid, PUBLIC);
    });
  }

  #protectedBelow(relation: Relation): Relation | undefined {
    if (!relation.hasInheritors) return undefined;
    for (const child of this.#facts.relations.values()) {
      if (!child.parents.includes(relation.oid)) continue;
      if (this.standings.get(child.oid)?.kind === "protected") return child;
      const below = this.#protectedBelow(child);
      if (below !== undefined) return below;
    }
    return undefined;
  }

  /** All tables of a schema that are not protected; its views only if all that they read is public as well. */
  #declareSchema(schema: string): void {
    const relations = [...this.#facts.relations.values()].filter((relation) => relation.schema === schema);
    if (relations.length === 0 || isSystemSchema(schema)) {
      const near = nearestName(schema, new Set([...this.#facts.relations.values()].map((relation) => relation.schema)));
      this.mismatches.push(
        `public: the schema ${schema} has no tables${near === undefined || near === schema ? "" : `; did you mean ${near}?`}`,
      );
      return;
    }
    for (const relation of relations) {
      if (relation.kind === "view" || relation.kind === "matview" || this.standings.has(relation.oid)) continue;
      if (this.#protectedBelow(relation) === undefined) this.standings.set(relation.oid, PUBLIC);
    }
    for (const relation of relations) {
      if (relation.kind !== "view" && relation.kind !== "matview") continue;
      if (this.standings.has(relation.oid)) continue;
      if (relation.viewReads.every((oid) => this.#isHarmless(oid))) this.standings.set(relation.oid, PUBLIC);
    }
  }

  #isHarmless(oid: number): boolean {
    const relation = this.#facts.relations.get(oid);
    if (relation === undefined) return false;
    if (relation.kind === "view" && !isSystemSchema(relation.schema)) return true; // What it reads is listed, too.
    return this.standings.get(oid)?.kind === "public" || isAllowedSystemRelation(relation.schema, relation.name);
  }

  /** Partitions of public tables hold what the table shows; other heirs may have columns of their own. */
  settle(): void {
    for (const relation of this.#facts.relations.values()) {
      if (isSystemSchema(relation.schema)) {
        this.standings.set(relation.oid, {
          kind: "system",
          allowed: isAllowedSystemRelation(relation.schema, relation.name),
        });
      } else if (
        this.#facts.partitions.has(relation.oid) &&
        !this.standings.has(relation.oid) &&
        this.#partOfPublic(relation)
      ) {
        this.standings.set(relation.oid, PUBLIC);
      }
    }
  }

  #partOfPublic(relation: Relation): boolean {
    const parent = this.#facts.relations.get(relation.parents[0] ?? 0);
    if (parent === undefined || relation.kind === "index") return false;
    return this.standings.get(parent.oid)?.kind === "public" || this.#partOfPublic(parent);
  }
}

/** @returns the standing of every relation that has one, and a sentence for everything that does not fit */
export async function classify(facts: Facts, classification: Classification, query: CatalogQuery): Promise<Classified> {
  const classifier = new Classifier(facts, query);
  for (const [kind, { tables }] of Object.entries(classification.subjects)) {
    for (const [table, rule] of Object.entries(tables)) await classifier.protect(kind, table, rule);
  }
  classifier.protectChildren();
  const wildcards = classification.public.filter((name) => name.endsWith(".*"));
  for (const name of classification.public) if (!name.endsWith(".*")) await classifier.declarePublic(name);
  for (const name of wildcards) await classifier.declarePublic(name);
  classifier.settle();
  return classifier;
}
