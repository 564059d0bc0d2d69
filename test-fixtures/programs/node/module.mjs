// An ES module with a top-level binding, an imported name and an async generator.
import { basename } from 'node:path';

export const limits = { most: 3 };

async function* pages(count) {
  for (let page = 0; page < count; page++) {
    await null;
    yield { page, name: basename(`/tmp/${page}.txt`) }; // @asyncgenerator
  }
}

export function check(size) {
  const over = size > limits.most;
  return over; // @module
}

setInterval(async () => {
  check(4);
  for await (const page of pages(2)) void page;
}, 5);
