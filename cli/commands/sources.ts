/** Saved sources: agents by tags and name patterns, under a name that `--source` takes. */
import { CustomSource } from '@stillframe/protocol/action';
import { SourceList, SourceRemove, SourceSave } from '@stillframe/protocol/messages/ide-connection';
import type { Command } from 'commander';
import { UsageError } from '../failure.ts';
import { print, printJson, table } from '../table.ts';
import { type ConnectionOptions, withLink } from '../with-link.ts';

type SourceOptions = ConnectionOptions & { json?: true };

export function addSources(program: Command): void {
  const collect = (value: string, before: string[] = []) => [...before, value];
  const source = program.command('source').description('saved choices of agents, for --source');
  source
    .command('save <name>')
    .description('save or replace one, for example: stillframe source save shop --tag eu --agent "orders-*"')
    .option('--tag <tag>', 'agents with this tag; may be given several times', collect)
    .option('--agent <pattern>', 'agents with this name, * for any characters; may be given several times', collect)
    .option('--any', 'one of the terms is enough (default: all must hold)')
    .option('--server <url>', 'which server')
    .option('--json', 'print the source')
    .action((name: string, options: SourceOptions & { tag?: string[]; agent?: string[]; any?: true }) => {
      const terms = [
        ...(options.tag ?? []).map((tag) => ({ tag })),
        ...(options.agent ?? []).map((agent) => ({ agent })),
      ];
      if (terms.length === 0) throw new UsageError('Give --tag or --agent: a source needs at least one of them');
      const parsed = CustomSource.safeParse({ name, match: options.any ? 'any' : 'all', terms });
      if (!parsed.success) throw new UsageError(parsed.error.issues[0]?.message ?? 'This is no source');
      return withLink(options, async (link) => {
        const { source: saved } = await link.request(SourceSave, { source: parsed.data });
        if (options.json) printJson(saved);
        else print(`Saved ${saved.name}: ${termsOf(saved)}`);
      });
    });
  source
    .command('list')
    .description('list them')
    .option('--server <url>', 'which server')
    .option('--json', 'print JSON')
    .action((options: SourceOptions) =>
      withLink(options, async (link) => {
        const { sources } = await link.request(SourceList, {});
        if (options.json) return printJson(sources);
        if (sources.length === 0) return print('No source is saved. stillframe source save NAME --tag TAG makes one');
        print(
          table(
            ['NAME', 'AGENTS'],
            sources.map((each) => [each.name, termsOf(each)]),
          ),
        );
      }),
    );
  source
    .command('remove <name>')
    .description('remove one that no active action goes to')
    .option('--server <url>', 'which server')
    .option('--json', 'print {"removed"}')
    .action((name: string, options: SourceOptions) =>
      withLink(options, async (link) => {
        const answer = await link.request(SourceRemove, { name });
        if (options.json) printJson(answer);
        else print(`Removed ${answer.removed}`);
      }),
    );
}

function termsOf({ match, terms }: CustomSource): string {
  const texts = terms.map((term) => ('tag' in term ? `tag:${term.tag}` : `agent:${term.agent}`));
  return texts.join(match === 'all' ? ' and ' : ' or ');
}
