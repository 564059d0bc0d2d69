// An ES module that is called before it is evaluated, by the one it imports.
import { callBack, total } from './circle.mjs';
import counted from './counted.cjs';

export function early() {
  const answer = 41; // @early
  return answer + 1;
}

export const late = async (rounds) => {
  let sum = 0;
  for (let round = 0; round < rounds; round++) sum += await round; // @module
  return `${sum} ${total} ${callBack()} ${await counted.run(rounds)}`;
};
