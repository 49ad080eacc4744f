const path = require('node:path');
const Sequencer = require('@jest/test-sequencer').default;

/** What takes longest, on a machine that has nothing else to do ten seconds and more: begun last, it would be waited for alone. */
const FIRST = ['e2e/start', 'e2e/practice', 'e2e/start-with-npm', 'e2e/start-refused', 'workflow/absent-worker', 'property/incident', 'workflow/permanent-fix-long', 'workflow/incident', 'unit/workers/watchdogs', 'activities/git/layouts', 'activities/git/publish', 'activities/git/github', 'unit/records/commands', 'unit/runbooks/examples'].map((name) => `test/${name}.test.ts`);

/** Jest's own order, which knows how long a file took the last time and on a fresh clone only how large it is, behind the longest. */
class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = (test) => {
      const place = FIRST.indexOf(path.relative(test.context.config.rootDir, test.path).split(path.sep).join('/'));
      return place < 0 ? FIRST.length : place;
    };
    return [...super.sort(tests)].sort((a, b) => rank(a) - rank(b));
  }
}

module.exports = LongestFirst;
