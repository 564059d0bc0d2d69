'use strict';
// Lines of every kind on which something is counted; how often each is reached is known. The strict directive stays first.
let reached = 0
function hot(rounds) {
  let sum = 0;
  for (let round = 0; round < rounds; round++) { // @for
    sum += round; // @loop
    if (round % 10 === 0) reached += 1; // @if
  }
  return sum; // @return
}

function noSemicolons(list) {
  const doubled = list.map((each) => each * 2) // @asi
  reached += 1
  ;[1, 2].forEach((each) => { reached += each })
  return doubled
}

function loops(limit) {
  let left = limit;
  while (left > 0) { // @while
    left -= 1;
  }
  for (const each of [1, 2, 3]) reached += each; // @forof
  switch (limit) {
    case 4: reached += 1; // @case
      break;
    default: reached += 2;
  }
  return (
    left // @middle
  );
}

class Shelf {
  static made = 0;
  static { Shelf.made += 1; }
  #books = [];
  constructor() {
    this.#books.push('first'); // @constructor
  }
  get size() { return this.#books.length; } // @getter
}

function* letters() {
  yield 'a'; // @yield
  yield 'b';
}

async function later(value) {
  await null;
  return value; // @async
}

function fails() {
  const text = 'nothing'; throw new TypeError(text); // @throw
}

exports.run = async (rounds) => {
  for (let call = 0; call < 10; call++) hot(rounds);
  noSemicolons([1, 2]);
  loops(4);
  new Shelf().size; // @expression
  for (const letter of letters()) reached += letter.length;
  await later(1);
  try { fails(); /* @fails */ } catch (error) { return `${error.stack.split('\n')[1].trim()} ${hot.length} ${typeof this} ${reached}`; }
};
