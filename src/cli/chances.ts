/** How posteriors and e-values are written, wherever a person is named beside them. */

const LEAST_SHARE = 1e-6;
const MOST_SHARE = 0.999;

/** A chance in per cent. Never certainty: rounding must not say what no model can. */
export function chanceText(share: number): string {
  if (share > 0 && share < LEAST_SHARE) return "< 0.0001 %";
  if (share > MOST_SHARE) return "> 99.9 %";
  return `${(share * 100).toFixed(share < 0.001 ? 4 : 1)} %`;
}

/** The power of ten that a natural logarithm stands for. Over the socket an infinity is null. */
export function powerOfTen(log: number | null): string {
  return `10^${log === null || !Number.isFinite(log) ? "-inf" : (log / Math.LN10).toFixed(1)}`;
}
