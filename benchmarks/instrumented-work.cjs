// Two kinds of work whose lines may be instrumented: arithmetic in a loop, and what a request handler does.
'use strict';

exports.loop = function loop(rounds) {
  let sum = 0;
  for (let round = 0; round < rounds; round++) {
    sum = (sum + round * 3) | 0; // @loop
  }
  return sum;
};

const rates = new Map([
  ['DE', 0.19],
  ['FR', 0.2],
]);

function priceOf(line, country) {
  const rate = rates.get(country) ?? 0;
  const net = line.price * line.quantity;
  return net + net * rate;
}

exports.handle = function handle(body) {
  const order = JSON.parse(body); // @handle
  let total = 0;
  for (const line of order.lines) {
    if (line.quantity > 0) total += priceOf(line, order.country);
  }
  const sorted = order.lines.map((line) => line.sku).sort();
  const answer = { id: order.id, total, skus: sorted };
  return JSON.stringify(answer);
};
