/** What differs between the dialects: how operators, words and methods are spelled. The tree is the same for all. */
import type { BinaryOperator, CompareOperator, Dialect, Method } from '@stillframe/protocol/expression';

/** Binding powers, loosest first. */
export const POWER = {
  conditional: 1,
  coalesce: 2,
  or: 3,
  and: 4,
  not: 5,
  equality: 6,
  relation: 7,
  additive: 8,
  multiplicative: 9,
  unary: 10,
  power: 11,
} as const;

export type Infix =
  | { makes: 'binary'; operator: BinaryOperator; power: number; rightToLeft?: boolean }
  | { makes: 'compare'; operator: CompareOperator; power: number }
  | { makes: 'and' | 'or' | 'coalesce'; power: number }
  | { makes: 'in'; power: number };

export interface DialectTable {
  infix: Readonly<Record<string, Infix>>;
  literals: Readonly<Record<string, boolean | null | number>>;
  self: readonly string[];
  methods: Readonly<Record<string, Method>>;
  /** Methods without arguments that are the length. */
  lengthMethods: readonly string[];
  /** `slice(a, b)` written as a method. */
  sliceMethods: readonly string[];
  /** Words that are not names in this dialect, with what to say. */
  refused: Readonly<Record<string, string>>;
}

const arithmetic: Record<string, Infix> = {
  '+': { makes: 'binary', operator: '+', power: POWER.additive },
  '-': { makes: 'binary', operator: '-', power: POWER.additive },
  '*': { makes: 'binary', operator: '*', power: POWER.multiplicative },
};
const comparison: Record<string, Infix> = {
  '==': { makes: 'compare', operator: '==', power: POWER.equality },
  '!=': { makes: 'compare', operator: '!=', power: POWER.equality },
  '<': { makes: 'compare', operator: '<', power: POWER.relation },
  '<=': { makes: 'compare', operator: '<=', power: POWER.relation },
  '>': { makes: 'compare', operator: '>', power: POWER.relation },
  '>=': { makes: 'compare', operator: '>=', power: POWER.relation },
};
const symbolicLogic: Record<string, Infix> = {
  '&&': { makes: 'and', power: POWER.and },
  '||': { makes: 'or', power: POWER.or },
};
const strictEquality: Record<string, Infix> = {
  '===': { makes: 'compare', operator: '==', power: POWER.equality },
  '!==': { makes: 'compare', operator: '!=', power: POWER.equality },
};

const NO_SIDE_EFFECTS = 'expressions can only read';

export const DIALECTS: Readonly<Record<Dialect, DialectTable>> = {
  javascript: {
    infix: {
      ...arithmetic,
      ...comparison,
      ...symbolicLogic,
      ...strictEquality,
      '/': { makes: 'binary', operator: '/', power: POWER.multiplicative },
      '%': { makes: 'binary', operator: '%', power: POWER.multiplicative },
      '**': { makes: 'binary', operator: '**', power: POWER.power, rightToLeft: true },
      '??': { makes: 'coalesce', power: POWER.coalesce },
      in: { makes: 'in', power: POWER.relation },
    },
    literals: {
      true: true,
      false: false,
      null: null,
      undefined: null,
      NaN: Number.NaN,
      Infinity: Number.POSITIVE_INFINITY,
    },
    self: ['this'],
    methods: {
      startsWith: 'startsWith',
      endsWith: 'endsWith',
      includes: 'contains',
      indexOf: 'indexOf',
      toLowerCase: 'lower',
      toUpperCase: 'upper',
      trim: 'trim',
      get: 'get',
      has: 'has',
    },
    lengthMethods: [],
    sliceMethods: ['slice', 'substring'],
    refused: {
      new: `Remove "new": ${NO_SIDE_EFFECTS}`,
      await: `Remove "await": ${NO_SIDE_EFFECTS}, they cannot wait`,
      yield: `Remove "yield": ${NO_SIDE_EFFECTS}`,
      delete: `Remove "delete": ${NO_SIDE_EFFECTS}`,
      void: `Remove "void": ${NO_SIDE_EFFECTS}`,
      function: `Remove "function": ${NO_SIDE_EFFECTS}`,
      instanceof: 'Compare the name instead of using "instanceof": `error.name == "TypeError"`',
      let: `Remove "let": ${NO_SIDE_EFFECTS}`,
      const: `Remove "const": ${NO_SIDE_EFFECTS}`,
      var: `Remove "var": ${NO_SIDE_EFFECTS}`,
    },
  },
  python: {
    infix: {
      ...arithmetic,
      ...Object.fromEntries(
        Object.entries(comparison).map(([key, infix]) => [key, { ...infix, power: POWER.equality }]),
      ),
      '/': { makes: 'binary', operator: '/', power: POWER.multiplicative },
      '//': { makes: 'binary', operator: 'floorDivide', power: POWER.multiplicative },
      '%': { makes: 'binary', operator: 'floorModulo', power: POWER.multiplicative },
      '**': { makes: 'binary', operator: '**', power: POWER.power, rightToLeft: true },
      and: { makes: 'and', power: POWER.and },
      or: { makes: 'or', power: POWER.or },
      in: { makes: 'in', power: POWER.equality },
      is: { makes: 'compare', operator: '==', power: POWER.equality },
    },
    literals: { True: true, False: false, None: null },
    self: [],
    methods: {
      startswith: 'startsWith',
      endswith: 'endsWith',
      find: 'indexOf',
      lower: 'lower',
      upper: 'upper',
      strip: 'trim',
      get: 'get',
    },
    lengthMethods: [],
    sliceMethods: [],
    refused: {
      lambda: `Remove "lambda": ${NO_SIDE_EFFECTS}`,
      await: `Remove "await": ${NO_SIDE_EFFECTS}, they cannot wait`,
      yield: `Remove "yield": ${NO_SIDE_EFFECTS}`,
      del: `Remove "del": ${NO_SIDE_EFFECTS}`,
      import: `Remove "import": ${NO_SIDE_EFFECTS}`,
    },
  },
  java: {
    infix: {
      ...arithmetic,
      ...comparison,
      ...symbolicLogic,
      ...strictEquality,
      '/': { makes: 'binary', operator: 'truncatingDivide', power: POWER.multiplicative },
      '%': { makes: 'binary', operator: '%', power: POWER.multiplicative },
      '?:': { makes: 'coalesce', power: POWER.coalesce },
      in: { makes: 'in', power: POWER.relation },
    },
    literals: { true: true, false: false, null: null },
    self: ['this'],
    methods: {
      startsWith: 'startsWith',
      endsWith: 'endsWith',
      contains: 'contains',
      indexOf: 'indexOf',
      toLowerCase: 'lower',
      lowercase: 'lower',
      toUpperCase: 'upper',
      uppercase: 'upper',
      trim: 'trim',
      strip: 'trim',
      get: 'get',
      containsKey: 'has',
      isEmpty: 'isEmpty',
    },
    lengthMethods: ['size', 'length', 'count'],
    sliceMethods: ['substring'],
    refused: {
      new: `Remove "new": ${NO_SIDE_EFFECTS}`,
      instanceof: 'Remove "instanceof": expressions cannot ask for types',
      throw: `Remove "throw": ${NO_SIDE_EFFECTS}`,
    },
  },
};
