// Where functions are: `@function name` on the line a person reads as the function's, `@first name` on its first
// statement (with the text it begins with, where it shares its line).
'use strict';

function plain(a, b) { // @function plain
  return a + b; // @first plain
}

async function loads(url) { // @function loads
  // A comment is no place to stop at.
  'use strict';
  const answer = await fetch(url); // @first loads
  return answer.json();
}

function* counts(limit) { // @function counts
  for (let at = 0; at < limit; at++) yield at; // @first counts
}

const twice = (n) => n * 2; // @function twice @first twice "n * 2"

const pair = (a) => ({ a, b: a }); // @function pair @first pair "{ a, b"

const named = function (value) { // @function named
  return value; // @first named
};

const wrapped = (async (value) => { // @function wrapped
  await value; // @first wrapped
});

let later;
later = (value) => { // @function later
  value(); // @first later
};

exports.handler = async (event) => { // @function exports.handler
  return event.body; // @first exports.handler
};

module.exports.other = function (event) { // @function module.exports.other
  return event; // @first module.exports.other
};

class Pricing {
  #rate = 0.2;
  static shared = new Pricing();

  constructor(rate) { // @function Pricing.constructor
    this.#rate = rate; // @first Pricing.constructor
  }

  total(order) { // @function Pricing.total
    return order.sum * (1 + this.#rate); // @first Pricing.total
  }

  get rate() { // @function Pricing.rate
    return this.#rate; // @first Pricing.rate
  }

  #hidden() { // @function Pricing.#hidden
    return 1; // @first Pricing.#hidden
  }

  static create() { // @function Pricing.create
    return new Pricing(0); // @first Pricing.create
  }

  bound = (order) => this.total(order); // @function Pricing.bound @first Pricing.bound "this.total(order)"

  handle = async () => { // @function Pricing.handle
    await this.total({}); // @first Pricing.handle
  };
}

const routes = {
  list(request) { // @function list
    return request; // @first list
  },
  create: async (request) => { // @function create
    return request; // @first create
  },
};

app.get('/orders', async (request, response) => { // @function get('/orders') callback
  const orders = await list(request); // @first get('/orders') callback
  response.send(orders);
});

// One-line callbacks and functions that do nothing have no lens of their own.
const sums = [1, 2].map((n) => n + 1);

function outer() { // @function outer
  function inner() { // @first outer @function inner
    return 1; // @first inner
  }
  return inner();
}

function empty() { // @function empty
} // @first empty

function oneLine() { return 1; } // @function oneLine @first oneLine "return 1"

export default function main() { // @function main
  outer(); // @first main
}
