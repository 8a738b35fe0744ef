/** Whose scope a case asks for: whom its trace points to, and until when. */
import type { ActorId } from "../ledger/entry.ts";
import type { LeakWindow } from "../trace/model.ts";
import type { Traced } from "./traced.ts";

export interface CaseScope {
  readonly actors: readonly ActorId[];
  /** In a word or two: `evidence-grade`. */
  readonly because: string;
  /**
   * When the leak was, where that is known. Its end bounds the scope. Its beginning does not: what was shown earlier may have
   * been kept until then.
   */
  readonly leak: LeakWindow | undefined;
}

/** @returns undefined while nothing points to anybody */
export function caseScope({ result }: Traced): CaseScope | undefined {
  const { suspects, ambiguityGroup, leakWindow: leak } = result;
  const of = (verdict: string): ActorId[] =>
    suspects.filter((suspect) => suspect.verdict === verdict).map(({ staff }) => staff as ActorId);
  const ways: readonly (readonly [string, readonly ActorId[]])[] = [
    ["evidence-grade", of("evidence")],
    ["a group of whom nobody can say which", (ambiguityGroup ?? []) as readonly ActorId[]],
    ["a lead, of two together", of("lead-pair")],
    ["a lead", of("lead")],
  ];
  const found = ways.find(([, actors]) => actors.length > 0);
  return found && { because: found[0], actors: found[1], leak };
}
