/**
 * Every maximum, named, unit last. A number that bounds a queue, a buffer, a depth or a batch stands here and
 * nowhere else.
 */
export const LIMITS = {
  /** A SQL text longer than this is refused before it is parsed. */
  statementBytesMax: 1 << 20,
  /** Nesting of brackets and chained operators: the parser recurses and dies of 50,000 chained terms. */
  statementDepthMax: 500,
  statementTokensMax: 100_000,
  /** Entries of all FROM clauses of one statement. */
  rangeTableEntriesMax: 500,
  /** Protected tables in one statement, each time one is named: every branch of a UNION ALL carries a column for each. */
  protectedUsesMax: 100,
  /** Protected rows that an OFFSET skips: their keys come with the first row after them. */
  skippedRowsMax: 10_000,
  /** The same in a subquery, where they come with every row of its page. */
  skippedRowsInsideMax: 1_000,
  /** A statement's text in the ledger, literals removed; at four bytes a character it fits an entry with what else is in it. */
  normalizedTextCharsMax: 8_000,
  /** Statements in one simple query. */
  statementsPerQueryMax: 1_000,
  /** Plans kept for one (catalog digest, search path, role). */
  plansCachedMax: 10_000,
  /** Texts that make up the keys of the cached plans, and the longest one that is kept. */
  planCacheCharsMax: 32 << 20,
  planCachedTextCharsMax: 16 << 10,
  /** Startup packet, as PostgreSQL's own MAX_STARTUP_PACKET_LENGTH. */
  startupBytesMax: 10_000,
  /** SASL and password messages; PostgreSQL's own limit is 1024 for SASL (PG_MAX_SASL_MESSAGE_LENGTH). */
  authMessageBytesMax: 1_024,
  /** A SCRAM verifier or server that asks for more PBKDF2 rounds is refused (a million take about half a second). */
  scramIterationsMax: 1_000_000,
  /** The header extension of binary COPY; PostgreSQL has never sent one. */
  copyHeaderExtensionBytesMax: 1 << 20,
  /** The cancel key of protocol 3.2. */
  cancelKeyBytesMax: 256,
  /** Room made for a message on the word of its length field; a longer one gets room as its bytes arrive. */
  messagePreallocateBytesMax: 1 << 20,
  /** A client message other than CopyData and Bind must fit in memory whole. */
  clientMessageBytesMax: 1 << 30,
  /** A row of a protected table is held whole until its keys, at its end, were read. */
  protectedRowBytesMax: 64 << 20,
  /** Bytes held back for one client while a receipt is under way; past it the upstream is paused. */
  heldBytesMax: 1 << 20,
  /** Up to here, closing a gap in a buffer by moving bytes is cheaper than one more slice. */
  relayMoveBytesMax: 512,
  /** Messages one client may have in flight before the gateway stops reading from it. */
  pipelineMessagesMax: 10_000,
  preparedStatementsMax: 10_000,
  /** How far the name of a statement or cursor may lead to another. */
  nameIndirectionsMax: 4,
  portalsMax: 10_000,
  sessionsMax: 2_000,
  authenticationTimeoutMs: 30_000,
  upstreamConnectTimeoutMs: 10_000,
  /** A client whose session is over, and that takes nothing of what is left for it for so long, is let go. */
  lingerMs: 30_000,
  /** So long a client whose session was ended from outside has to take its last words; rows behind them are dropped. */
  abortLingerMs: 500,
  /** Silence after which the system asks whether the other side is still there. */
  keepAliveDelayMs: 60_000,
  /** C2SP tlog-tiles: entries are prefixed with a uint16. */
  entryBytesMax: 65_535,
  /** Subjects in one disclosure entry, chosen so that 16-byte keys fit. */
  subjectsPerEntryMax: 3_000,
  /** Bytes of one commit group in the write-ahead file. */
  groupBytesMax: 8 << 20,
  entriesPerTile: 256,
  checkpointIntervalMs: 1_000,
  /** A write-ahead segment is left for a new one once it is this long. */
  walSegmentBytesMax: 64 << 20,
  /** Durable entries that wait for their tiles; past it nothing more is accepted until tiles can be written. */
  uncoveredBytesMax: 256 << 20,
  /** Day keys kept unwrapped in memory. */
  dayKeysCachedMax: 1_000,
  /** A wall clock that goes back further than this turns health red. */
  clockSkewMs: 1_000,
  /** A checkpoint with its signature lines, a proof, log.json, a lock. */
  noteBytesMax: 1 << 16,
  /** Alerts of one code that anybody can cause come no closer together. */
  alertIntervalMs: 1_000,
  heartbeatIntervalMs: 60_000,
  catalogPollMs: 500,
  /** No plan is made from a catalog that was last confirmed longer ago than this. */
  catalogStaleMs: 5_000,
  /** Silence longer than this, without a gap entry, is a finding of the verifier. */
  heartbeatSilenceMs: 120_000,
  /** Segments that vanish while they are read are under a newer checkpoint; this often that is looked for. */
  logReadAttemptsMax: 5,
  /** Entry bundles that are being read while the ones before them are opened. */
  bundlesReadAheadMax: 4,
  /** An entry in base64, a checkpoint, and 53 hashes. */
  proofBytesMax: 256 << 10,
  /** Heads of statements kept while a log is read for an answer; older ones are read again. */
  askedStatementsCachedMax: 10_000,
  askedFormsCachedMax: 10_000,
  /** Kept while a log is shipped, so that entries which refer to them need not read them again. */
  shippedStatementsCachedMax: 100_000,
  shippedFormsCachedMax: 10_000,
  shippedActorsCachedMax: 100_000,
  /** A batch for columns ends behind the entry that makes one of its tables so long, or that is its last. */
  shippedBatchBytes: 16 << 20,
  shippedBatchEntriesMax: 32_768,
  /** Between two looks at a log's checkpoint, which moves every second. */
  shippingPollMs: 250,
  /** Between two attempts while columns are away. */
  shippingBackOffMsMax: 15_000,
  /** Threads that read a log whose entries have piled up. */
  shippingThreadsMax: 4,
  /** Distinct subjects of a scope that is read from a ledger and not from columns. */
  scopedSubjectsMax: 2_000_000,
  /** Of one scope: a group of whom nobody can say which. */
  scopedActorsMax: 100,
  /** Disclosures of service accounts that named nobody, past which each counts as a subject of its own. */
  unattributedCountedMax: 5_000_000,
  /** Items of an answer held before the look at them is recorded and they are printed. */
  answerItemsHeldMax: 10_000,
  consoleLockWaitMs: 5_000,
  /** Between two looks at a lock that another process holds. */
  lockPollMs: 20,
  /** Locks of processes that are gone, met one after the other, before the taker gives up. */
  lockAttemptsMax: 10,
  /** The verifier stops after this many findings. */
  verifyFindingsMax: 100,
  /** Between two looks of the verifier at what else the process has to do. */
  verifyBundlesPerTurnMax: 64,
  /** A file that holds one verifier key. */
  keyFileBytesMax: 4_096,
  /** The verifier's own bound on one write-ahead group, well above the writer's. */
  verifyGroupBytesMax: 64 << 20,
  /** whosaw.yaml and the actor register are read whole. */
  configBytesMax: 2 << 20,
  configProblemsMax: 50,
  configAliasesMax: 100,
  actorRegisterBytesMax: 64 << 20,
  /** As PostgreSQL's NAMEDATALEN - 1: so much it keeps of the name of a user, a prepared statement, a portal. */
  actorNameBytesMax: 63,
  sessionNameBytesMax: 63,
  /** A name of a file or a lock, in a message that fits one line of a terminal; and how many of a list are named. */
  shownNameCharsMax: 80,
  shownNamesMax: 20,
  certificateExpiresSoonDays: 21,
  passwordBytesMax: 1_000,
  /** A gateway asks for its control lease so often, and it holds for so long. */
  leaseAskMs: 250,
  leaseMs: 900,
  leaseAnswerCharsMax: 4_096,
  /** A body sent to the control plane. */
  controlBodyBytesMax: 64 << 10,
  /** One line of an answer of the control plane, as a command takes it. */
  controlLineCharsMax: 64 << 20,
  /** Names, a subject's key and what a look is at, in a question to the control plane. */
  controlNameCharsMax: 200,
  controlKeyCharsMax: 4_096,
  controlTargetCharsMax: 5_000,
  /** A client of the control plane that says nothing for so long, or that takes so long to say what it wants. */
  controlIdleMs: 30_000,
  controlConnectionsMax: 256,
  /** So long a control plane waits for a gateway of an earlier one, and for gateways to take a reload. */
  gatewayAwaitedMs: 3_000,
  gatewayReloadMs: 5_000,
  /** Between two looks at whether a gateway that another process has started still runs. */
  gatewayLookMs: 250,
  /** Pauses before a gateway that has crashed is started again: the first, twice that, and so on up to the longest. */
  gatewayRestartMs: 250,
  gatewayRestartMsMax: 30_000,
  /** A gateway that has run for so long is started again at once when it crashes. */
  gatewaySteadyMs: 60_000,
  /** A store of the control plane that does not open is tried again after so long, then twice that, up to the longest. */
  keptRetryMs: 1_000,
  keptRetryMsMax: 30_000,
  /** Strata are read again after so long, and sooner after they could not be read. */
  strataIntervalMs: 3_600_000,
  strataRetryMs: 60_000,
  /** One statement reads a page of subjects; so many are compared with columns at once. */
  strataPageRows: 8_192,
  strataStatementMs: 30_000,
  strataRunSubjects: 131_072,
  /** What has more values, or longer ones, does not sort people into groups. */
  strataOfKindMax: 4_096,
  stratumValueCharsMax: 100,
  shutdownMs: 10_000,
  exitGraceMs: 2_000,
  /** TabSeparated rows of one INSERT into columns: held whole, so that they arrive whole. */
  columnsInsertBytesMax: 64 << 20,
  /** What the embedded column store may take in all, one question of it, and what of a question stays in memory. */
  columnsMemoryBytesMax: 900 << 20,
  columnsQueryBytesMax: 600 << 20,
  columnsSpillBytes: 150 << 20,
  columnsQueryTextBytesMax: 4 << 20,
  columnsCacheBytesMax: 64 << 20,
  /** Questions that run at once on the embedded store; each holds one of Node's four threads for files. */
  columnsQuestionsMax: 2,
  /** Silence of a ClickHouse server after which it counts as gone. */
  columnsAnswerTimeoutMs: 300_000,
  /** Disclosures and strata of the subjects that one statement aggregates; shipping has its turn between two. */
  aggregatedRowsMax: 2_000_000,
  /** Epochs whose cells the control plane keeps ready, the running one included; older ones are made when a case asks for them. */
  aggregatedEpochsMax: 4,
  /** They are extended again after so long, and sooner after a failure. */
  aggregatesIntervalMs: 6 * 3_600_000,
  aggregatesRetryMs: 60_000,
  /** Between two statements that make them, for whoever else asks. */
  aggregatesGiveWayMs: 100,
  /** From the first day that may weigh in a case to its last contact. */
  caseDaysMax: 36_525,
  /** A case is read again so often when its aggregates are made anew meanwhile. */
  aggregatesReadAttemptsMax: 3,
  /** Disclosures of an answer whose statements and forms are looked up together. */
  columnsJoinedRowsMax: 8_192,
  /** Names of actors, kinds and logs, and uses of forms, kept while questions are answered. */
  columnsNamesCachedMax: 20_000,
  /** Fields of TabSeparated rows that come again and again, kept as bytes. */
  columnsFieldsCachedMax: 10_000,
  actorRegisterPollMs: 250,
  actorRegisterLockWaitMs: 5_000,
  /** An embedded server recovers as it starts. */
  serverStartMs: 120_000,
  serverStopMs: 10_000,
  serverRestartMs: 1_000,
  /** The end of what an embedded server has written, kept to say why it did not start. */
  serverLogCharsMax: 20_000,
  stateConnectionsMax: 5,
  stateConnectMs: 10_000,
  /** A killed owner's session ends at once, if its server is not busy. */
  stateLockWaitMs: 1_000,
  /** A row of the state in a backup: the longest is the text of a policy. */
  backupLineBytesMax: 4 << 20,
  backupRowsPerTurnMax: 500,
  /** Reports of one case, and so of one import; and how many are written at once. */
  reportsPerCaseMax: 100_000,
  reportsPerTurnMax: 1_000,
  reportFileBytesMax: 32 << 20,
  /** A body with as many reports as a case holds, most of them short. */
  reportsBodyBytesMax: 64 << 20,
  caseTitleCharsMax: 200,
  /** A file with the result of a trace. */
  traceFileBytesMax: 64 << 20,
  /** Views that a trace reads from the ledger alone. */
  tracedViewsMax: 5_000_000,
  reasonCharsMax: 1_000,
  /** Between the two times of a contact. */
  contactDaysMax: 366,
  /** What `whosaw init` looks at: rows of a table, characters of a value, different values of a column that may lead to another table. */
  initSampleRowsMax: 40,
  initSampleCharsMax: 400,
  initLinkValuesMax: 200,
  /** A statement of init that takes longer is given up. */
  initStatementMs: 2_000,
  /** Tables that a proposed key leads through. */
  initPathStepsMax: 5,
  /** Rows of a table, and tables, that init shows masked; roles that it proposes. */
  initShownRowsMax: 2,
  initShownTablesMax: 4,
  initRolesMax: 8,
  /** A copy that was found: the file, its first bytes that say what it is, what of it is read, and how much at once. */
  foundFileBytesMax: 4 * 2 ** 30,
  foundHeadBytes: 64 << 10,
  foundRowsMax: 20_000_000,
  foundTablesMax: 200,
  foundColumnsMax: 1_000,
  foundValueCharsMax: 16 << 10,
  foundRecordCharsMax: 1 << 20,
  foundDepthMax: 64,
  foundBatchRows: 16_384,
  /** First rows of a table, by which it is told whether they name its columns. */
  foundHeaderRowsMax: 50,
  /** Rows by which it is told what a column of the copy holds; and rows that no index found, which one look at all rows may find. */
  foundSampleRows: 400,
  foundUnmatchedRowsMax: 200_000,
  foundStatementMs: 120_000,
  /** A table of more rows is counted by the database's own estimate; one of more than these is not read whole while an index serves. */
  foundCountedRowsMax: 2_000_000,
  foundScannedRowsMax: 200_000,
  /** Distinct subjects of a copy, and those of them that are compared with what was shown: chosen by their keys' hashes. */
  foundSubjectsMax: 2_000_000,
  foundComparedMax: 80_000,
  foundStretchesMax: 100,
  /** A question about them to the control plane: keys of up to 41 characters. */
  foundBodyBytesMax: 8 << 20,
  /** Staff in teams that are weighed as one explanation. */
  foundTeamMembersMax: 20_000,
  /** Entries of the last day that `whosaw doctor` reads. */
  doctorEntriesMax: 1_000_000,
  /** The simulated company: 12 bytes of memory a customer, some hundred bytes a ticket of one day. */
  simCustomersMax: 50_000_000,
  simStaffMax: 100_000,
  simDaysMax: 3_660,
  simReportsMax: 100_000,
  simFirstDayMax: 100_000,
  simTicketsPerDayMax: 2_000_000,
  simActivitySigmaMax: 5,
  /** Of queue pages and of unexplained look-ups, as multiples of the usual. */
  simVolumeMax: 10,
  simClockAheadHoursMax: 48,
  /** `whosaw import`: read at once, one record, lines that are told to be wrong. */
  importPieceBytes: 1 << 20,
  importRecordCharsMax: 4 << 20,
  importProblemsMax: 20,
  /** Rows that go into the log together; many of one actor and day make small entries. */
  importChunkRows: 65_536,
  /** Of a chunk, what is written at once: fits a commit group. */
  importDrainEntries: 4_096,
  importDrainBytes: 2 << 20,
  /** Different people, and different sets of fields, in one file. */
  importActorsMax: 200_000,
  importNameCharsMax: 200,
  /** Lists of which a part has come, and another may follow. */
  importExecutionsMax: 10_000,
  importFormsMax: 256,
  /** Rows of the file and, of its stretch of time, of the log: told apart by eight bytes each. */
  importRowsKnownMax: 50_000_000,
  /** A file that says what ids stand for. */
  importMappingBytesMax: 512 << 20,
} as const;
