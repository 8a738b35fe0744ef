/**
 * What a trace takes and gives: from reports of scam contacts, and from who was shown which subject when, to who may have
 * leaked. Plain values and typed arrays; nothing here reads a clock, a disk or a store.
 *
 * Staff are indices into `staff`; subjects are numbers that mean nothing; times are UTC epoch milliseconds; days are whole
 * days since the epoch. A set of fields is a bit set of field classes of the caller's choice, 31 bits at most.
 */

export interface Staff {
  /** Stands in results; a pseudonym will do. */
  readonly id: string;
  /** Team or queue: an outsider may hold what a team sees. */
  readonly team?: string;
}

/** One customer's account of one scam contact. */
export interface Report {
  readonly subject: number;
  /** The contact happened between the two; what was shown after `from` may be because of it, and does not count. */
  readonly from: number;
  readonly to: number;
  /** What the caller knew; 0 when the customer could not say. */
  readonly fieldsKnown: number;
  /** Device, network or account it was reported from: reports of one reporter count once. */
  readonly reporter?: string;
  /** The scammer's number: one call centre calls many, so it joins nothing; told in the result. */
  readonly caller?: string;
  /** Of an approved export: which of its `ways` values the caller's data carried. */
  readonly mark?: { readonly value: number; readonly ways: number };
  /** The subject is a planted decoy: nobody calls it but who has a copy. */
  readonly decoy?: boolean;
}

/** Disclosures, one a row, in any order. */
export interface Views {
  readonly staff: Uint32Array;
  readonly subject: Float64Array;
  readonly at: Float64Array;
  readonly fields: Uint32Array;
  /** 1 on a list page, 0 opened. */
  readonly listed: Uint8Array;
  /** Of an approved export with marks: the value of this copy, else -1. Absent: none. */
  readonly mark?: Int32Array;
  /**
   * 1 where it is not sure that this one was shown this subject: then it explains as any other does, so that nobody is blamed in
   * its place, and is no evidence against its own. Absent: all are sure.
   */
  readonly unsure?: Uint8Array;
}

/** How many views each staff member had a day, by fields and whether listed: rows in any order. */
export interface DayMass {
  readonly staff: Uint32Array;
  readonly day: Int32Array;
  readonly fields: Uint32Array;
  readonly listed: Uint8Array;
  readonly count: Float64Array;
}

/** The same, of subjects in one cell; rows of cells without a report may be left out. */
export interface CellMass extends DayMass {
  readonly cell: Uint32Array;
}

/**
 * Subjects that were about equally exposed and are alike in what else is configured, as of the start of an epoch: among
 * them a contact that has nothing to do with the leak is as likely to reach any.
 */
export interface Cell {
  /** Cells of one epoch together hold every subject once. */
  readonly epoch: number;
  readonly subjects: number;
  /** Views of its subjects in the memory before the epoch, all together. */
  readonly exposure: number;
}

/** A report whose subject was found in the cell of its epoch. */
export interface PlacedReport extends Report {
  /** Index into cells. */
  readonly cell: number;
  /** Views of this subject in the memory before the epoch. */
  readonly exposure: number;
}

/**
 * Subjects of one cell that both of two staff members were shown, from the memory before an epoch's first day to its last;
 * `first` and `second` the same: that one was shown.
 */
export interface SeenByBoth {
  readonly first: number;
  readonly second: number;
  readonly cell: number;
  readonly subjects: number;
}

/** A case at any scale: what `traceViews` makes of views, and what columns give at millions of subjects. */
export interface TraceInput {
  readonly staff: readonly Staff[];
  readonly reports: readonly PlacedReport[];
  /** Of reported subjects only. */
  readonly viewsOfReported: Views;
  readonly actorDayMass: DayMass;
  readonly stratumMass: CellMass;
  readonly cells: readonly Cell[];
  /** For the pairs that `pairsToCount` names. Pairs left out: the frame-up of one by the other is not weighed, and said. */
  readonly seenByBoth?: readonly SeenByBoth[];
  readonly options?: Partial<TraceOptions>;
}

/** Sealed when a case opens. */
export interface TraceOptions {
  /** Chance per case that any innocent is ever called evidence-grade. */
  readonly alpha: number;
  /** Posterior from which an explanation is a lead. */
  readonly leadPosterior: number;
  /** Views this long before a contact count. */
  readonly memoryDays: number;
  /** Mean of the exponential half of the delay from view to contact. */
  readonly delayMeanDays: number;
  /** Share of contacts whose caller knows what the view did not show, or the other way round. */
  readonly fieldError: number;
  /** Scam reports a day that would come without a leak, where that is known. */
  readonly backgroundReportsPerDay?: number;
}

export type HypothesisKind = "nobody" | "dump" | "everyone" | "team" | "single" | "restricted" | "pair";
export type Verdict = "none" | "lead" | "evidence" | "lead-pair";

/** One explanation of the reports. */
export interface Hypothesis {
  readonly kind: HypothesisKind;
  /** Ids: nobody's for an outsider, one, or two that sold together. */
  readonly staff: readonly string[];
  readonly team?: string;
  /** Of kind restricted: who would be framed; `staff` leaks only what this one saw too. */
  readonly beside?: string;
  readonly posterior: number;
}

/** What stands against one person, over all explanations that hold that person. */
export interface Suspect {
  readonly staff: string;
  readonly posterior: number;
  /** Grows only if this person leaked; from M/alpha on evidence-grade. Natural logarithm: it overflows a number. */
  readonly logEValue: number;
  /** The same guarded for two leakers. */
  readonly logPairEValue: number;
  readonly verdict: Verdict;
}

/** After so many reports, in order of contact. */
export interface Step {
  /** Index into `reports` as given. */
  readonly report: number;
  /** Counts, or why not. */
  readonly weighed: "counted" | "same-subject" | "same-reporter";
  readonly top: readonly Suspect[];
  readonly nobody: number;
}

export interface LeakWindow {
  readonly earliest: number;
  readonly latest: number;
  readonly basis: string;
}

/** Decoys to plant: planted in what one person is shown, nobody else can have sold them. */
export interface Advice {
  readonly staff?: string;
  readonly team?: string;
  /** The explanation it speaks for, and the likeliest other one, in words. */
  readonly separates: readonly [string, string];
  /** What ten further contacts are expected to tell, if one in twenty subjects shown there is a decoy. */
  readonly bits: number;
}

export interface TraceResult {
  /** By posterior, highest first; the first hundred, and none below 1e-6. */
  readonly hypotheses: readonly (Hypothesis & { readonly eValue: number; readonly verdict: Verdict })[];
  readonly suspects: readonly Suspect[];
  /** The smallest group whose joint innocence is refuted; undefined while none is. */
  readonly ambiguityGroup: readonly string[] | undefined;
  /** Chance of so many reports without a leak; undefined when no background rate is known. */
  readonly anythingLeaked: { readonly p: number } | undefined;
  readonly leakWindow: LeakWindow | undefined;
  readonly advice: readonly Advice[];
  readonly steps: readonly Step[];
  /** Sentences about what was left out or not weighed, and why. */
  readonly notes: readonly string[];
  /** SHA-256, hex: of everything that went in. */
  readonly inputsHash: string;
}
