/** What a running control plane says of itself, its stores and its gateways. */
import { type DoctorFinding, fine, note, warning } from "./finding.ts";

export interface ControlHealth {
  readonly problems: readonly {
    /** A store, or `gateway ORIGIN`. */
    readonly of: string;
    readonly message: string;
    readonly hint: string | null;
  }[];
}

/** One finding for each problem. Undefined stands for a control plane that does not run. */
export function controlHealth(health: ControlHealth | undefined): DoctorFinding[] {
  if (health === undefined)
    return [
      note(
        "control.health",
        "No control plane runs: columns and state were not looked at.",
        "Without one, gateways show no protected row. Start it with `whosaw serve`, and run doctor again.",
      ),
    ];
  if (health.problems.length === 0)
    return [fine("control.health", "The control plane is green: columns, state, logs and gateways.")];
  return health.problems.map(({ of, message, hint }) =>
    warning("control.health", `The control plane says of its ${of}: ${message}`, hint ?? undefined),
  );
}
