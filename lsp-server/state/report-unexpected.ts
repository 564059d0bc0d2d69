/** What a person can do something about is told where it happened; only our own mistakes are bugs. */
import { reportBug } from '@stillframe/core/report-bug';
import { errorName } from '@stillframe/protocol/errors';

/** A connection that ends in the middle of a question is no bug, nor is a server that says no. */
export function reportUnexpected(error: unknown, context: string): void {
  if (errorName(error) === undefined) reportBug(error, context);
}
