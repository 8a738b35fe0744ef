/** The gateway in a process of its own, as `whosaw serve` runs it, with the one switch that only a bench may set. */
import { ActorStore } from "../../src/actors/store.ts";
import { loadConfig } from "../../src/config/load.ts";
import { startGateway } from "../../src/gateway/gateway.ts";
import { ControlLease } from "../../src/gateway/lease.ts";
import { createKeys } from "../../src/ledger/keys-file.ts";

const [file, sync] = process.argv.slice(2);
if (file === undefined) throw new Error("usage: gateway-process CONFIG [nosync]");
const config = await loadConfig(file);
/** What leases cost is in the figures: whether one is held is asked as ever. */
const lease = new ControlLease({
  graceMs: 0,
  continueUnleased: false,
  monotonicMs: () => performance.now(),
  schedule: () => () => undefined,
  onUnleased: () => Promise.resolve(),
});
lease.grant(performance.now(), Number.POSITIVE_INFINITY);
const silent = (): void => undefined;
const gateway = await startGateway({
  config,
  actors: await ActorStore.open(config.actors.file),
  openKeys: () => createKeys(config.ledger.keys),
  log: {
    info: silent,
    warn: (fields, message) => console.error(message, fields),
    error: (fields, message) => console.error(message, fields),
  },
  lease,
  onFatal: (error) => {
    throw error;
  },
  unsafeSkipSyncForBench: sync === "nosync",
});
console.log(JSON.stringify({ address: gateway.address }));
process.once("SIGTERM", () => {
  void gateway.close().then(() => process.exit(0));
});
