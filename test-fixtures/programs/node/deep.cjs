// Functions that call functions: a deep snapshot at the innermost shows what each of them holds. Nothing that is captured may
// run; what did is in `ran`, which is printed when asked for.
const { round } = require('./deep-inner.cjs');

const ran = [];
const limits = { most: 3 };

class Desk {
  constructor(name) {
    this.name = name;
    this.password = 'desk-secret';
  }

  get busy() {
    ran.push('getter');
    return true;
  }

  serve(order, apiKey) {
    const lines = order.lines.map((line) => ({ ...line, total: line.price * line.quantity }));
    const hidden = new Proxy({}, { get: () => ran.push('proxy'), ownKeys: () => (ran.push('proxy'), []) });
    const priced = round(price(lines, this, hidden));
    const later = priced + limits.most;
    return `${later}${apiKey.length}`; // @serve
  }
}

function price(lines, desk, hidden) {
  let sum = 0;
  for (const line of lines) {
    const before = sum;
    sum = add(sum, line.total);
    if (before > sum) ran.push(hidden);
  }
  return sum;
}

function add(left, right) {
  const sum = left + right;
  return sum; // @add
}

function recurse(depth) {
  if (depth > 0) return 1 + recurse(depth - 1);
  const bottom = depth;
  return bottom; // @bottom
}

class TaxError extends Error {
  report(rate) {
    const text = describe(rate);
    return text;
  }
}

function describe(rate) {
  const text = `rate ${rate}`;
  return text; // @describe
}

const desk = new Desk('front');
const order = { id: 7, lines: [{ price: 2, quantity: 3 }], token: 'order-secret' };
Error.prepareStackTrace = (error) => {
  ran.push('formatter');
  return String(error);
};

const rounds = setInterval(() => {
  desk.serve(order, 'key-secret');
  recurse(300);
  new TaxError('low').report(0.19);
  debugger;
}, 5);
process.stdin.on('data', (text) => {
  if (String(text).startsWith('end')) {
    clearInterval(rounds);
    process.stdin.destroy();
  } else console.log(`ran ${JSON.stringify(ran)} state ${JSON.stringify([order, desk, limits])}`);
});
