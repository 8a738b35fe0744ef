/**
 * How a refusal reaches the client: the refused text is replaced by one that fails on the server, in analysis and
 * without side effects, so that the transaction's state, skipping to Sync and pipelining are the server's own
 * (reference: defects 1 and 3 of peers). Only the error's fields are then ours.
 */

/** Fails with 3F000 (no such schema) in every session, and with 25P02 in a failed transaction. */
export const REFUSED_TEXT = Buffer.from("SELECT whosaw.refused()");

/** In a failed transaction the server's own error stands: the client would have got it without the gateway too. */
export const IN_FAILED_TRANSACTION = "25P02";
