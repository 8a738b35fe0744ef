/**
 * Statements other than queries, one handler each: forgetting a kind does not compile. What only changes the session
 * passes and tells the gateway what changes; what changes the schema needs `migrate`.
 */
import type {
  Node,
  TransactionStmt,
  VariableSetStmt,
  CreateStmt,
  CreateTableAsStmt,
  DropStmt,
  FetchStmt,
  NotifyStmt,
  PrepareStmt,
  DeclareCursorStmt,
  ExecuteStmt,
  ExplainStmt,
  CopyStmt,
  DiscardStmt,
  DeallocateStmt,
  ClosePortalStmt,
  RangeVar,
  IndexStmt,
  TruncateStmt,
  ViewStmt,
} from "libpg-query";
import { PASS, passes, passWith, type Planned } from "./accounting.ts";
import { planCopy } from "./copy.ts";
import { embedsAscii } from "./encodings.ts";
import { resolveName } from "./names.ts";
import { strings, type UtilityKind } from "./nodes.ts";
import { refuse, refuseAlways } from "./refusal.ts";
import { createsTable, refuseLaundering } from "./select.ts";
import type { StatementContext } from "./statement.ts";
import { refuseSetting, survey } from "./survey.ts";

/** Plans a query inside of a utility statement; given by the dispatcher, which knows all statements. */
export type PlanInner = (statement: StatementContext, node: Node) => Planned;
type Handler = (statement: StatementContext, body: never, inner: PlanInner) => Planned;

const pass: Handler = () => PASS;

/** Changes the schema, or runs code of its own. */
const schema: Handler = (statement) => {
  if (!statement.context.migrate)
    refuse("this account may not change the schema or run procedures", "use an account with migrate: true");
  return passWith({ kind: "ddl" });
};

export const UTILITY: Readonly<Record<UtilityKind, Handler>> = {
  TransactionStmt: (_statement, transaction: TransactionStmt) => planTransaction(transaction),
  VariableShowStmt: pass,
  ListenStmt: pass,
  UnlistenStmt: pass,
  ConstraintsSetStmt: () => passWith({ kind: "deferred-checks" }),
  LockStmt: pass,
  NotifyStmt: (_statement, _notify: NotifyStmt) => PASS,
  VariableSetStmt: (_statement, set: VariableSetStmt) => planSet(set),
  DiscardStmt: (_statement, discard: DiscardStmt) => planDiscard(discard),
  DeclareCursorStmt: planDeclare,
  FetchStmt: (_statement, fetch: FetchStmt) => planFetch(fetch),
  ClosePortalStmt: (_statement, close: ClosePortalStmt) => passWith({ kind: "close-cursor", name: close.portalname }),
  PrepareStmt: planPrepare,
  ExecuteStmt: planExecute,
  DeallocateStmt: (_statement, deallocate: DeallocateStmt) => passWith({ kind: "deallocate", name: deallocate.name }),
  ExplainStmt: planExplain,
  CopyStmt: (statement, copy: CopyStmt) => planCopy(statement, copy),
  CreateStmt: planCreate,
  CreateTableAsStmt: planCreateAs,
  DropStmt: planDrop,
  TruncateStmt: planTruncate,
  IndexStmt: planIndex,
  ViewStmt: planView,
  // Everything below changes the schema, roles or the server.
  CreateSchemaStmt: schema,
  AlterTableStmt: schema,
  AlterCollationStmt: schema,
  AlterDomainStmt: schema,
  GrantStmt: schema,
  GrantRoleStmt: schema,
  AlterDefaultPrivilegesStmt: schema,
  CreateTableSpaceStmt: schema,
  DropTableSpaceStmt: schema,
  AlterTableSpaceOptionsStmt: schema,
  AlterTableMoveAllStmt: schema,
  CreateExtensionStmt: schema,
  AlterExtensionStmt: schema,
  AlterExtensionContentsStmt: schema,
  CreateFdwStmt: schema,
  AlterFdwStmt: schema,
  CreateForeignServerStmt: schema,
  AlterForeignServerStmt: schema,
  CreateForeignTableStmt: schema,
  CreateUserMappingStmt: schema,
  AlterUserMappingStmt: schema,
  DropUserMappingStmt: schema,
  ImportForeignSchemaStmt: schema,
  CreatePolicyStmt: schema,
  AlterPolicyStmt: schema,
  CreateAmStmt: schema,
  CreateTrigStmt: schema,
  CreateEventTrigStmt: schema,
  AlterEventTrigStmt: schema,
  CreatePLangStmt: schema,
  CreateRoleStmt: schema,
  AlterRoleStmt: schema,
  AlterRoleSetStmt: schema,
  DropRoleStmt: schema,
  CreateSeqStmt: schema,
  AlterSeqStmt: schema,
  DefineStmt: schema,
  CreateDomainStmt: schema,
  CreateOpClassStmt: schema,
  CreateOpFamilyStmt: schema,
  AlterOpFamilyStmt: schema,
  CommentStmt: schema,
  SecLabelStmt: schema,
  CreateStatsStmt: schema,
  AlterStatsStmt: schema,
  CreateFunctionStmt: schema,
  AlterFunctionStmt: schema,
  DoStmt: schema,
  CallStmt: schema,
  RenameStmt: schema,
  AlterObjectDependsStmt: schema,
  AlterObjectSchemaStmt: schema,
  AlterOwnerStmt: schema,
  AlterOperatorStmt: schema,
  AlterTypeStmt: schema,
  RuleStmt: schema,
  CompositeTypeStmt: schema,
  CreateEnumStmt: schema,
  CreateRangeStmt: schema,
  AlterEnumStmt: schema,
  LoadStmt: schema,
  CreatedbStmt: schema,
  AlterDatabaseStmt: schema,
  AlterDatabaseRefreshCollStmt: schema,
  AlterDatabaseSetStmt: schema,
  DropdbStmt: schema,
  AlterSystemStmt: schema,
  ClusterStmt: schema,
  VacuumStmt: schema,
  RefreshMatViewStmt: schema,
  CheckPointStmt: schema,
  ReindexStmt: schema,
  CreateConversionStmt: schema,
  CreateCastStmt: schema,
  CreateTransformStmt: schema,
  DropOwnedStmt: schema,
  ReassignOwnedStmt: schema,
  AlterTSDictionaryStmt: schema,
  AlterTSConfigurationStmt: schema,
  CreatePublicationStmt: schema,
  AlterPublicationStmt: schema,
  CreateSubscriptionStmt: schema,
  AlterSubscriptionStmt: schema,
  DropSubscriptionStmt: schema,
};

function planTransaction({ kind, chain }: TransactionStmt): Planned {
  if (kind === "TRANS_STMT_ROLLBACK_TO") return passWith({ kind: "rollback-to" });
  const ends = kind === "TRANS_STMT_COMMIT" || kind === "TRANS_STMT_PREPARE";
  const checks = ends ? [{ kind: "deferred-checks" } as const] : [];
  // AND CHAIN: settings of the transaction end with it, although the server says that it is in one still.
  return passWith(...checks, ...(chain === true ? [{ kind: "rollback-to" } as const] : []));
}

function planSet(set: VariableSetStmt): Planned {
  const name = (set.name ?? "").toLowerCase();
  if (set.kind === "VAR_RESET_ALL") return passWith({ kind: "search-path" }, { kind: "encoding", value: undefined });
  if (set.kind === "VAR_SET_MULTI") return PASS;
  const resets = set.kind === "VAR_RESET" || set.kind === "VAR_SET_DEFAULT";
  if (resets && (name === "role" || name === "session_authorization")) return PASS; // back to the role of the start: see 'role' in the startup packet
  const first = set.args?.[0];
  const value = first && "A_Const" in first ? (first.A_Const.sval?.sval ?? "") : "";
  if (name === "standard_conforming_strings" && (resets || /^(on|true|yes|1|t|y)$/i.test(value))) return PASS;
  refuseSetting(name);
  if (name === "client_encoding" && embedsAscii(value)) refuseAlways(`client_encoding ${value}`, "use UTF8");
  if (name === "client_encoding") return passWith({ kind: "encoding", value: resets ? undefined : value });
  return name === "search_path" ? passWith({ kind: "search-path" }) : PASS;
}

function planDiscard(discard: DiscardStmt): Planned {
  if (discard.target === "DISCARD_ALL")
    return passWith({ kind: "discard-all" }, { kind: "encoding", value: undefined });
  return discard.target === "DISCARD_TEMP" ? passWith({ kind: "discard-temp" }) : PASS;
}

const CURSOR_BINARY = 0x01;
const CURSOR_HOLD = 0x20;

function planDeclare(statement: StatementContext, declare: DeclareCursorStmt, inner: PlanInner): Planned {
  if (!declare.query) refuse("a cursor without a query", "DECLARE c CURSOR FOR SELECT ...");
  const binary = ((declare.options ?? 0) & CURSOR_BINARY) !== 0;
  const planned = inner({ ...statement, binary, declares: true }, declare.query);
  const effect = {
    kind: "declare-cursor",
    name: declare.portalname ?? "",
    hold: ((declare.options ?? 0) & CURSOR_HOLD) !== 0,
  } as const;
  return { treatment: planned.treatment, effects: [...planned.effects, effect] };
}

function planFetch(fetch: FetchStmt): Planned {
  const forward = (fetch.direction ?? "FETCH_FORWARD") === "FETCH_FORWARD" && (fetch.howMany ?? 0) > 0;
  return {
    treatment: { kind: "as-cursor", name: fetch.portalname ?? "", forward, move: fetch.ismove === true },
    effects: [],
  };
}

function planPrepare(statement: StatementContext, prepare: PrepareStmt, inner: PlanInner): Planned {
  if (!prepare.query) refuse("PREPARE without a statement", "PREPARE p AS SELECT ...");
  survey(statement, prepare.argtypes ?? []);
  const planned = inner(statement, prepare.query);
  return { treatment: planned.treatment, effects: [...planned.effects, { kind: "prepare", name: prepare.name ?? "" }] };
}

function planExecute(statement: StatementContext, execute: ExecuteStmt): Planned {
  const found = survey(statement, execute.params ?? []);
  if (found.protected) refuse("a parameter of EXECUTE reads a protected table", "pass plain values");
  return { treatment: { kind: "as-prepared", name: execute.name ?? "" }, effects: [] };
}

function planExplain(statement: StatementContext, explain: ExplainStmt, inner: PlanInner): Planned {
  const query = explain.query;
  if (!query) return PASS;
  if ("ExecuteStmt" in query)
    refuse("EXPLAIN EXECUTE of a statement that may read protected tables", "EXPLAIN the statement itself");
  const edits = statement.splices.count;
  const planned = inner(statement, query);
  if (planned.treatment.kind === "account") {
    statement.splices.truncate(edits);
    refuse(
      "EXPLAIN on protected tables shows counts and values of rows",
      "EXPLAIN it on a copy without people, or with an administrator's own connection",
    );
  }
  // What is explained is not done: EXPLAIN DECLARE declares no cursor.
  return { treatment: planned.treatment, effects: planned.effects.filter(({ kind }) => kind !== "declare-cursor") };
}

/** Plain column definitions only: defaults, checks and parents could carry more. */
function planCreate(statement: StatementContext, create: CreateStmt): Planned {
  if (!create.relation) return schema(statement, undefined as never, () => PASS);
  const effect = createsTable(statement, create.relation);
  if (effect.kind === "ddl") return passWith(effect);
  if ((create.inhRelations?.length ?? 0) > 0 || create.ofTypename || create.partspec || create.partbound)
    refuse(
      "a temporary table that inherits or has partitions",
      "list its columns: CREATE TEMP TABLE t (id bigint, note text)",
    );
  for (const element of create.tableElts ?? []) {
    if ("TableLikeClause" in element)
      refuse("a temporary table LIKE another", "list its columns: CREATE TEMP TABLE t (id bigint, note text)");
    if (!("ColumnDef" in element || "Constraint" in element))
      refuse(
        "a temporary table with more than columns",
        "list its columns: CREATE TEMP TABLE t (id bigint, note text)",
      );
    checkExpressions(statement, element);
    if ("ColumnDef" in element) survey(statement, { typeName: element.ColumnDef.typeName });
  }
  return passWith(effect);
}

/** Defaults, checks and generated columns of a temporary table call functions too. */
function checkExpressions(statement: StatementContext, element: Node): void {
  const constraints = "ColumnDef" in element ? (element.ColumnDef.constraints ?? []) : [element];
  for (const node of constraints) {
    if (!("Constraint" in node)) continue;
    if (node.Constraint.contype === "CONSTR_EXCLUSION")
      refuse("a temporary table with an exclusion constraint", "leave the constraint out");
    if (node.Constraint.pktable) refuse("a temporary table with a foreign key", "leave the foreign key out");
    survey(statement, node.Constraint.raw_expr ?? []);
  }
}

function planCreateAs(statement: StatementContext, create: CreateTableAsStmt): Planned {
  const { query, into } = create;
  if (!query || !into?.rel) refuse("CREATE TABLE AS without a query", "CREATE TEMP TABLE t AS SELECT ...");
  if ("ExecuteStmt" in query)
    refuse(
      "CREATE TABLE AS EXECUTE may store protected values",
      "CREATE TEMP TABLE t AS SELECT ... from public tables",
    );
  const found = survey(statement, query);
  if (found.protected) refuseLaundering();
  const effect = createsTable(statement, into.rel);
  const planned = passes(statement, found);
  return { treatment: planned.treatment, effects: [...planned.effects, effect] };
}

function onlyTemps(statement: StatementContext, names: readonly RangeVar[]): boolean {
  return (
    names.length > 0 && names.every((name) => resolveName(statement.context, statement.temps, name).kind === "temp")
  );
}

function planDrop(statement: StatementContext, drop: DropStmt): Planned {
  const names = (drop.objects ?? []).map((node): RangeVar => {
    const parts = "List" in node ? strings(node.List.items) : [];
    return parts.length > 1
      ? { relname: parts.at(-1) ?? "", schemaname: parts.at(-2) ?? "" }
      : { relname: parts[0] ?? "" };
  });
  if (drop.removeType === "OBJECT_TABLE" && onlyTemps(statement, names)) return PASS;
  return schema(statement, undefined as never, () => PASS);
}

function planTruncate(statement: StatementContext, truncate: TruncateStmt): Planned {
  const found = survey(statement, truncate.relations ?? []);
  return found.protected ? schema(statement, undefined as never, () => PASS) : passes(statement, found);
}

function planIndex(statement: StatementContext, index: IndexStmt): Planned {
  if (index.relation && onlyTemps(statement, [index.relation])) {
    survey(statement, [index.indexParams ?? [], index.whereClause ?? []]);
    return PASS;
  }
  return schema(statement, undefined as never, () => PASS);
}

/** A view stores no rows; reading it is judged by what it reads. */
function planView(statement: StatementContext, view: ViewStmt): Planned {
  if (view.view?.relpersistence === "t") refuse("a temporary view", "write its query as WITH name AS (SELECT ...)");
  return schema(statement, undefined as never, () => PASS);
}
