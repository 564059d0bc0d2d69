import type { Command } from 'commander';

export function addLanguageServer(program: Command): void {
  program
    .command('lsp')
    .description('run the language server for an editor')
    .option('--stdio', 'talk over standard input and output (the only way, and the default)')
    .action(async () => {
      const { startLspServer } = await import('@stillframe/lsp-server/main');
      await startLspServer({ input: process.stdin, output: process.stdout });
    });
}
