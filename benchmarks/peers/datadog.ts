/**
 * The best open peer for Node.js, `dd-trace` with its live debugger on, fed by a local stand-in for the agent process it asks
 * for its configuration. Nothing leaves the machine.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = '6.21.0';
const HOME = fileURLToPath(new URL('../../.cache/peers/', import.meta.url));

/** The module to preload; installed into the repository's cache the first time. Undefined, with a word why, when that fails. */
export function installDatadog(say: (line: string) => void): string | undefined {
  const preload = join(HOME, 'node_modules', 'dd-trace', 'init.js');
  if (existsSync(preload)) return preload;
  mkdirSync(HOME, { recursive: true });
  writeFileSync(join(HOME, 'package.json'), '{"private":true}\n');
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error', `dd-trace@${VERSION}`];
  const { status, stderr } = spawnSync('npm', args, { cwd: HOME, encoding: 'utf8' });
  if (status === 0) return preload;
  say(`dd-trace ${VERSION} could not be installed, so it is left out: ${stderr.slice(-300)}`);
  return undefined;
}

export interface DatadogProbe {
  /** End of the file's path. */
  file: string;
  line: number;
  snapshot: boolean;
}

export interface DatadogStandIn {
  env: Record<string, string>;
  /** Captures that were delivered. */
  captures(): number;
  /** Resolves when the tracer has said that its probe is in. */
  installed: Promise<void>;
  close(): Promise<void>;
}

export async function startDatadogStandIn(probe: DatadogProbe): Promise<DatadogStandIn> {
  let captures = 0;
  let sayInstalled: () => void = () => {};
  const installed = new Promise<void>((resolve) => {
    sayInstalled = resolve;
  });
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('latin1').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const path = request.url ?? '';
      if (body.includes('INSTALLED')) sayInstalled();
      if (/\/debugger\/v\d\/input|\/debugger\/v\d\/diagnostics/.test(path))
        captures += body.split('"snapshot"').length - 1;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answerTo(path, probe)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    env: {
      DD_TRACE_AGENT_URL: `http://127.0.0.1:${port}`,
      DD_DYNAMIC_INSTRUMENTATION_ENABLED: 'true',
      DD_REMOTE_CONFIG_POLL_INTERVAL_SECONDS: '0.1',
      DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
      DD_TRACE_STARTUP_LOGS: 'false',
      // Its debugger alone: no tracing of requests.
      DD_TRACE_PLUGINS: '',
      DD_TRACE_DISABLED_INSTRUMENTATIONS: 'http,http2,net,dns,fetch,undici',
      DD_SERVICE: 'bench',
    },
    captures: () => captures,
    installed,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answerTo(path: string, probe: DatadogProbe): object {
  if (path.startsWith('/v0.7/config')) return remoteConfiguration(probe);
  if (path !== '/info') return {};
  return {
    version: '7.60.0',
    endpoints: ['/v0.7/config', '/v0.4/traces', '/debugger/v1/input', '/debugger/v2/input', '/debugger/v1/diagnostics'],
  };
}

/** One probe, in the shape of a signed repository of targets. */
function remoteConfiguration({ file, line, snapshot }: DatadogProbe): object {
  const id = 'b1f5a9d2-0000-4000-8000-000000000001';
  const config = {
    id,
    version: 1,
    type: 'LOG_PROBE',
    language: 'javascript',
    where: { sourceFile: file, lines: [String(line)] },
    tags: [],
    template: 'reached',
    segments: [{ str: 'reached' }],
    captureSnapshot: snapshot,
    capture: { maxReferenceDepth: 3 },
    sampling: { snapshotsPerSecond: snapshot ? 1 : 5000 },
    evaluateAt: 'EXIT',
  };
  const raw = Buffer.from(JSON.stringify(config));
  const path = `datadog/2/LIVE_DEBUGGING/logProbe_${id}/config`;
  const hashes = { sha256: createHash('sha256').update(raw).digest('hex') };
  const targets = {
    signed: {
      _type: 'targets',
      version: 1,
      expires: '2099-01-01T00:00:00Z',
      custom: { opaque_backend_state: 'x' },
      targets: { [path]: { custom: { v: 1 }, hashes, length: raw.length } },
    },
  };
  return {
    roots: [],
    targets: Buffer.from(JSON.stringify(targets)).toString('base64'),
    target_files: [{ path, raw: raw.toString('base64') }],
    client_configs: [path],
  };
}
