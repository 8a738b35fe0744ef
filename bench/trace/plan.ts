/** Which cases are lived through. */
import { worldOf, WORLDS } from "../../sim/company/worlds.ts";
import type { BenchOptions } from "../report.ts";
import type { CaseName } from "./outcome.ts";

interface Extent {
  readonly heldOut: boolean;
  /** Companies; tuning is done on seeds below 1,000. */
  readonly seeds: readonly number[];
  readonly casesEach: number;
  readonly bootstraps: number;
}

const EXTENTS: Readonly<Record<"quick" | "usual" | "nightly", Extent>> = {
  quick: { heldOut: false, seeds: [900], casesEach: 5, bootstraps: 200 },
  usual: { heldOut: false, seeds: [1_100, 1_101, 1_102, 1_103], casesEach: 10, bootstraps: 1_000 },
  nightly: { heldOut: true, seeds: [3_000, 3_001, 3_002, 3_003, 3_004], casesEach: 40, bootstraps: 1_000 },
};

export function extentOf({ quick, nightly }: Pick<BenchOptions, "quick" | "nightly">): Extent {
  return EXTENTS[nightly ? "nightly" : quick ? "quick" : "usual"];
}

/** Those of `watch` are lived through by its own bench. */
export const TRACE_WORLDS: readonly string[] = WORLDS.map(({ name }) => name).filter(
  (name) => !name.startsWith("watch-"),
);

/** One company's cases in one world; jobs of like companies follow each other. */
export function jobsOf({ heldOut, seeds, casesEach }: Extent): readonly (readonly CaseName[])[] {
  const alike = (world: string): string => JSON.stringify(worldOf(world, heldOut).company);
  const companies = [...new Set(TRACE_WORLDS.map(alike))];
  return seeds.flatMap((seed) =>
    companies.flatMap((company) =>
      TRACE_WORLDS.filter((world) => alike(world) === company).map((world) =>
        Array.from({ length: casesEach }, (_, number) => ({ world, heldOut, seed, number })),
      ),
    ),
  );
}
