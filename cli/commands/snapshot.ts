import type { Command } from 'commander';
import { type PlaceOptions, place, withPlaceOptions } from './place.ts';

export function addSnapshot(program: Command): void {
  const snapshot = program.command('snapshot').description('capture the stack and variables when a line is reached');
  withPlaceOptions(snapshot.command('add <file:line>').description('place a snapshot')).action(
    (where: string, options: PlaceOptions) => place(where, options, { kind: 'snapshot' }),
  );
}
