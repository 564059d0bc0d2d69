/** What the extension ships as its debug adapter. */
import { startDebugAdapter } from '@stillframe/debug-adapter/main';

await startDebugAdapter({ input: process.stdin, output: process.stdout });
process.exit(0);
