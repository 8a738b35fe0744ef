/**
 * Type bytes of protocol 3.0 (PostgreSQL documentation, 'Message Formats'). The two directions share letters, so a
 * byte means nothing without its direction. A byte that is in neither table has no meaning: refuse it.
 */
const code = (letter: string): number => letter.charCodeAt(0);

export const FRONTEND = {
  Bind: code("B"),
  Close: code("C"),
  CopyData: code("d"),
  CopyDone: code("c"),
  CopyFail: code("f"),
  Describe: code("D"),
  Execute: code("E"),
  Flush: code("H"),
  FunctionCall: code("F"),
  Parse: code("P"),
  /** PasswordMessage, SASLInitialResponse, SASLResponse and GSSResponse: told apart by what the server asked for. */
  Password: code("p"),
  Query: code("Q"),
  Sync: code("S"),
  Terminate: code("X"),
} as const;

export const BACKEND = {
  Authentication: code("R"),
  BackendKeyData: code("K"),
  BindComplete: code("2"),
  CloseComplete: code("3"),
  CommandComplete: code("C"),
  CopyData: code("d"),
  CopyDone: code("c"),
  CopyInResponse: code("G"),
  CopyOutResponse: code("H"),
  CopyBothResponse: code("W"),
  DataRow: code("D"),
  EmptyQueryResponse: code("I"),
  ErrorResponse: code("E"),
  FunctionCallResponse: code("V"),
  NegotiateProtocolVersion: code("v"),
  NoData: code("n"),
  NoticeResponse: code("N"),
  NotificationResponse: code("A"),
  ParameterDescription: code("t"),
  ParameterStatus: code("S"),
  ParseComplete: code("1"),
  PortalSuspended: code("s"),
  ReadyForQuery: code("Z"),
  RowDescription: code("T"),
} as const;

export type FrontendName = keyof typeof FRONTEND;
export type BackendName = keyof typeof BACKEND;

function byCode<Name extends string>(table: Record<Name, number>): readonly (Name | undefined)[] {
  const names = Array.from<Name | undefined>({ length: 256 });
  for (const name of Object.keys(table) as Name[]) names[table[name]] = name;
  return names;
}

const FRONTEND_NAMES = byCode(FRONTEND);
const BACKEND_NAMES = byCode(BACKEND);

/** The name of a client's message, or undefined for a byte that the protocol does not know. */
export function frontendName(type: number): FrontendName | undefined {
  return FRONTEND_NAMES[type];
}

/** The name of a server's message, or undefined for a byte that the protocol does not know. */
export function backendName(type: number): BackendName | undefined {
  return BACKEND_NAMES[type];
}
