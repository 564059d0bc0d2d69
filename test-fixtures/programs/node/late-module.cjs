exports.greet = function greet(name) {
  const text = `hello ${name}`;
  return text; // @late
};
