/** What can be checked without the database: files, the register, the port. */
import { readRegister } from "../../actors/register.ts";
import { isLoopback } from "../../config/address.ts";
import type { Config } from "../../config/config.ts";
import { roleOf } from "../../config/roles.ts";
import { ControlClient } from "../../control/client.ts";
import { assertPortFree } from "../../gateway/port.ts";
import { checkCertificates } from "./certificates.ts";
import { attempt, type CheckFinding, fine, warning } from "./finding.ts";

/** Every finding of these checks, in a fixed order. Changes nothing; the port is tried and let go. @param nowMs for certificates that expire */
export async function checkLocal(config: Config, nowMs: number): Promise<readonly CheckFinding[]> {
  const { tls } = config.listen.postgres;
  const findings = [
    attempt("listen.tls", async () =>
      tls === undefined ? checkPlain(config) : checkCertificates("listen.tls", { ...tls, ca: tls.clientCa }, nowMs),
    ),
    attempt("upstream", async () => checkCertificates("upstream", config.upstream, nowMs)),
    attempt("actors", async () => checkActors(config)),
    attempt("listen.postgres", async () => checkPort(config)),
  ];
  return (await Promise.all(findings)).flat();
}

function checkPlain(config: Config): readonly CheckFinding[] {
  const { host } = config.listen.postgres;
  if (isLoopback(host)) return [];
  return [
    warning("listen.tls", `Clients reach ${host} without encryption.`, "Add tls: {cert: ..., key: ...} under listen."),
  ];
}

async function checkActors(config: Config): Promise<readonly CheckFinding[]> {
  const { all } = await readRegister(config.actors.file);
  const lost = all.filter((actor) => !actor.disabled && roleOf(config, actor) === undefined);
  if (lost.length > 0) {
    return [
      warning(
        "actors",
        `${lost.length} of ${all.length} actors have a role that is not under roles, and cannot sign in.`,
        "See `whosaw actor list`; add the role.",
      ),
    ];
  }
  if (all.length === 0)
    return [warning("actors", "Nobody may sign in yet.", "Add somebody with `whosaw actor add NAME --role ROLE`.")];
  return [fine("actors", `${all.length} ${all.length === 1 ? "actor" : "actors"} in the register.`)];
}

/** A gateway that runs with this file has the port, and its control plane says how everything is. */
async function checkPort(config: Config): Promise<readonly CheckFinding[]> {
  const { host, port } = config.listen.postgres;
  const health = await (await ControlClient.find(config.control.socket))?.health();
  const runs = health?.gateways.some(({ origin, leased }) => leased && origin === config.ledger.origin) ?? false;
  if (!runs) await assertPortFree(host, port);
  const free = port === 0 ? "The system will choose a port." : `Port ${port} of ${host} is free.`;
  return [
    fine("listen.postgres", runs ? "The gateway runs." : free),
    ...(health?.problems ?? []).map(({ of, message, hint }) =>
      warning(`running: ${of}`, message, hint ?? "See its log."),
    ),
  ];
}
