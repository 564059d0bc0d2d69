import type { Command } from 'commander';
import { type PlaceOptions, place, withPlaceOptions, withSampling } from './place.ts';

export function addSnapshot(program: Command): void {
  const snapshot = program.command('snapshot').description('capture the stack and variables when a line is reached');
  const add = snapshot
    .command('add <file:line>')
    .description('place a snapshot')
    .option(
      '--frames-with-locals <number>',
      'frames whose variables are captured, 1 to 5; more than one holds the service up for a moment per hit',
    );
  withPlaceOptions(withSampling(add)).action((where: string, options: PlaceOptions) =>
    place(where, options, { kind: 'snapshot' }),
  );
}
