// A function of another file than its callers.
exports.round = function round(value) {
  const whole = Math.round(value);
  return whole; // @round
};
