/** Counters, timers and metrics: `add` places one, `metrics ID` shows what it measured. */
import { MetricRead } from '@stillframe/protocol/messages/ide-connection';
import type { MetricSummary, MetricUnit } from '@stillframe/protocol/metric';
import type { Command } from 'commander';
import { UsageError } from '../failure.ts';
import { print, printJson, table } from '../table.ts';
import { type ConnectionOptions, withLink } from '../with-link.ts';
import { type PlaceOptions, parsePlace, place, placeInFile, withHitOptions, withPlaceOptions } from './place.ts';

export function addCounter(program: Command): void {
  const add = program
    .command('counter')
    .description('count how often a line is reached')
    .command('add <file:line>')
    .description('place a counter')
    .option('--by <expression>', 'count each value of this apart, for example "order.country"');
  withPlaceOptions(add).action((where: string, options: PlaceOptions & { by?: string }) =>
    place(where, options, { kind: 'counter', ...(options.by !== undefined && { expression: options.by }) }),
  );
}

export function addMetric(program: Command): void {
  const add = program
    .command('metric')
    .description('measure a number whenever a line is reached')
    .command('add <file:line> <expression>')
    .description("place a metric, for example: stillframe metric add src/orders.ts:42 'order.total'");
  withPlaceOptions(add).action((where: string, expression: string, options: PlaceOptions) =>
    place(where, options, { kind: 'metric', expression }),
  );
}

export function addTictoc(program: Command): void {
  const add = program
    .command('tictoc')
    .description('measure the time between two lines of one execution')
    .command('add <file:line1-line2>')
    .description('place tic & toc, for example: stillframe tictoc add src/orders.ts:20-34');
  withPlaceOptions(add).action((where: string, options: PlaceOptions) => {
    const [, file, from, to] = /^(.+?):(\d+)-(\d+)$/.exec(where) ?? [];
    if (file === undefined)
      throw new UsageError(`Name two lines as FILE:LINE1-LINE2, for example src/orders.ts:20-34, not "${where}"`);
    return place(`${file}:${from}`, options, { kind: 'tictoc' }, Number(to));
  });
}

export function addDuration(program: Command): void {
  const add = program
    .command('duration')
    .description('measure how long a function takes')
    .command('add <file:function>')
    .description(
      'place a method duration, for example: stillframe duration add src/orders.ts:checkout (or a line in it)',
    )
    .option('--slowest', 'also take a snapshot at the end of calls slower than every earlier one')
    .option('--slower-than <ms>', 'also take a snapshot at the end of calls that take longer');
  withPlaceOptions(withHitOptions(add)).action(
    (where: string, options: PlaceOptions & { slowest?: true; slowerThan?: string }) => {
      const sampling = slowest(options);
      const kind = { kind: 'duration', ...(sampling && { sampling }) } as const;
      if (/:\d+(?::\d+)?$/.test(where)) {
        parsePlace(where);
        return place(where, options, kind);
      }
      const [, file, functionName] = /^(.+):([^:]+)$/.exec(where) ?? [];
      if (file === undefined || functionName === undefined)
        throw new UsageError(`Name a function as FILE:FUNCTION, for example src/orders.ts:checkout, not "${where}"`);
      return placeInFile(file, options, { ...kind, functionName });
    },
  );
}

function slowest({ slowest: records, slowerThan }: { slowest?: true; slowerThan?: string }) {
  if (slowerThan === undefined) return records && ({ by: 'slowest' } as const);
  const aboveMs = Number(slowerThan);
  if (!(aboveMs >= 0)) throw new UsageError(`Give --slower-than milliseconds, not "${slowerThan}"`);
  return { by: 'slowest', aboveMs } as const;
}

export function addMetrics(program: Command): void {
  program
    .command('metrics <id>')
    .description('show what a counter, timer or metric measured')
    .option('--server <url>', 'which server')
    .option('--json', 'print {"count","min","mean","p50","p90","p99","max","estimated"}')
    .action((id: string, options: ConnectionOptions & { json?: true }) =>
      withLink(options, async (link) => {
        const { total, unit, groups, series } = await link.request(MetricRead, { actionId: id });
        if (options.json) return printJson(total);
        if (total.count === 0) return print(`Nothing measured yet. stillframe why ${id} says why`);
        print(table(headings(unit), [figures(total, unit)]));
        if (total.estimated) print('Estimated: some executions were passed over to spare the service');
        if (groups.length > 0) {
          const rows = groups.map(({ group, summary }) => [group, ...figures(summary, unit)]);
          print(`\n${table(['GROUP', ...headings(unit)], rows)}`);
        }
        const recent = series.slice(-10);
        const rows = recent.map(({ at, ...summary }) => [new Date(at).toLocaleTimeString(), ...figures(summary, unit)]);
        print(`\n${table(['FROM', ...headings(unit)], rows)}`);
      }),
    );
}

function headings(unit: MetricUnit): string[] {
  if (unit === 'count') return ['COUNT'];
  const of = unit === 'ms' ? ' (ms)' : '';
  return ['COUNT', `MIN${of}`, 'MEAN', 'P50', 'P90', 'P99', 'MAX'];
}

function figures({ count, min, mean, p50, p90, p99, max, estimated }: MetricSummary, unit: MetricUnit): string[] {
  const counted = `${estimated ? '~' : ''}${count}`;
  return unit === 'count' ? [counted] : [counted, ...[min, mean, p50, p90, p99, max].map(figure)];
}

/** Four significant digits, which is more than a sketch promises. */
function figure(value: number | null): string {
  return value === null ? '-' : String(Number(value.toPrecision(4)));
}
