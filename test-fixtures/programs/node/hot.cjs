// A hot function that lets its event loop run; tells its memory when asked. `node --expose-gc`.
function step(order) {
  const total = order.net + order.tax;
  return total + 1; // @hot
}
const order = { net: 1, tax: 0.2, lines: [{ sku: 'tea', quantity: 2 }] };
function burst() {
  for (let round = 0; round < 20; round++) step(order);
  setImmediate(burst);
}
burst();
process.stdin.on('data', () => {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  console.log(`memory ${JSON.stringify({ heapUsed, rss })}`);
});
