/** One protocol version both sides speak: the highest of the overlap. */
import { requestError } from '@stillframe/protocol/errors';
import { PROTOCOL_RANGE } from '@stillframe/protocol/version';

export function negotiate(theirs: { min: number; max: number }): number {
  const version = Math.min(theirs.max, PROTOCOL_RANGE.max);
  if (version >= Math.max(theirs.min, PROTOCOL_RANGE.min)) return version;
  throw requestError(
    'unsupportedProtocol',
    `Update the older side: the server speaks protocol ${PROTOCOL_RANGE.min} to ${PROTOCOL_RANGE.max}, the client ${theirs.min} to ${theirs.max}`,
  );
}
