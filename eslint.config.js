import eslint from '@eslint/js';
import ava from 'eslint-plugin-ava';
import tseslint from 'typescript-eslint';

// eslint-plugin-ava 15, the last for Node 20, asks the context by methods that ESLint 10 dropped.
function withOldContext(rule) {
  const create = (context) =>
    rule.create(
      Object.create(context, {
        getSourceCode: { value: () => context.sourceCode },
        getFilename: { value: () => context.filename },
        getScope: { value: () => context.sourceCode.scopeManager.globalScope },
      }),
    );
  return { ...rule, create };
}

const avaRecommended = ava.configs['flat/recommended'];
const avaRules = Object.entries(ava.rules).map(([name, rule]) => [name, withOldContext(rule)]);

export default tseslint.config(
  {
    ignores: ['dist/', 'build/', 'coverage/', '.cache/', 'native/', 'spark-connector/'],
  },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      // A switch without a default must name every case; a default is a decision about the rest.
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // `return call()` in a function that gives nothing ends a case in one line.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/prefer-readonly': 'error',
      // Numbers, sizes and offsets stand in almost every message here, and print as they are.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    files: ['**/*.{ts,js,cjs}'],
    rules: {
      eqeqeq: 'error',
      'max-lines': ['error', 500],
      'max-lines-per-function': ['error', 70],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Use named exports (docs: style).' },
      ],
    },
  },
  {
    // A command prints through the methods of its base class, everything else not at all.
    files: ['src/**/*.ts'],
    rules: { 'no-console': 'error' },
  },
  {
    // oclif, AVA and ESLint find these by their default export.
    files: ['src/commands/**/*.ts', '*.config.js'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['test/**/*.test.ts'],
    plugins: { ava: { rules: Object.fromEntries(avaRules) } },
    rules: {
      ...avaRecommended.rules,
      // Takes any message that is not a literal for a mistake; the compiler checks the arguments.
      'ava/assertion-arguments': 'off',
      // The body of a test is a story; splitting it at 70 lines hides what is asserted.
      'max-lines-per-function': ['error', 120],
    },
  },
  {
    // They run by a configuration of their own, ava.soak.config.js, which the plugin does not know.
    files: ['test/soak/**/*.test.ts'],
    rules: { 'ava/no-ignored-test-files': 'off' },
  },
  {
    files: ['**/*.{js,cjs,mjs}'],
    languageOptions: {
      globals: {
        __dirname: 'readonly',
        require: 'readonly',
        console: 'readonly',
        process: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        performance: 'readonly',
        module: 'writable',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
      },
    },
  },
);
