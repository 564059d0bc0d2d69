/** The command line: one file per command, composed here. A failure is one line on standard error and exit code 1. */
import { Command, CommanderError } from 'commander';
import { addActions } from './commands/actions.ts';
import { addAgents } from './commands/agents.ts';
import { addDebugAdapter } from './commands/dap.ts';
import { addHits } from './commands/hits.ts';
import { addLog } from './commands/log.ts';
import { addLogin } from './commands/login.ts';
import { addLanguageServer } from './commands/lsp.ts';
import { addCounter, addDuration, addMetric, addMetrics, addTictoc } from './commands/measures.ts';
import { addServer } from './commands/server.ts';
import { addSnapshot } from './commands/snapshot.ts';
import { addSources } from './commands/sources.ts';
import { addWhy } from './commands/why.ts';
import { failureText } from './failure.ts';
import { write } from './table.ts';
import { CLI_VERSION } from './version.ts';

export async function runCommandLine(argv: readonly string[]): Promise<void> {
  const program = new Command('stillframe')
    .description(
      'Live debugging of services that run: snapshots, logs and metrics, without a stop and without a deployment',
    )
    .version(CLI_VERSION)
    .configureOutput({
      writeOut: write,
      outputError: (text, tell) => tell(`stillframe: ${oneLine(text)} (stillframe --help lists the commands)\n`),
    })
    .exitOverride();
  for (const add of [
    addServer,
    addLogin,
    addAgents,
    addSnapshot,
    addLog,
    addCounter,
    addTictoc,
    addDuration,
    addMetric,
    addActions,
    addWhy,
    addHits,
    addMetrics,
    addSources,
    addLanguageServer,
    addDebugAdapter,
  ]) {
    add(program);
  }
  let goesOn = false;
  program.hook('preAction', (_program, command) => {
    goesOn = GO_ON.has(command.name());
  });
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    // Commander has said what is wrong with the arguments, or shown the help that was asked for.
    if (error instanceof CommanderError) process.exitCode = error.exitCode;
    else {
      process.stderr.write(`stillframe: ${failureText(error)}\n`);
      process.exitCode = 1;
    }
  }
  if (goesOn) return;
  // A call that a locked keychain never answers would keep the process waiting with it.
  await new Promise((resolve) => process.stdout.write('', resolve));
  process.exit();
}

/** Commands that have only begun when their action returns. */
const GO_ON = new Set(['lsp', 'dap']);

/** Commander's own words: `error: …`, at times with a suggestion on a second line. */
function oneLine(text: string): string {
  return text
    .replace(/^error: /, '')
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ');
}
