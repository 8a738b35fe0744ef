/**
 * When a copy was made, from the history that the database of today still shows. A row cannot be copied before it was made.
 * And of rows that were changed since, some values differ: in the order of last changes there is a point from which on
 * they do (a change point of Bernoulli trials; Hinkley & Hinkley 1970), and that is where the copy was made.
 */

/** A row of the copy that was matched. */
export interface Dated {
  /** Of the database's row today; UTC epoch milliseconds. */
  readonly createdMs: number | undefined;
  readonly updatedMs: number | undefined;
  /** A value that names the subject differs. */
  readonly changed: boolean;
}

export interface Dating {
  /** UTC epoch milliseconds; undefined where nothing says so. */
  readonly notBeforeMs: number | undefined;
  readonly notAfterMs: number | undefined;
  /** Sentences. */
  readonly basis: readonly string[];
}

/** Rows made latest that are left aside: a few wrong matches must not date a copy. */
const MADE_LATEST_SHARE = 0.001;
const MADE_LATEST_MIN = 2;
/** Logarithm of likelihood by which a change point must be better than none, and up to which others are as good. */
const POINT_GAIN_MIN = 5;
const POINT_GAIN_SLACK = 3;

export function dateOf(rows: readonly Dated[]): Dating {
  const basis: string[] = [];
  const made = rows.flatMap(({ createdMs }) => createdMs ?? []).sort((a, b) => b - a);
  const skipped = Math.max(MADE_LATEST_MIN, Math.floor(made.length * MADE_LATEST_SHARE));
  const notBefore = made[skipped];
  if (notBefore !== undefined) basis.push(`It holds people whose rows were made as late as ${isoDay(notBefore)}.`);
  const point = changePoint(rows);
  if (point !== undefined) {
    basis.push(
      `Of the rows last changed from ${isoDay(point.best)} on ${share(point.after)} differ from the database of today, of those before ${share(point.before)}.`,
    );
  }
  const from = Math.max(notBefore ?? -Infinity, point?.from ?? -Infinity);
  const to = point?.to ?? Infinity;
  // Times that contradict each other say nothing of the end.
  return { notBeforeMs: finite(from), notAfterMs: to < from ? undefined : finite(to), basis };
}

interface Point {
  readonly best: number;
  readonly from: number;
  readonly to: number;
  /** Share that differs. */
  readonly before: number;
  readonly after: number;
}

function changePoint(rows: readonly Dated[]): Point | undefined {
  const changes = rows.flatMap(({ updatedMs, changed }) =>
    updatedMs === undefined ? [] : [{ at: updatedMs, changed }],
  );
  changes.sort((a, b) => a.at - b.at);
  const total = changes.filter(({ changed }) => changed).length;
  const none = trials(total, changes.length);
  const gains: number[] = [];
  let best = -1;
  let before = 0;
  for (const [i, { changed }] of changes.entries()) {
    const after = total - before;
    // The copy lies between change i - 1 and change i.
    const grows = after * i > before * (changes.length - i);
    gains.push(grows || i === 0 ? trials(before, i) + trials(after, changes.length - i) - none : -Infinity);
    if ((gains[i] ?? 0) > (gains[best] ?? POINT_GAIN_MIN)) best = i;
    if (changed) before += 1;
  }
  const most = gains[best];
  if (most === undefined) return undefined;
  const good = gains.flatMap((gain, i) => (gain >= most - POINT_GAIN_SLACK ? [i] : []));
  const first = good[0] ?? best;
  const last = good.at(-1) ?? best;
  const differing = changes.slice(0, best).filter(({ changed }) => changed).length;
  return {
    best: changes[best]?.at ?? 0,
    from: changes[first - 1]?.at ?? -Infinity,
    to: changes[last]?.at ?? Infinity,
    before: best === 0 ? 0 : differing / best,
    after: (total - differing) / (changes.length - best),
  };
}

/** Logarithm of the likelihood of so many of them, at its highest. */
function trials(of: number, all: number): number {
  if (of === 0 || of === all) return 0;
  return of * Math.log(of / all) + (all - of) * Math.log(1 - of / all);
}

function finite(ms: number): number | undefined {
  return Number.isFinite(ms) ? ms : undefined;
}

function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function share(of: number): string {
  return `${(of * 100).toFixed(of < 0.1 ? 1 : 0)} %`;
}
