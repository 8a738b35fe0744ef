/** Stops on a bug in this program. Conditions of the world are WhosawErrors, never assertions. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}

/** Makes a forgotten case a compile error, and a crash if a value from outside slipped through the types. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
