// Tells how long its work takes: `go loop|handle` on standard input prints the nanoseconds of one round, median of several.
const { handle, loop } = require('./instrumented-work.cjs');

const body = JSON.stringify({
  id: 7,
  country: 'DE',
  lines: Array.from({ length: 5 }, (_, at) => ({ sku: `sku-${at}`, price: at + 1, quantity: at })),
});
/** In calls of this many, so that V8 compiles the function as a whole. */
const CALL_ROUNDS = 1000;
const LOOP_ROUNDS = 10_000_000;
const HANDLE_ROUNDS = 100_000;

function timeLoop() {
  const started = performance.now();
  for (let round = 0; round < LOOP_ROUNDS; round += CALL_ROUNDS) loop(CALL_ROUNDS);
  return ((performance.now() - started) * 1e6) / LOOP_ROUNDS;
}

function timeHandle() {
  const started = performance.now();
  for (let round = 0; round < HANDLE_ROUNDS; round++) handle(body);
  return ((performance.now() - started) * 1e6) / HANDLE_ROUNDS;
}

const KINDS = { loop: { time: timeLoop, each: LOOP_ROUNDS }, handle: { time: timeHandle, each: HANDLE_ROUNDS } };
const TIMES = 9;

process.stdin.setEncoding('utf8').on('data', (text) => {
  for (const [, kind] of text.matchAll(/go (loop|handle)/g)) {
    const { time, each } = KINDS[kind];
    // The first one is V8's to compile.
    time();
    const times = Array.from({ length: TIMES }, time).sort((a, b) => a - b);
    console.log(
      `took ${JSON.stringify({ kind, nanos: times[TIMES >> 1], least: times[0], rounds: each * (TIMES + 1) })}`,
    );
  }
});
console.log('ready');
