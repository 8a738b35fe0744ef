/** For gateways of tests that have no control plane. */
import type { Lease } from "../lease.ts";

export const alwaysLeased: Lease = {
  held: true,
  refusal: undefined,
  wait: (waiter) => waiter.leaseSettled(),
  forget: () => undefined,
};
