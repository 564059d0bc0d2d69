/** What the extension ships as its language server. */
import { startLspServer } from '@stillframe/lsp-server/main';

await startLspServer({ input: process.stdin, output: process.stdout });
