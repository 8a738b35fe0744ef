/** Sums and rankings of many numbers. */

/** exp of it is lost beside 1, even two hundred thousand times. */
export const LOST_BELOW = -50;

/** ln of the sum of exp of each; -Infinity of none. */
export function logSumExp(logs: ArrayLike<number>): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < logs.length; at++) if ((logs[at] ?? 0) > largest) largest = logs[at] ?? 0;
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  let sum = 0;
  for (let at = 0; at < logs.length; at++) {
    const below = (logs[at] ?? 0) - largest;
    if (below > LOST_BELOW) sum += Math.exp(below);
  }
  return largest + Math.log(sum);
}

/** Places of the n highest, highest first; of equals the first. */
export function highest(values: ArrayLike<number>, n: number): number[] {
  const top: number[] = [];
  for (let place = 0; place < values.length; place++) {
    const value = values[place] ?? 0;
    if (top.length === n && value <= (values[top[n - 1] ?? 0] ?? 0)) continue;
    let at = Math.min(top.length, n - 1);
    for (; at > 0 && (values[top[at - 1] ?? 0] ?? 0) < value; at--) top[at] = top[at - 1] ?? 0;
    top[at] = place;
  }
  return top;
}
