/** Whether anything leaked at all: so many reports, against so many as come anyway. */

/** Chance of n or more where `mean` are expected. Summed from n upwards, so that small chances keep their digits. */
export function poissonAtLeast(n: number, mean: number): number {
  if (n <= 0) return 1;
  if (mean <= 0) return 0;
  let logFactorial = 0;
  for (let k = 2; k <= n; k++) logFactorial += Math.log(k);
  let term = Math.exp(n * Math.log(mean) - mean - logFactorial);
  if (n < mean) return 1 - below(n, mean);
  let sum = 0;
  for (let k = n; term > sum * 1e-17 && Number.isFinite(term); k++) {
    sum += term;
    term *= mean / (k + 1);
    if (term === 0) break;
  }
  return Math.min(1, sum);
}

function below(n: number, mean: number): number {
  let sum = 0;
  let logTerm = -mean;
  for (let k = 0; k < n; k++) {
    sum += Math.exp(logTerm);
    logTerm += Math.log(mean) - Math.log(k + 1);
  }
  return Math.min(1, sum);
}
