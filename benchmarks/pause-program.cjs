// Measures, from inside, how long one call of a function takes: `go small|large` on standard input runs 300 calls, one per
// turn of the event loop (`go small 40`: below 40 functions), and prints the durations' median and 99th percentile in milliseconds.
const small = { id: 7, total: 129.5, lines: [{ sku: 'tea', quantity: 2 }] };
const large = {
  arrays: Array.from({ length: 20 }, (_, at) => Array.from({ length: 1000 }, (_each, index) => index * at)),
  strings: Array.from({ length: 20 }, (_, at) => String(at).repeat(1000)),
  nested: Array.from({ length: 100 }, (_, at) => ({ at, inner: { name: `n${at}`, deeper: { value: at } } })),
};

function step(order, round) {
  const doubled = round * 2;
  return doubled + (order.id ?? 0); // @step
}

/** Calls `step` below that many functions. */
function below(depth, order, round) {
  const remaining = depth - 1;
  return remaining > 0 ? below(remaining, order, round) : step(order, round);
}

async function run(order, depth) {
  const durations = [];
  for (let round = 0; round < 300; round++) {
    const started = performance.now();
    below(depth, order, round);
    durations.push(performance.now() - started);
    await new Promise((resolve) => setImmediate(resolve));
  }
  // The first call of a breakpoint has V8 parse the script again; it is told apart.
  const first = durations.shift();
  durations.sort((a, b) => a - b);
  return { first, median: durations[150], p99: durations[296] };
}

step(small, 0);
process.stdin.setEncoding('utf8').on('data', async (text) => {
  for (const [, size, depth] of text.matchAll(/go (small|large) (\d+)/g)) {
    console.log(`done ${JSON.stringify(await run(size === 'small' ? small : large, Number(depth)))}`);
  }
});
console.log('ready');
