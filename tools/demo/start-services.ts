/** A management server, the orders service with the agent, and its customers: processes for the demo and the editor test. */
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type StartedProcess, startProcess } from '@stillframe/test-kit/processes';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const SERVICE = join(ROOT, 'test-fixtures', 'services', 'orders');
export const STILLFRAME = join(ROOT, 'cli', 'bin', 'stillframe.mjs');
const REGISTER = pathToFileURL(join(ROOT, 'agents', 'node', 'register.cjs')).href;

/** Longer than anybody looks at a demo; the customers stop by themselves after it. */
const TRAFFIC_SECONDS = 3600;

export interface Services {
  /** The management server's. */
  url: string;
  tokenFile: string;
  /** The service's. */
  address: string;
  /** For editors and terminals: server, token, and settings of their own. */
  clientEnvironment: Record<string, string>;
  stop(): Promise<void>;
}

/** `home` is a folder for keys, database and settings; `say` hears what is being started. */
export async function startServices(home: string, say: (step: string) => void = () => {}): Promise<Services> {
  const started: StartedProcess[] = [];
  const start = (args: string[], env: Record<string, string>): StartedProcess => {
    const child = startProcess(process.execPath, args, { env });
    started.push(child);
    return child;
  };
  const stop = async () => {
    await Promise.all(started.map((child) => child.stop()));
  };
  try {
    say('Starting the management server');
    const server = start([STILLFRAME, 'server', '--port', '0', '--data', join(home, 'data'), '--json'], {});
    const [ready] = await server.output(/\{.*\}/);
    const { url, agentKeyFile, tokenFile } = JSON.parse(ready) as Record<'url' | 'agentKeyFile' | 'tokenFile', string>;
    say('Starting the orders service with the agent, and customers who order');
    const service = start(['--import', REGISTER, join(SERVICE, 'dist', 'server.js')], {
      STILLFRAME_URL: url,
      STILLFRAME_KEY_FILE: agentKeyFile,
      STILLFRAME_NAME: 'orders',
      STILLFRAME_TAGS: 'production,shop',
    });
    const [, address = ''] = await service.output(/listens on (http:\S+)/);
    start([join(SERVICE, 'traffic.mjs'), address, '--seconds', String(TRAFFIC_SECONDS)], {});
    const clientEnvironment = {
      STILLFRAME_URL: url,
      STILLFRAME_TOKEN_FILE: tokenFile,
      XDG_CONFIG_HOME: join(home, 'config'),
      STILLFRAME_NO_KEYCHAIN: '1',
    };
    return { url, tokenFile, address, clientEnvironment, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
