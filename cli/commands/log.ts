import { LogDestination, LogLevel } from '@stillframe/protocol/action';
import { type Command, Option } from 'commander';
import { type PlaceOptions, place, withPlaceOptions, withSampling } from './place.ts';

export function addLog(program: Command): void {
  const log = program.command('log').description('write a line when a line of code is reached');
  const add = log
    .command('add <file:line> <text>')
    .description("place a log, for example: stillframe log add src/orders.ts:42 'total is {order.total}'")
    .addOption(new Option('--level <level>', 'level of the line').choices(LogLevel.options).default('info'))
    .addOption(
      new Option('--to <destination>', 'where the line goes').choices(LogDestination.options).default('editor'),
    );
  withPlaceOptions(withSampling(add)).action(
    (where: string, template: string, options: PlaceOptions & { level: LogLevel; to: LogDestination }) =>
      place(where, options, { kind: 'log', template, level: options.level, destination: options.to }),
  );
}
