// Never returns to its event loop: a service at 100 % of a core.
function step(round) {
  const half = round / 2;
  return half; // @busy
}
let round = 0;
for (;;) {
  round += 1;
  step(round);
}
