// A CommonJS service: a closure, a class with private fields, a generator, an async function and an arrow on one line.
const rates = { DE: 0.19, FR: 0.2 };
let calls = 0;

function makeCounter(start) {
  let current = start;
  return function next(step) {
    current += step;
    const doubled = current * 2;
    return doubled; // @closure
  };
}

class Account {
  #balance = 100;
  static opened = 3;
  owner = 'ada';

  deposit(amount) {
    this.#balance += amount;
    return this.#balance; // @private
  }
}

function* numbers(limit) {
  for (let index = 0; index < limit; index++) {
    yield index; // @generator
  }
}

async function fetchTotal(order) {
  const tax = await Promise.resolve(rates[order.country]);
  const total = order.net * (1 + tax);
  return total; // @async
}

const square = (value) => value * value; // @arrow

function plain(order, ...rest) {
  calls += 1;
  const items = order.items.map((item) => item.price * 2);
  const sum = items.reduce((a, b) => a + b, 0);
  if (sum > 3) {
    let inner = sum + rest.length;
    return inner + items.length; // @plain
  }
  // @nocode
  return 0;
}

function direct(order, ...rest) {
  const last = rest.length;
  return last; // @return
}

function destructured({ id, address: { city } }, [first, ...others]) {
  return `${id}${city}${first}${others.length}`; // @destructured
}

const counter = makeCounter(10);
const account = new Account();
setInterval(() => {
  counter(1);
  account.deposit(5);
  for (const each of numbers(2)) void each;
  fetchTotal({ net: 100, country: 'DE' });
  square(7);
  direct({ id: 3 }, 'x');
  plain({ items: [{ price: 1 }, { price: 2 }] }, 'x', 'y');
  destructured({ id: 1, address: { city: 'Ulm' } }, [1, 2, 3]);
}, 5);
