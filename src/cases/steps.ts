/** Work that says how far it has come, as a stream: progress, and at last the answer. */

export type Step<T> = { readonly progress: Progress } | { readonly answer: T };

export interface Progress {
  /** Of what: `reports`, `entries of ORIGIN`; or what was done, where nobody knows how much there is. */
  readonly of: string;
  readonly done: number;
  readonly total: number | null;
}

/** Told of progress; what comes before anybody has taken the last one replaces it. */
export type Tell = (progress: Progress) => void;

/** Runs `work`, and yields what it tells as it goes. Its error is thrown in place of the answer. */
export async function* steps<T>(work: (tell: Tell) => Promise<T>): AsyncGenerator<Step<T>, void, undefined> {
  const last: { told: Progress | undefined; ended: boolean } = { told: undefined, ended: false };
  let wake = (): void => undefined;
  const working = work((progress) => {
    last.told = progress;
    wake();
  });
  const end = (): void => {
    last.ended = true;
    wake();
  };
  working.then(end, end);
  while (!last.ended) {
    if (last.told === undefined) await new Promise<void>((resolve) => (wake = resolve));
    const { told } = last;
    last.told = undefined;
    if (told !== undefined) yield { progress: told };
  }
  yield { answer: await working };
}
