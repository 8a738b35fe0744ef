/** Delays as an argument, so that tests decide when time passes. */
export interface Timers {
  /** Calls once after a delay; the function returned cancels. Must not keep the process alive. */
  after(delayMs: number, call: () => void): () => void;
}

export const systemTimers: Timers = {
  after: (delayMs, call) => {
    const timer = setTimeout(call, delayMs).unref();
    return () => clearTimeout(timer);
  },
};
