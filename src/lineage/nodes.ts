/**
 * Every node kind of PostgreSQL's grammar, sorted by where it may stand. A kind that is missing here does not compile;
 * a kind that the types do not know either (a newer parser) is refused.
 */
import type { Node } from "libpg-query";

type KindOf<N> = N extends unknown ? keyof N : never;
export type NodeKind = KindOf<Node>;

const ROLES = {
  /** Parts of SELECT, INSERT, UPDATE, DELETE and of their expressions. */
  query: [
    "Integer", "Float", "Boolean", "String", "BitString", "List", "A_Const", "Alias", "RangeVar", "GroupingFunc", "NamedArgExpr", "BoolExpr", "SubLink",
    "CaseExpr", "CaseWhen", "RowExpr", "CoalesceExpr", "MinMaxExpr", "SQLValueFunction", "XmlExpr", "XmlSerialize", "JsonFormat", "JsonReturning",
    "JsonValueExpr", "JsonIsPredicate", "JsonBehavior", "NullTest", "BooleanTest", "SetToDefault", "CurrentOfExpr", "JoinExpr", "TypeName", "ColumnRef",
    "ParamRef", "A_Expr", "TypeCast", "CollateClause", "FuncCall", "A_Star", "A_Indices", "A_Indirection", "A_ArrayExpr", "ResTarget", "MultiAssignRef",
    "SortBy", "WindowDef", "RangeSubselect", "RangeFunction", "RangeTableFunc", "RangeTableFuncCol", "RangeTableSample", "ColumnDef", "IndexElem",
    "LockingClause", "GroupingSet", "WithClause", "InferClause", "OnConflictClause", "CommonTableExpr", "CTESearchClause", "CTECycleClause",
    "ReturningOption", "ReturningClause", "MergeWhenClause", "MergeSupportFunc", "JsonOutput", "JsonArgument", "JsonFuncExpr", "JsonTablePathSpec", "JsonTable", "JsonTableColumn",
    "JsonKeyValue", "JsonParseExpr", "JsonScalarExpr", "JsonSerializeExpr", "JsonObjectConstructor", "JsonArrayConstructor", "JsonArrayQueryConstructor",
    "JsonAggConstructor", "JsonObjectAgg", "JsonArrayAgg", "InsertStmt", "DeleteStmt", "UpdateStmt", "MergeStmt", "SelectStmt", "IntoClause",
  ],
  /** Statements other than queries: see utility.ts. */
  utility: [
    "CreateSchemaStmt", "AlterTableStmt", "AlterCollationStmt", "AlterDomainStmt", "GrantStmt", "GrantRoleStmt", "AlterDefaultPrivilegesStmt", "CopyStmt",
    "VariableSetStmt", "VariableShowStmt", "CreateStmt", "CreateTableSpaceStmt", "DropTableSpaceStmt", "AlterTableSpaceOptionsStmt", "AlterTableMoveAllStmt",
    "CreateExtensionStmt", "AlterExtensionStmt", "AlterExtensionContentsStmt", "CreateFdwStmt", "AlterFdwStmt", "CreateForeignServerStmt",
    "AlterForeignServerStmt", "CreateForeignTableStmt", "CreateUserMappingStmt", "AlterUserMappingStmt", "DropUserMappingStmt", "ImportForeignSchemaStmt",
    "CreatePolicyStmt", "AlterPolicyStmt", "CreateAmStmt", "CreateTrigStmt", "CreateEventTrigStmt", "AlterEventTrigStmt", "CreatePLangStmt", "CreateRoleStmt",
    "AlterRoleStmt", "AlterRoleSetStmt", "DropRoleStmt", "CreateSeqStmt", "AlterSeqStmt", "DefineStmt", "CreateDomainStmt", "CreateOpClassStmt",
    "CreateOpFamilyStmt", "AlterOpFamilyStmt", "DropStmt", "TruncateStmt", "CommentStmt", "SecLabelStmt", "DeclareCursorStmt", "ClosePortalStmt", "FetchStmt",
    "IndexStmt", "CreateStatsStmt", "AlterStatsStmt", "CreateFunctionStmt", "AlterFunctionStmt", "DoStmt", "CallStmt", "RenameStmt", "AlterObjectDependsStmt",
    "AlterObjectSchemaStmt", "AlterOwnerStmt", "AlterOperatorStmt", "AlterTypeStmt", "RuleStmt", "NotifyStmt", "ListenStmt", "UnlistenStmt", "TransactionStmt",
    "CompositeTypeStmt", "CreateEnumStmt", "CreateRangeStmt", "AlterEnumStmt", "ViewStmt", "LoadStmt", "CreatedbStmt", "AlterDatabaseStmt",
    "AlterDatabaseRefreshCollStmt", "AlterDatabaseSetStmt", "DropdbStmt", "AlterSystemStmt", "ClusterStmt", "VacuumStmt", "ExplainStmt", "CreateTableAsStmt",
    "RefreshMatViewStmt", "CheckPointStmt", "DiscardStmt", "LockStmt", "ConstraintsSetStmt", "ReindexStmt", "CreateConversionStmt", "CreateCastStmt",
    "CreateTransformStmt", "PrepareStmt", "ExecuteStmt", "DeallocateStmt", "DropOwnedStmt", "ReassignOwnedStmt", "AlterTSDictionaryStmt",
    "AlterTSConfigurationStmt", "CreatePublicationStmt", "AlterPublicationStmt", "CreateSubscriptionStmt", "AlterSubscriptionStmt", "DropSubscriptionStmt",
  ],
  /** Parts of utility statements, which are not walked, and nodes that only analysis makes. */
  other: [
    "ParseResult", "ScanResult", "OidList", "IntList", "TableFunc", "Var", "Param", "Aggref", "WindowFunc", "WindowFuncRunCondition", "SubscriptingRef",
    "FuncExpr", "OpExpr", "DistinctExpr", "NullIfExpr", "ScalarArrayOpExpr", "SubPlan", "AlternativeSubPlan", "FieldSelect", "FieldStore", "RelabelType",
    "CoerceViaIO", "ArrayCoerceExpr", "ConvertRowtypeExpr", "CollateExpr", "CaseTestExpr", "ArrayExpr", "RowCompareExpr", "JsonConstructorExpr", "JsonExpr",
    "JsonTablePath", "JsonTablePathScan", "JsonTableSiblingJoin", "MergeAction", "CoerceToDomain", "CoerceToDomainValue", "NextValueExpr", "InferenceElem",
    "ReturningExpr", "TargetEntry", "RangeTblRef", "FromExpr", "OnConflictExpr", "Query", "RoleSpec", "TableLikeClause", "DefElem", "PartitionElem",
    "PartitionSpec", "PartitionBoundSpec", "PartitionRangeDatum", "PartitionCmd", "RangeTblEntry", "RTEPermissionInfo", "RangeTblFunction",
    "TableSampleClause", "WithCheckOption", "SortGroupClause", "WindowClause", "RowMarkClause", "TriggerTransition", "RawStmt", "SetOperationStmt",
    "ReturnStmt", "PLAssignStmt", "AlterTableCmd", "ATAlterConstraint", "ReplicaIdentityStmt", "ObjectWithArgs", "AccessPriv", "Constraint",
    "CreateOpClassItem", "StatsElem", "FunctionParameter", "InlineCodeBlock", "CallContext", "VacuumRelation", "PublicationTable", "PublicationObjSpec",
    "ScanToken", "SummaryResult", "Table", "Function", "FilterColumn",
  ],
} as const;

export type UtilityKind = (typeof ROLES)["utility"][number];
type Listed = (typeof ROLES)[keyof typeof ROLES][number];
type Missing = Exclude<NodeKind, Listed>;
/** Does not compile while a node kind has no role. */
export const everyKindHasARole: [Missing] extends [never] ? true : Missing = true;

const QUERY_KINDS: ReadonlySet<string> = new Set(ROLES.query);

/** The node kind may stand inside a query. */
export function isQueryKind(kind: string): boolean {
  return QUERY_KINDS.has(kind);
}

/** The one kind of a wrapped node (`{ "SelectStmt": {...} }`) and its body. */
export function unwrap(node: Node): [NodeKind, Record<string, unknown>] {
  for (const [kind, body] of Object.entries(node)) return [kind as NodeKind, body as Record<string, unknown>];
  throw new Error("a node without a kind");
}

/** Strings of a list of String nodes, such as a qualified name. A star reads as "*". */
export function strings(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).map((node) => ("String" in node ? (node.String.sval ?? "") : "A_Star" in node ? "*" : ""));
}
