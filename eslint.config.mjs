import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

/** One external system each; what one of them needs of another it takes through the other's interface, `gateway.ts`. */
const SYSTEMS = ['alertmanager', 'configuration', 'git', 'grafana', 'kubernetes', 'network', 'notify', 'practice', 'prometheus', 'records', 'runbooks', 'temporal', 'thanos', 'verification'];
/** Folders below activities/ that exist to put several systems together. */
const COMPOSING = ['verification', 'practice'];

const forbid = (files, patterns, ignores = []) => ({
  files,
  ignores,
  rules: { 'no-restricted-imports': ['error', { patterns: patterns.map(([regex, message]) => ({ regex, message })) }] },
});

const OUTSIDE_SANDBOX = ['^(node:|axios|fastify|pino|zod|yaml|@kubernetes/|@temporalio/(client|worker|activity|testing|core-bridge))', 'Workflow code is deterministic: it runs in a sandbox without input and output.'];
const CLIENT_LIBRARIES = ['^(axios|simple-git|@octokit/.*|@kubernetes/client-node|@temporalio/client)$', 'A client library is imported by its <library>-gateway.ts only; everything else uses gateway.ts.'];
const WORKERS = ['/(workers|infra/lab|infra/embedded)(/|$)', 'Activities never import processes.'];
const WORKFLOW_INSIDES = ['/workflows/(phases|activity-calls|.*\\.workflow)', 'Activities know contracts and domain of the workflows, nothing else.'];

/** Imports point one way: contracts ← domain ← workflows; domain ← activities ← workers. */
const importDirections = [
  forbid(['workflows/contracts/**/*.ts'], [OUTSIDE_SANDBOX, ['^\\.\\.', 'Contracts import contracts only.']]),
  forbid(['workflows/domain/**/*.ts'], [OUTSIDE_SANDBOX, ['^@temporalio/workflow$', 'The domain is pure.'], ['^\\.\\./(?!contracts)', 'The domain imports contracts and itself only.']]),
  forbid(['workflows/**/*.ts'], [OUTSIDE_SANDBOX, ['/(activities|workers|infra|test)(/|$)', 'Workflows import contracts and domain; activities are called by name.']], ['workflows/contracts/**', 'workflows/domain/**']),
  ...SYSTEMS.map((system) => {
    const others = SYSTEMS.filter((name) => name !== system).join('|');
    const direction = COMPOSING.includes(system) ? [] : [[`^\\.\\./(\\.\\./)?(${others})/(?!gateway$)`, 'Activities of one system never import another\'s; its gateway.ts is the way.']];
    return forbid([`activities/${system}/**/*.ts`], [CLIENT_LIBRARIES, WORKERS, WORKFLOW_INSIDES, ...direction], ['**/*-gateway.ts']);
  }),
  forbid(['activities/**/*-gateway.ts', 'activities/*.ts'], [WORKERS, WORKFLOW_INSIDES]),
];

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', '.nightshift/**', 'coverage/**', 'infra/lab/tools/**', 'web/dist/**'] },
  eslint.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // A leading underscore says that a value is left out on purpose.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // Numbers in sentences for people are wanted.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // With noUncheckedIndexedAccess, an index that was just checked needs one.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Interfaces promise asynchrony; an implementation may be quicker, and must still reject and not throw.
      '@typescript-eslint/require-await': 'off',
      // What comes from outside is checked although its type says that it cannot be otherwise.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-unnecessary-type-conversion': 'off',
      // Dependencies are objects of functions, written as methods and taken apart at will.
      '@typescript-eslint/unbound-method': 'off',
      // An update that answers nothing is `void` in a type argument; `() => log(x)` says what it does.
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Node's errors have codes; saying so at the catch is the check that follows.
      '@typescript-eslint/use-unknown-in-catch-callback-variable': 'off',
      // JSON objects lose fields by name.
      '@typescript-eslint/no-dynamic-delete': 'off',
      'no-constant-condition': ['error', { checkLoops: false }],
      // `require` of a module that takes long to load, where it is needed.
      '@typescript-eslint/no-require-imports': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }],
    },
  },
  {
    // Configuration files and start-up scripts are plain JavaScript: they run before anything is built.
    files: ['**/*.js', '**/*.mjs'],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: { parserOptions: { projectService: false, program: null, project: false }, globals: { console: 'readonly', process: 'readonly', module: 'writable', exports: 'writable', __filename: 'readonly', require: 'readonly', __dirname: 'readonly', setTimeout: 'readonly', clearTimeout: 'readonly' } },
  },
  {
    // Jest's matchers answer `any`; a test that is wrong about a type fails.
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off', '@typescript-eslint/no-unsafe-member-access': 'off', '@typescript-eslint/no-unsafe-argument': 'off', '@typescript-eslint/no-unsafe-call': 'off' },
  },
  ...importDirections,
);
