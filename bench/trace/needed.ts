/** How many reports it takes. */

/** Not within the reports of a case. */
export const NEVER = Number.POSITIVE_INFINITY;

/** The first number of reports from which on it stays so. */
export function settledAfter(right: readonly boolean[]): number {
  const wrong = right.lastIndexOf(false);
  return wrong === right.length - 1 ? NEVER : wrong + 2;
}

/** The first number of reports from which on at least this share of cases are right. */
export function shareAfter(cases: readonly (readonly boolean[])[], share: number): number {
  const most = Math.max(0, ...cases.map(({ length }) => length));
  let needed = NEVER;
  for (let reports = most; reports > 0; reports--) {
    // A case that ended before stays as it ended.
    const right = cases.filter((each) => each[Math.min(reports, each.length) - 1] === true).length;
    if (right < share * cases.length) break;
    needed = reports;
  }
  return needed;
}
