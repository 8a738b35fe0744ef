/** Every command there is. The parser, the help and the shell completion are made from this list. */
import type { Command } from "./command.ts";
import { actorAddCommand } from "./commands/actor-add.ts";
import { actorDisableCommand, actorEnableCommand } from "./commands/actor-disable.ts";
import { actorListCommand } from "./commands/actor-list.ts";
import { actorPasswordCommand } from "./commands/actor-password.ts";
import { benchCommand } from "./commands/bench.ts";
import { caseCloseCommand } from "./commands/case-close.ts";
import { caseListCommand } from "./commands/case-list.ts";
import { caseOpenCommand } from "./commands/case-open.ts";
import { caseShowCommand } from "./commands/case-show.ts";
import { checkCommand } from "./commands/check.ts";
import { completionCommand } from "./commands/completion.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { gatewayCommand } from "./commands/gateway.ts";
import { importCommand } from "./commands/import.ts";
import { initCommand } from "./commands/init.ts";
import { ledgerExpireCommand } from "./commands/ledger-expire.ts";
import { ledgerProveCommand } from "./commands/ledger-prove.ts";
import { ledgerReindexCommand } from "./commands/ledger-reindex.ts";
import { reloadCommand } from "./commands/reload.ts";
import { reportAddCommand } from "./commands/report-add.ts";
import { reportAssignCommand } from "./commands/report-assign.ts";
import { reportImportCommand } from "./commands/report-import.ts";
import { reportListCommand } from "./commands/report-list.ts";
import { reportWithdrawCommand } from "./commands/report-withdraw.ts";
import { scopeCommand } from "./commands/scope.ts";
import { seenByCommand } from "./commands/seen-by.ts";
import { serveCommand } from "./commands/serve.ts";
import { simCommand } from "./commands/sim.ts";
import { stateBackupCommand } from "./commands/state-backup.ts";
import { stateRestoreCommand } from "./commands/state-restore.ts";
import { traceCommand } from "./commands/trace.ts";
import { verifyCommand } from "./commands/verify.ts";
import { whoSawCommand } from "./commands/who-saw.ts";

export const commands: readonly Command[] = [
  initCommand,
  checkCommand,
  doctorCommand,
  serveCommand,
  gatewayCommand,
  reloadCommand,
  actorAddCommand,
  actorListCommand,
  actorPasswordCommand,
  actorDisableCommand,
  actorEnableCommand,
  whoSawCommand,
  seenByCommand,
  scopeCommand,
  traceCommand,
  caseOpenCommand,
  caseListCommand,
  caseShowCommand,
  caseCloseCommand,
  reportAddCommand,
  reportImportCommand,
  reportListCommand,
  reportAssignCommand,
  reportWithdrawCommand,
  importCommand,
  verifyCommand,
  ledgerProveCommand,
  ledgerReindexCommand,
  ledgerExpireCommand,
  stateBackupCommand,
  stateRestoreCommand,
  simCommand,
  benchCommand,
  completionCommand,
];

/** First words of commands of two words. */
export const groups: Readonly<Record<string, string>> = {
  actor: "People and programs that may sign in",
  case: "Cases: reports that belong together",
  report: "What customers tell of scam contacts",
  ledger: "The ledger on disk",
  state: "What the control plane keeps in PostgreSQL",
};
