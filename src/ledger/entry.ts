/**
 * The kinds of entry and what each one says. docs/ledger-format.md holds the bytes; this file holds the meaning.
 */

/** Numbers are part of the format and never reused. */
export const ENTRY_KINDS = {
  heartbeat: 1,
  gap: 2,
  login: 3,
  logout: 4,
  form: 5,
  statement: 6,
  disclosure: 7,
  refusal: 8,
  "policy-change": 9,
  look: 10,
  alert: 11,
  import: 12,
  imported: 13,
  "import-end": 14,
  "import-undone": 15,
} as const satisfies Record<string, number>;

const SHOWING: ReadonlySet<number> = new Set([ENTRY_KINDS.statement, ENTRY_KINDS.disclosure, ENTRY_KINDS.imported]);

/** Whether entries of a kind say who was shown whom: one that cannot be read any more is missing in every answer. */
export function showsSubjects(kind: number): boolean {
  return SHOWING.has(kind);
}

export type EntryKind = keyof typeof ENTRY_KINDS;

/** `staff:<uuid>` or `svc:<name>`. */
export type ActorId = `staff:${string}` | `svc:${string}`;

/** How an actor proved who it is. */
export type ProofMethod = "scram-sha-256" | "certificate" | "local";

/** What the gateway decided about a statement. */
export type Decision = "accounted" | "opaque" | "refused";

/** Subject keys of one table use, sorted and distinct, as bytes (see docs/ledger-format.md, "Keys block"). */
export interface DisclosureBlock {
  /** Index into the form's uses. */
  readonly use: number;
  readonly keys: Uint8Array;
}

/** How surely a row of an imported file says that the actor was shown the subject. */
export type ImportGrade = "exact" | "page-level" | "possible";

/** How a statement ended. */
export interface Outcome {
  readonly rows: number;
  /** SQLSTATE of the error, if it failed. */
  readonly sqlstate: string | undefined;
}

export type Entry =
  | { readonly kind: "heartbeat"; readonly sessions: number }
  /** No writer ran between these times: after a crash, or a stop longer than a heartbeat's interval. */
  | { readonly kind: "gap"; readonly fromMs: number; readonly toMs: number }
  | {
      readonly kind: "login";
      readonly actor: ActorId;
      readonly proof: ProofMethod;
      readonly clientAddress: string;
      readonly database: string;
    }
  | { readonly kind: "logout"; readonly session: number }
  /** One shape of statement, written the first time in a UTC day that a log sees it; statements refer to it. */
  | {
      readonly kind: "form";
      readonly fingerprint: string;
      readonly text: string;
      readonly uses: readonly {
        readonly table: string;
        readonly subjectKind: string;
        readonly clear: readonly string[];
        readonly masked: readonly string[];
        readonly predicate: readonly string[];
      }[];
      readonly scope: boolean;
    }
  /** One execution, with what its first rows disclosed. */
  | {
      readonly kind: "statement";
      readonly actor: ActorId;
      /** Index of the session's login entry. */
      readonly session: number;
      /** Index of the form entry. */
      readonly form: number;
      readonly decision: Decision;
      readonly ticket: string | undefined;
      readonly reason: string | undefined;
      readonly policy: Uint8Array;
      readonly blocks: readonly DisclosureBlock[];
      /** Present when the statement ended with these rows. */
      readonly outcome: Outcome | undefined;
    }
  /** Further rows of a statement, or its end. */
  | {
      readonly kind: "disclosure";
      /** Index of the statement entry, in the same log. */
      readonly statement: number;
      readonly blocks: readonly DisclosureBlock[];
      readonly outcome: Outcome | undefined;
    }
  | {
      readonly kind: "refusal";
      readonly actor: ActorId;
      readonly session: number;
      /** A stable error code of base/errors. */
      readonly code: string;
      readonly reason: string;
      readonly fingerprint: string;
      readonly text: string;
    }
  | { readonly kind: "policy-change"; readonly policy: Uint8Array; readonly mode: "observe" | "enforce" }
  /** Somebody asked the ledger a question. */
  | {
      readonly kind: "look";
      readonly by: string;
      readonly command: string;
      /** The subject or actor looked at, as `kind:key` with text keys hashed, or an actor id. */
      readonly target: string;
      readonly results: number;
    }
  | { readonly kind: "alert"; readonly code: string; readonly detail: string }
  /** Disclosures from a file begin here; the index of this entry is the import's number. */
  | {
      readonly kind: "import";
      /** SHA-256 of the file, in hex. */
      readonly file: string;
      readonly format: string;
      readonly by: string;
      /** The import that was broken off and goes on here. */
      readonly continues: number | undefined;
    }
  /** Disclosures that happened elsewhere, at times of their own: one actor, one UTC day. */
  | {
      readonly kind: "imported";
      /** Index of the form entry; every key was shown in all of its uses. */
      readonly form: number;
      readonly actor: ActorId;
      readonly grade: ImportGrade;
      /** Each subject was one of ten or more on a page. */
      readonly page: boolean;
      /** Epoch milliseconds. */
      readonly atMs: number;
      /** As in a disclosure block; undefined: pages were opened, and nobody knows whom they showed. */
      readonly keys: Uint8Array | undefined;
      /** When each key, or each page, was shown: varints of milliseconds behind `atMs` (imported-times.ts). */
      readonly after: Uint8Array;
    }
  /** The file has been read to its end. */
  | {
      readonly kind: "import-end";
      readonly import: number;
      /** Rows in the file, and those of them that were in the log already. */
      readonly rows: number;
      readonly known: number;
    }
  /** None of an import's disclosures counts any more. */
  | { readonly kind: "import-undone"; readonly import: number; readonly by: string };
