/** Rounds in which every way has its turn: what the machine does meanwhile touches all of them. */
import { type BenchOptions, median } from "./report.ts";

/** The samples of each way, by its name. */
export type Samples<S> = ReadonlyMap<string, readonly S[]>;

export interface RoundsOptions extends Pick<BenchOptions, "quick" | "progress"> {
  /** What is measured, for the progress. */
  readonly label: string;
  /** One in a quick run. */
  readonly rounds: number;
}

/** Takes one sample of each way in turn, round after round. */
export async function alternate<Way extends { readonly name: string }, S>(
  ways: readonly Way[],
  { label, quick, progress, ...options }: RoundsOptions,
  sample: (way: Way) => Promise<S>,
): Promise<Samples<S>> {
  const rounds = quick ? 1 : options.rounds;
  const samples = new Map<string, S[]>(ways.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const way of ways) {
      progress(`${label}, ${way.name}, round ${round} of ${rounds}`);
      samples.get(way.name)?.push(await sample(way));
    }
  }
  return samples;
}

/** The median of a figure over the rounds; undefined where no sample has it. */
export function middle<S>(
  samples: Samples<S>,
  name: string,
  read: (sample: S) => number | undefined,
): number | undefined {
  const values = (samples.get(name) ?? []).map(read).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : median(values);
}
