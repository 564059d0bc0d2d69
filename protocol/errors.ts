/**
 * The closed list of reasons for which a request cannot be served. On the wire: a JSON-RPC error whose `code` is the
 * number and whose `data` is `{ code: name, … }`. Messages: start with the action, quote values, say what to do.
 */
import { ResponseError } from 'vscode-jsonrpc';

export const ERROR_CODES = {
  /** The parameters do not have the documented shape. JSON-RPC's own number. */
  invalidParams: -32602,
  /** The request name is not known to this version. JSON-RPC's own number. */
  unknownRequest: -32601,
  unauthorized: -32001,
  forbidden: -32002,
  unsupportedProtocol: -32003,
  /** `hello` has not been said on this connection, or was said twice. */
  outOfOrder: -32004,
  notFound: -32005,
  /** An expression or template has problems; `data.problems` lists them with positions. */
  invalidExpression: -32006,
  /** A total (actions, agents, stored hits) is used up. */
  limitExceeded: -32007,
  /** The state does not allow it: editing a removed action. */
  conflict: -32008,
  /** The other side needed to answer is not there. */
  unavailable: -32009,
  shuttingDown: -32010,
  /** Our own bug; reported, and the connection goes on. */
  internal: -32603,
} as const;

export type ErrorName = keyof typeof ERROR_CODES;

export interface ErrorData {
  code: ErrorName;
  problems?: ExpressionProblem[];
}

/** A mistake in an expression as typed. Offsets are UTF-16 units into its text. */
export interface ExpressionProblem {
  message: string;
  start: number;
  end: number;
  /** Which field it is in: `condition`, `template`, `expression`, `watches[2]`. Absent where there is only one text. */
  field?: string;
}

export function requestError(
  name: ErrorName,
  message: string,
  data?: Omit<ErrorData, 'code'>,
): ResponseError<ErrorData> {
  return new ResponseError(ERROR_CODES[name], message, { code: name, ...data });
}

/** The symbolic name of an error that came over the wire, or undefined for anything else. */
export function errorName(error: unknown): ErrorName | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  for (const [name, code] of Object.entries(ERROR_CODES)) if (code === error.code) return name as ErrorName;
  return undefined;
}
