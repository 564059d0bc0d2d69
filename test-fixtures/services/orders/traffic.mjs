/**
 * Customers for the orders service: `node traffic.mjs URL [--per-second 20] [--seconds 60]`. Ends by itself. Always the same
 * carts in the same order; every seventh uses the coupon that makes the total negative.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'per-second': { type: 'string', default: '20' }, seconds: { type: 'string', default: '60' } },
});
const [url] = positionals;
const perSecond = Number(values['per-second']);
const total = Math.round(perSecond * Number(values.seconds));
if (url === undefined || !(perSecond > 0) || !(total > 0)) {
  process.stderr.write('Usage: node traffic.mjs URL [--per-second 20] [--seconds 60]\n');
  process.exit(1);
}

const SKUS = ['tea', 'cup', 'pot', 'kettle'];
const begun = Date.now();
let failed = 0;
for (let round = 0; round < total; round++) {
  await wait(Math.max(0, begun + (round * 1000) / perSecond - Date.now()));
  const lines = [{ sku: SKUS[round % 4], quantity: (round % 3) + 1 }];
  if (round % 2 === 0) lines.push({ sku: SKUS[(round + 1) % 4], quantity: 1 });
  const coupon = round % 7 === 6 ? 'SUMMER' : round % 5 === 0 ? 'WELCOME' : undefined;
  const cart = { customerId: (round % 5) + 1, lines, coupon };
  fetch(`${url}/orders`, { method: 'POST', body: JSON.stringify(cart) })
    .then((response) => response.text())
    .catch(() => {
      failed += 1;
    });
  // The service is gone: nobody is left to buy from.
  if (failed > 50) process.exit(0);
}
