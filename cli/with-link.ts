/** A connection to the server for the time of one command, with the same sign-in as the editors. */
import { ManagementLink } from '@stillframe/management-client/management-link';
import { findServerUrl, findToken, tokenFileProblem } from '@stillframe/management-client/sign-in';
import { UsageError } from './failure.ts';
import { CLI_VERSION } from './version.ts';

export interface ConnectionOptions {
  server?: string;
}

export async function withLink<T>(options: ConnectionOptions, use: (link: ManagementLink) => Promise<T>): Promise<T> {
  const url = await findServerUrl({ explicit: options.server });
  const problem = await tokenFileProblem();
  if (problem !== undefined) throw new UsageError(problem);
  const link = new ManagementLink({
    url,
    token: async () => (await findToken(url))?.token,
    client: { name: 'stillframe-cli', version: CLI_VERSION },
  });
  link.start();
  try {
    await link.ready();
    return await use(link);
  } finally {
    await link.close();
  }
}
