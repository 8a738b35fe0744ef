/**
 * How well explanations account for a copy: logarithms of the chance of exactly this set of subjects. Sets are drawn without
 * replacement, so a copy that is all of what somebody was shown in one statement says more than one drawn from a large part of everything.
 */

/** Share of a copy's rows that its source was not shown: rows from elsewhere, wrong matches. The mean over these is taken. */
const ERROR_RATES = [0.002, 0.01, 0.03, 0.05] as const;

/** From here on five terms of Stirling's series are exact to a double. */
const STIRLING_FROM = 10;

/** Logarithm of the gamma function for x > 0, by Stirling's series (NIST DLMF 5.11.1). */
export function logGamma(x: number): number {
  let shift = 0;
  let at = x;
  // Gamma(x + 1) = x Gamma(x): small arguments are led to larger ones.
  for (; at < STIRLING_FROM; at += 1) shift += Math.log(at);
  const inverse = 1 / (at * at);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))) / at;
  return (at - 0.5) * Math.log(at) - at + Math.log(2 * Math.PI) / 2 + series - shift;
}

/** Logarithm of the number of ways to choose; 0 ways is -Infinity. */
export function logChoose(all: number, chosen: number): number {
  if (chosen < 0 || chosen > all) return -Infinity;
  if (chosen === 0 || chosen === all) return 0;
  return logGamma(all + 1) - logGamma(chosen + 1) - logGamma(all - chosen + 1);
}

/** Logarithm of a sum of exponentials. */
export function logSum(terms: readonly number[]): number {
  const most = Math.max(...terms, -Infinity);
  if (most === -Infinity) return -Infinity;
  return most + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - most), 0));
}

/** A source of copies: what somebody was shown. */
export interface CopySource {
  /** Distinct subjects of it, at least `covered`. */
  readonly subjects: number;
  /** Those of them that are in the copy. */
  readonly covered: number;
}

/**
 * The copy was made from a source, with a few rows from elsewhere.
 * @param copy distinct subjects of the copy
 * @param all subjects there are
 */
export function logFromSource({ subjects, covered }: CopySource, copy: number, all: number): number {
  const strangers = copy - covered;
  // Estimates of how many there are must not make the copy impossible.
  const others = Math.max(all - subjects, strangers);
  const counts = logSum(
    ERROR_RATES.map((rate) => strangers * Math.log(rate) + covered * Math.log(1 - rate) - Math.log(ERROR_RATES.length)),
  );
  return (
    counts + logChoose(copy, covered) - logChoose(Math.max(subjects, covered), covered) - logChoose(others, strangers)
  );
}

/** Subjects alike in how much they are shown, or in another respect. */
export interface CopyCell {
  readonly subjects: number;
  readonly covered: number;
}

/** The copy was drawn from everybody alike. */
export function logFromAll(copy: number, all: number): number {
  return -logChoose(Math.max(all, copy), copy);
}

/**
 * The copy was drawn by somebody who prefers some sorts of subjects, whichever: any composition is as likely as any other,
 * and inside a cell all are alike. So that busy customers, or those of a country, are no evidence against anyone.
 */
export function logFromCells(cells: readonly CopyCell[]): number {
  const copy = cells.reduce((sum, { covered }) => sum + covered, 0);
  const compositions = logChoose(copy + cells.length - 1, cells.length - 1);
  return cells.reduce(
    (sum, { subjects, covered }) => sum - logChoose(Math.max(subjects, covered), covered),
    -compositions,
  );
}
