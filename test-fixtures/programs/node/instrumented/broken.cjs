// Not what the parser of the instrumenter knows; V8 says so itself, and the program goes on.
const value = 1 +;
