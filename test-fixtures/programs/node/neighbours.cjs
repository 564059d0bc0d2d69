// A function that is never called, and beside it one that is hot: `go` prints the nanoseconds of one of its rounds.
function cold(order) {
  const total = order.net; // @cold
  return total;
}
function hot(rounds) {
  let sum = 0;
  for (let round = 0; round < rounds; round++) {
    sum = (sum + round * 3) | 0;
  }
  return sum;
}

function time() {
  const started = performance.now();
  for (let call = 0; call < 500; call++) hot(1000);
  return ((performance.now() - started) * 1e6) / 500_000;
}

process.stdin.on('data', () => {
  const times = Array.from({ length: 20 }, time);
  console.log(`took ${Math.min(...times)}`);
  if (globalThis.never) cold({ net: 1 });
});
setInterval(() => {}, 1000);
